//! An enrollment: one passage of a contact through one version of a workflow.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ask::Reserved;
use super::passed::Passed;
use crate::event::{Chain, Occurrence};
use crate::ids::{AskId, SendId, StepId, VersionId, WorkflowId};
use crate::time::{Instant, Millis};

/// Where a person is in a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrollment {
    /// Which workflow.
    pub workflow: WorkflowId,
    /// The version that it runs, pinned on entry.
    pub version: VersionId,
    /// When the event happened that made the person enter.
    pub entered_at: Instant,
    /// The step at which it stands.
    pub step: StepId,
    /// How often it arrived at that step before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub visit: u32,
    /// How often it arrived at steps that a way leads back to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arrivals: BTreeMap<StepId, u32>,
    /// How often it jumped since it last waited.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub jumps: u32,
    /// What it waits for.
    pub waiting: Waiting,
    /// The next instant at which a condition that it waits for, or is left by, may change with no new event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch_at: Option<Instant>,
    /// What the workflow is about for this person, such as a cart or a deal; none is the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<Arc<str>>,
    /// Goals that are only counted, and were: their places among the exits.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reached: BTreeSet<usize>,
    /// What steps keep for later ones: `vars.code`, and by the id of a step what came of it.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub vars: Arc<Map<String, Value>>,
    /// Codes that it got and that none of its messages has shown yet (SEM-11).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reserved: Vec<Reserved>,
    /// When its next message may go, as the workflow's pace gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Instant>,
    /// An event that would have made the person enter while inside, kept until the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued: Option<Box<Occurrence>>,
    /// When the step before was completed: what the next wait counts from.
    pub anchor: Instant,
    /// The type of the event that made the person enter.
    pub trigger: Arc<str>,
    /// The values of that event which the workflow reads, by path (`guide_url`, `cart.id`).
    #[serde(default, skip_serializing_if = "is_empty")]
    pub event: Arc<Map<String, Value>>,
    /// The workflows that led here, this one last.
    #[serde(default, skip_serializing_if = "Chain::is_empty")]
    pub chain: Chain,
    /// What came of its messages, by step; of those that a condition asks about.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub messages: BTreeMap<StepId, Heard>,
    /// The steps that it has done.
    #[serde(default, skip_serializing_if = "Passed::is_empty")]
    pub passed: Passed,
    /// Whether its workflow is interrupted, as far as is known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stands_still: bool,
    /// For how long clocks had stood still in its workflow when it entered, or when it went on last.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub stood_still: Millis,
    /// How it stood before it went over to its version; none once it has done a step of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Box<Before>>,
}

/// How an enrollment stood before it went over to another version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// The version that it ran.
    pub version: VersionId,
    /// The step.
    pub step: StepId,
    /// How often it had arrived at it before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub visit: u32,
    /// What the next wait counted from.
    pub anchor: Instant,
    /// What it waited for.
    pub waiting: Waiting,
    /// Goals that were counted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reached: BTreeSet<usize>,
}

/// What came of a message: the first instant of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// The provider took it.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Instant>,
    /// It arrived.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Instant>,
    /// A person opened it.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<Instant>,
    /// A machine opened it, or nobody knows who.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub opened_by_machine: Option<Instant>,
    /// A person followed a link.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub clicked: Option<Instant>,
    /// The first link that a person followed, if a step reads it.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Arc<str>>,
    /// It was answered.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub replied: Option<Instant>,
    /// It did not arrive.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub bounced: Option<Instant>,
}

/// What an enrollment waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Waiting {
    /// Nothing: its step runs next.
    Nothing,
    /// An instant.
    Until {
        /// Which.
        at: Instant,
    },
    /// An event, or the instant when that has taken too long.
    Event {
        /// When it stops waiting.
        at: Instant,
    },
    /// A condition, or the instant when that has taken too long.
    Condition {
        /// When it stops waiting.
        at: Instant,
    },
    /// Its turn: so that those who are overdue do not all go on at once.
    Turn {
        /// When that is.
        at: Instant,
        /// Since when its wait is over; none if its step is still to run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Instant>,
    },
    /// The answer to an ask.
    Answer {
        /// Which.
        ask: AskId,
    },
    /// The outcome of these sends.
    Sends {
        /// Those that are still open.
        open: Vec<SendId>,
    },
}

fn is_empty(map: &Map<String, Value>) -> bool {
    map.is_empty()
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

fn is_nothing(millis: &Millis) -> bool {
    millis.0 == 0
}

impl Waiting {
    /// The instant at which it stops waiting by itself.
    pub fn due_at(&self) -> Option<Instant> {
        match self {
            Self::Until { at } | Self::Event { at } | Self::Condition { at } | Self::Turn { at, .. } => {
                Some(*at)
            }
            Self::Nothing | Self::Sends { .. } | Self::Answer { .. } => None,
        }
    }

    /// It lasts so much longer.
    pub(crate) fn put_off(&mut self, shift: Millis) {
        match self {
            Self::Until { at } | Self::Event { at } | Self::Condition { at } => *at = *at + shift,
            Self::Turn { at, due } => {
                *at = *at + shift;
                *due = due.map(|due| due + shift);
            }
            Self::Nothing | Self::Sends { .. } | Self::Answer { .. } => {}
        }
    }
}

/// What is remembered of a workflow after its enrollments ended: has been in, and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// How often the contact entered.
    pub entries: u32,
    /// When it last entered (the instant of its event).
    pub entered_at: Instant,
    /// When it last ended; none while inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
}

/// With what a contact entered a workflow, such as a cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// The workflow.
    #[serde(rename = "w")]
    pub workflow: WorkflowId,
    /// The name of it.
    #[serde(rename = "e")]
    pub name: Arc<str>,
    /// When it last entered.
    #[serde(rename = "t")]
    pub entered_at: Instant,
}
