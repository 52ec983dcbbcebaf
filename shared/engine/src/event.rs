//! What happened to a person.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::contact::consent::Grant;
use crate::contact::hidden;
use crate::ids::{WorkflowId, base32, digest};
use crate::limits;
use crate::react::{IMPORTED, UNDONE};
use crate::time::{Instant, Millis};

/// An event as it was accepted from outside. It is identified by (source, id), whatever its time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Who says so: `form:<id>` or `api:<key's name>`.
    pub source: Arc<str>,
    /// The source's id of the event.
    pub id: Arc<str>,
    /// What happened, in the past tense with a dot: `form.submitted`.
    #[serde(rename = "type")]
    pub kind: Arc<str>,
    /// When it happened, never after `received_at`.
    pub occurred_at: Instant,
    /// When it was first received.
    pub received_at: Instant,
    /// What the event carries.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
    /// What it says about the person, by field.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Value>,
    /// Consents that the person gave with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// Whether what it says may replace what is known.
    pub trust: Trust,
    /// The browser in which it happened, by the name that the site gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor: Option<Arc<str>>,
    /// Ids that other systems have for the person: `<system>:<id>`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub externals: Vec<Arc<str>>,
    /// From where it was said, where that is proof of something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// Whether it happened in a browser of which nobody knew then whose it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub before_known: bool,
    /// Whether nobody enters a workflow by it, nor by what comes of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quiet: bool,
}

/// From where something was said: proof of a consent, or of an opt-out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The address on the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<Arc<str>>,
    /// What the browser calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Arc<str>>,
}

/// How far a source is trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Anybody may post: fills empty fields only.
    #[default]
    Public,
    /// Holds a key: the newest value wins.
    Trusted,
}

/// How the sources of providers begin, who speak of messages that they were handed.
const PROVIDER: &str = "provider:";

/// How the sources of jobs begin, which ask something of contacts.
pub const JOB: &str = "job:";

/// What somebody else decides about a contact.
const DECISIONS: [&str; 6] =
    [hidden::ARCHIVED, hidden::UNARCHIVED, hidden::DELETED, hidden::RESTORED, IMPORTED, UNDONE];

impl Event {
    /// Whether a provider says it of a message that it was handed.
    pub fn is_feedback(&self) -> bool {
        self.source.starts_with(PROVIDER)
    }

    /// Whether the person did something.
    pub fn is_activity(&self) -> bool {
        let class = self.data.get("class").and_then(Value::as_str);
        match &*self.kind {
            "email.opened" | "email.clicked" => class.is_none_or(|class| class == "human"),
            "email.replied" => true,
            kind => {
                !DECISIONS.contains(&kind)
                    && ![
                        "email.",
                        "sms.",
                        "enrollment.",
                        "schedule.",
                        "tag.",
                        "list.",
                        "document.",
                        "association.",
                    ]
                    .iter()
                    .any(|prefix| kind.starts_with(prefix))
            }
        }
    }

    /// What tells it from every other event, in few letters.
    pub fn mark(&self) -> Arc<str> {
        base32(&digest(&["mark", &self.source, &self.id]), 12).into()
    }

    /// The instant from which waits count and with which activation is compared.
    pub fn begins_at(&self) -> Instant {
        self.occurred_at.min(self.received_at)
    }
}

/// The event of a person who did something: whatever came from outside and was no word of a provider's or a machine's.
pub const ACTIVE: &str = "contact.active";

/// Something that happened, from outside or as a consequence inside a reaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: Arc<str>,
    /// When.
    pub at: Instant,
    /// What it carries.
    pub data: Map<String, Value>,
    /// Which workflows led to it.
    #[serde(default, skip_serializing_if = "Chain::is_empty")]
    pub chain: Chain,
    /// Whether nobody knew then whose doing it was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub before_known: bool,
}

impl Occurrence {
    /// What happened, to somebody who was known.
    pub fn new(kind: Arc<str>, at: Instant, data: Map<String, Value>, chain: Chain) -> Self {
        Self { kind, at, data, chain, before_known: false }
    }
}

/// The workflows that led here, each with the instant of its entry; the guard against loops.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Chain(Arc<[(WorkflowId, Instant)]>);

/// What stands in a chain in place of a workflow where something is told quietly.
const QUIET: &str = "";

impl Chain {
    /// Of what was told quietly at an instant: workflows that the contact is inside of see it, and it enters none by it.
    pub fn quiet(at: Instant) -> Self {
        Self([(WorkflowId::new(QUIET), at)].into())
    }

    /// Whether it was told quietly.
    pub fn is_quiet(&self) -> bool {
        self.0.first().is_some_and(|(workflow, _)| workflow.as_str() == QUIET)
    }

    /// Whether nothing but an outside event led here.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one more entry into `workflow` would be a loop: within the 24 hours before `now` the chain has come back
    /// to it as often as it may, or has gone through as many workflows as it may.
    pub fn is_loop(&self, workflow: &WorkflowId, now: Instant) -> bool {
        let recent = || self.0.iter().filter(|(_, at)| now.since(*at) < Millis::hours(24));
        let entries = recent().filter(|(id, _)| id == workflow).count();
        entries > limits::CHAIN_RETURNS || recent().count() >= limits::CHAIN_ENTRIES
    }

    /// The chain with one more entry; entries older than 24 hours no longer count and are left out.
    pub fn with(&self, workflow: &WorkflowId, now: Instant) -> Self {
        let recent = self.0.iter().filter(|(_, at)| now.since(*at) < Millis::hours(24)).cloned();
        Self(recent.chain([(workflow.clone(), now)]).collect())
    }
}

/// Whether a text can be the type of an event: lower-case words joined by dots, at least two.
pub fn is_kind(text: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    text.len() <= 100 && text.contains('.') && text.split('.').all(word)
}
