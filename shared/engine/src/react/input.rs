//! Everything that can happen to a contact.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contact::ask::Answer;
use crate::contact::consent::Suppression;
use crate::contact::gone::{Brought, Whole};
use crate::contact::identity::Taken;
use crate::event::Event;
use crate::ids::{AskId, ContactId, SendId};
use crate::time::Instant;

/// What comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "input", rename_all = "snake_case")]
pub enum Input {
    /// Something happened to the person.
    Event {
        /// What.
        event: Event,
        /// Identities in the event that belong to another contact.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        taken: Vec<Taken>,
    },
    /// Time has passed, or there is an agenda to go on with.
    Wake,
    /// Somebody wants to hand a send over. The gate decides.
    Claim {
        /// Which.
        send: SendId,
        /// The performer's token: only it may hand over.
        by: Arc<str>,
        /// What stands at the recipient's address, read just before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        suppression: Option<Suppression>,
    },
    /// What came of an attempt to hand a send over.
    Outcome {
        /// Which.
        send: SendId,
        /// Of which attempt.
        attempt: u32,
        /// What.
        outcome: Outcome,
    },
    /// What came of an ask.
    Answer {
        /// Of which.
        ask: AskId,
        /// What.
        answer: Answer,
    },
    /// These rows come from a backup. What is still to be sent, as they know it, may have been sent since by whoever
    /// had the rows after the backup was made: of that nobody knows.
    Restored,
    /// Another contact is the same person: this one takes over all that it was.
    Merge {
        /// The other one, as it was committed last.
        other: Box<Whole>,
        /// Fields of the other one that are wanted although this one has its own.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        theirs: BTreeSet<Arc<str>>,
        /// Who says so.
        by: Arc<str>,
    },
    /// The contact is the same person as another one, which takes over all that it was.
    MergedInto {
        /// Which.
        into: ContactId,
        /// Who says so.
        by: Arc<str>,
    },
    /// That was a mistake: this one gives back what the other one brought.
    Part {
        /// The other one, as it was when they were merged.
        other: Box<Whole>,
        /// What it brought then.
        brought: Box<Brought>,
        /// Who says so.
        by: Arc<str>,
    },
    /// The same for the other one.
    ComeBack {
        /// What it is from here on.
        whole: Box<Whole>,
        /// Who says so.
        by: Arc<str>,
    },
    /// Everything that is known of the contact is forgotten.
    Erase {
        /// Who says so.
        by: Arc<str>,
    },
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The provider took it.
    Accepted {
        /// When.
        at: Instant,
        /// The provider's id of the message.
        provider_id: Arc<str>,
    },
    /// Whoever was called answered.
    Answered {
        /// When.
        at: Instant,
        /// With which status (RFC 9110).
        status: u16,
        /// What later steps read of the answer, and nothing else of it.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        body: Value,
    },
    /// Proof that the provider did not take it.
    Refused {
        /// Whether another attempt is pointless.
        permanent: bool,
        /// A code.
        reason: String,
    },
    /// No answer.
    Unknown,
    /// The performer did not hand it over.
    GivenBack,
}

impl Input {
    /// The word for it in logs and summaries.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Event { .. } => "event",
            Self::Wake => "wake",
            Self::Claim { .. } => "claim",
            Self::Outcome { .. } => "outcome",
            Self::Answer { .. } => "answer",
            Self::Restored => "restored",
            Self::Merge { .. } => "merge",
            Self::MergedInto { .. } => "merged_into",
            Self::Part { .. } => "part",
            Self::ComeBack { .. } => "come_back",
            Self::Erase { .. } => "erase",
        }
    }
}
