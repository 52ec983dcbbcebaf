//! What a commit adds to the counters. It travels in the state row, so that whoever reads the stream of rows counts
//! each commit exactly once.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{StepId, VersionId, WorkflowId};

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

/// Differences by counter. A difference of 0 is not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Counter, i64>);

impl Tally {
    /// Adds to a counter.
    pub fn add(&mut self, counter: Counter, difference: i64) {
        let value = self.0.entry(counter).or_default();
        *value += difference;
        if *value == 0 {
            self.0.retain(|_, value| *value != 0);
        }
    }

    /// Adds everything of another tally.
    pub fn merge(&mut self, other: &Self) {
        for (counter, difference) in &other.0 {
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
        Ok(Self(Vec::<(Counter, i64)>::deserialize(deserializer)?.into_iter().collect()))
    }
}
