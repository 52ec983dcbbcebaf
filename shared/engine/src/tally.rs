//! What a commit adds to the counters. It travels in the state row, so that whoever reads the stream of rows counts
//! each commit exactly once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{StepId, VersionId, WorkflowId};
use crate::time::Millis;

/// What is counted: for a workflow, a version and perhaps a step, under a name such as `entered` or
/// `skipped.no_consent`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Counter {
    /// The workflow.
    #[serde(rename = "w")]
    pub workflow: WorkflowId,
    /// Its version.
    #[serde(rename = "v")]
    pub version: VersionId,
    /// The step, for what happens at one.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepId>,
    /// What.
    #[serde(rename = "n")]
    pub name: Arc<str>,
}

/// The counter of who stands at a step now: it goes up and down.
pub const INSIDE: &str = "inside";

/// A step that is reached so much later than it was due counts as late.
pub const LATE: Millis = Millis::minutes(1);

/// How long something took, by the names of its counters: at most so long, and longer than the one before. The last is
/// whatever is longer.
pub const TOOK: [(Millis, &str); 12] = [
    (Millis::seconds(10), "took.10s"),
    (Millis::minutes(1), "took.1m"),
    (Millis::minutes(10), "took.10m"),
    (Millis::hours(1), "took.1h"),
    (Millis::hours(6), "took.6h"),
    (Millis::hours(24), "took.1d"),
    (Millis::hours(2 * 24), "took.2d"),
    (Millis::hours(4 * 24), "took.4d"),
    (Millis::hours(8 * 24), "took.8d"),
    (Millis::hours(15 * 24), "took.15d"),
    (Millis::hours(31 * 24), "took.31d"),
    (Millis(i64::MAX), "took.more"),
];

/// The counter of how long something took; none if it took no time.
pub fn took(long: Millis) -> Option<&'static str> {
    TOOK.iter().find(|(most, _)| long <= *most).filter(|_| long > Millis(0)).map(|(_, name)| *name)
}

/// Differences by counter. A difference of 0 is not kept. Shared until it changes: every reaction copies the row of the
/// one before, which it then replaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(Arc<BTreeMap<Counter, i64>>);

impl Tally {
    /// Adds to a counter.
    pub fn add(&mut self, counter: Counter, difference: i64) {
        match Arc::make_mut(&mut self.0).entry(counter) {
            Entry::Occupied(entry) if *entry.get() == -difference => drop(entry.remove()),
            entry => *entry.or_default() += difference,
        }
    }

    /// Adds everything of another tally.
    pub fn merge(&mut self, other: &Self) {
        for (counter, difference) in other.0.iter() {
            self.add(counter.clone(), *difference);
        }
    }

    /// The differences in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Counter, i64)> {
        self.0.iter().map(|(counter, difference)| (counter, *difference))
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Tally {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter())
    }
}

impl<'de> Deserialize<'de> for Tally {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let counted = Vec::<(Counter, i64)>::deserialize(deserializer)?;
        Ok(Self(Arc::new(counted.into_iter().collect())))
    }
}
