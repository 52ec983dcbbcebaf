//! Asks: what a step wants of something that several contacts share. Nothing shared is touched by a reaction: the ask is
//! left in the contact, an outside action answers it once, and the answer comes back as an input.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{AskId, EnrollmentId, StepId, VersionId, WorkflowId};
use crate::time::{Instant, Millis};

/// When to look again at an ask that should have been answered already.
pub const ANSWERED_WITHIN: Millis = Millis::minutes(2);

/// An ask that is not answered yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Whose step asks.
    pub enrollment: EnrollmentId,
    /// The workflow of that enrollment.
    pub workflow: WorkflowId,
    /// The version whose step it is.
    pub version: VersionId,
    /// The step.
    pub step: StepId,
    /// The visit of that step, from 0.
    pub visit: u32,
    /// For what.
    pub wish: Wish,
    /// Since when.
    pub asked_at: Instant,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Wish {
    /// One of several people, to own the contact.
    Owner {
        /// Among whom, each with its weight.
        among: Vec<(Arc<str>, u32)>,
        /// By which rule.
        by: Share,
    },
    /// A code that nobody else has.
    Coupon {
        /// Of which pool.
        pool: Arc<str>,
    },
    /// That somebody else may have a code which nobody was shown.
    GiveBack {
        /// The pool out of which it came.
        pool: Arc<str>,
        /// The code.
        code: Arc<str>,
        /// The ask that got it.
        got: AskId,
    },
    /// An instant at which a message of a workflow may go.
    Slot {
        /// How many go in the interval.
        most: u32,
        /// The interval.
        per: Millis,
        /// Not before this.
        from: Instant,
    },
}

impl Wish {
    /// What somebody gets who asks first and alone: for trying a workflow out.
    pub fn alone(&self) -> Answer {
        match self {
            Self::Owner { among, .. } => {
                among.first().map_or(Answer::None, |(name, _)| Answer::Got { value: name.clone() })
            }
            Self::Coupon { pool } => Answer::Got { value: format!("[{pool}]").into() },
            Self::GiveBack { .. } => Answer::None,
            Self::Slot { from, .. } => Answer::At { at: *from },
        }
    }
}

/// How contacts are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// In turn.
    RoundRobin,
    /// In turn, each as often as its weight says.
    Weighted,
    /// To whoever has got the fewest so far.
    LeastLoaded,
}

/// A code that a passage got, and that no message has shown yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserved {
    /// The step that asked.
    pub step: StepId,
    /// The visit of that step, from 0.
    pub visit: u32,
    /// The pool out of which it came.
    pub pool: Arc<str>,
    /// The code.
    pub code: Arc<str>,
    /// Until when it can be redeemed; for ever, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
}

/// What came of an ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "got", rename_all = "snake_case")]
pub enum Answer {
    /// The person, or the code.
    Got {
        /// Which.
        value: Arc<str>,
    },
    /// An instant.
    At {
        /// Which.
        at: Instant,
    },
    /// Nothing is left.
    None,
}
