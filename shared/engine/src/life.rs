//! How an active workflow lives: interrupted and resumed. What a contact has to do about it, it does when it next
//! reacts; a job sees to it that this is soon.

use serde::{Deserialize, Serialize};

use crate::ids::{ContactId, WorkflowId, digest};
use crate::time::{Instant, Millis};

/// The life of an active workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// Since when it is active without having been stopped: whoever entered before was inside when it was stopped.
    #[serde(default)]
    pub begun: Instant,
    /// It stands still: nobody enters, and nobody does a step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<Interruption>,
    /// How it went on the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed: Option<Resumption>,
    /// For how long the clocks of those inside have stood still, in all of its interruptions.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub stood_still: Millis,
}

/// An interruption that lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interruption {
    /// Since when.
    pub at: Instant,
    /// The number of the definitions since which it lasts.
    pub number: u64,
    /// Whether the clocks of those inside stand still: waits then last so much longer.
    pub clocks_stop: bool,
}

/// The end of an interruption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumption {
    /// When.
    pub at: Instant,
    /// The number of the definitions since which it had been interrupted.
    pub since: u64,
    /// Those who are overdue go on one after another within so long.
    pub over: Millis,
    /// Whether they enter who would have entered while it was interrupted.
    pub missed: bool,
}

fn is_nothing(millis: &Millis) -> bool {
    millis.0 == 0
}

impl Life {
    /// One that begins.
    pub fn new(begun: Instant) -> Self {
        Self { begun, ..Self::default() }
    }
}

/// When it is a contact's turn, where many go on one after another within `over` from an instant: the same on every
/// machine, and spread evenly.
pub fn turn_of(contact: &ContactId, workflow: &WorkflowId, from: Instant, over: Millis) -> Instant {
    let hash = digest(&["turn", contact.as_str(), workflow.as_str(), &from.millis().to_string()]);
    let drawn = u64::from_be_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]]);
    let over = u64::try_from(over.0).unwrap_or_default();
    let after = (u128::from(drawn) * u128::from(over)) >> 64;
    from + Millis(i64::try_from(after).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::turn_of;
    use crate::ids::{ContactId, WorkflowId};
    use crate::time::{Instant, Millis};

    #[test]
    fn turns_are_spread_over_the_time_given() {
        let (workflow, from) = (WorkflowId::new("welcome"), Instant::from_millis(1_000_000));
        let mut minutes = [0_u32; 60];
        for n in 0..6_000 {
            let contact = ContactId::new(format!("con_{n}"));
            let turn = turn_of(&contact, &workflow, from, Millis::hours(1));
            assert_eq!(turn, turn_of(&contact, &workflow, from, Millis::hours(1)));
            minutes[usize::try_from(turn.since(from).0 / 60_000).unwrap()] += 1;
        }
        assert!(minutes.iter().all(|many| (60..=140).contains(many)), "{minutes:?}");
        assert_eq!(turn_of(&ContactId::new("con_1"), &workflow, from, Millis(0)), from);
    }
}
