//! The counters of a step, or of a version as a whole: `cnt/<workflow>`, `<version>/<step>`. Revision: how often it was
//! written. In format 1 each had a row of its own, `<version>/<step>/<name>`; what these say still counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
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
    const FORMAT: u16 = 2;
}

/// What a row holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Counts {
    /// Those of a step, by name.
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

/// The counters that live at a key.
pub fn counters(workflow: &WorkflowId, key: &Key, counts: Counts) -> Vec<(Counter, i64)> {
    let mut parts = key.sort.splitn(3, '/');
    let (version, step, name) =
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next());
    let counter = |name: &str| Counter {
        workflow: workflow.clone(),
        version: VersionId::new(version),
        step: (!step.is_empty()).then(|| StepId::new(step)),
        name: name.into(),
    };
    match counts {
        Counts::Several(counts) => counts.into_iter().map(|(name, n)| (counter(&name), n)).collect(),
        Counts::One(n) => name.map(|name| (counter(name), n)).into_iter().collect(),
    }
}
