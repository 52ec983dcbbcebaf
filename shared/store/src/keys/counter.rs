//! The counters of a step, or of a version as a whole: `cnt/<workflow>`, `<version>/<step>`. Revision: how often it was
//! written. Format 2 did not tell the present day apart; in format 1 each had a row of its own, `<version>/<step>/<name>`.
//! What these say still counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::calendar::Date;
use flusso_engine::ids::{StepId, VersionId, WorkflowId};
use flusso_engine::tally::Counter;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "counter", prefix: "cnt/", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct CounterRow;

impl Kind for CounterRow {
    type Value = Counts;
    const FORMAT: u16 = 3;
}

/// What a row holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Counts {
    /// Those of a step, by name, and what of them is of one day.
    Dated {
        /// All of it.
        all: BTreeMap<Arc<str>, i64>,
        /// The newest day on which something was counted.
        day: Date,
        /// What was counted on it.
        today: BTreeMap<Arc<str>, i64>,
    },
    /// Those of a step, by name (format 2).
    Several(BTreeMap<Arc<str>, i64>),
    /// One (format 1).
    One(i64),
}

/// Where it lives.
pub fn key(counter: &Counter) -> Key {
    let step = counter.step.as_ref().map_or("", |step| step.as_str());
    Key::new(partition(&counter.workflow), format!("{}/{step}", counter.version))
}

/// The counters of a workflow.
pub fn partition(workflow: &WorkflowId) -> String {
    format!("cnt/{workflow}")
}

/// The counter rows of a sort key: `<version>/<step>`, and perhaps a name (format 1).
pub fn parts(sort: &str) -> (VersionId, Option<StepId>, Option<&str>) {
    let mut parts = sort.splitn(3, '/');
    let (version, step) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    (VersionId::new(version), (!step.is_empty()).then(|| StepId::new(step)), parts.next())
}

/// The counters that live at a key.
pub fn counters(workflow: &WorkflowId, key: &Key, counts: Counts) -> Vec<(Counter, i64)> {
    let (version, step, name) = parts(&key.sort);
    let counter = |name: &str| Counter {
        workflow: workflow.clone(),
        version: version.clone(),
        step: step.clone(),
        name: name.into(),
    };
    match counts {
        Counts::Dated { all: counts, .. } | Counts::Several(counts) => {
            counts.into_iter().map(|(name, n)| (counter(&name), n)).collect()
        }
        Counts::One(n) => name.map(|name| (counter(name), n)).into_iter().collect(),
    }
}
