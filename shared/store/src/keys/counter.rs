//! A counter: `cnt/<workflow>`, `<version>/<step>/<name>`. Revision: how often it was written.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::{StepId, VersionId, WorkflowId};
use flusso_engine::tally::Counter;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "counter", prefix: "cnt/", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct CounterRow;

impl Kind for CounterRow {
    type Value = i64;
    const FORMAT: u16 = 1;
}

/// Where it lives.
pub fn key(counter: &Counter) -> Key {
    let step = counter.step.as_ref().map_or("", |step| step.as_str());
    Key::new(partition(&counter.workflow), format!("{}/{step}/{}", counter.version, counter.name))
}

/// The counters of a workflow.
pub fn partition(workflow: &WorkflowId) -> String {
    format!("cnt/{workflow}")
}

/// The counter that lives at a key.
pub fn counter(workflow: &WorkflowId, key: &Key) -> Option<Counter> {
    let mut parts = key.sort.splitn(3, '/');
    let (version, step, name) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Counter {
        workflow: workflow.clone(),
        version: VersionId::new(version),
        step: (!step.is_empty()).then(|| StepId::new(step)),
        name: name.into(),
    })
}
