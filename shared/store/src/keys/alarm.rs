//! An alarm: `alm/<minute>/<shard>`, `<contact>`, put before the commit that announces it; or `wfl/<workflow>` in the first
//! shard, for a workflow that begins by itself.
//! Behind the sweep's watermark nobody reads it any more; it expires.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::{ContactId, WorkflowId};
use flusso_engine::time::{Instant, Millis};
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "alarm", prefix: "alm/", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct AlarmRow;

impl Kind for AlarmRow {
    type Value = Alarm;
    const FORMAT: u16 = 1;
}

/// Among so many partitions the alarms of a minute are spread.
pub const SHARDS: u8 = 8;

/// How long it is kept after its minute: longer than any sweep may stand still, and than a point in time to which a
/// table can be restored (35 days).
pub const KEPT: Millis = Millis::hours(90 * 24);

/// When to look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// The instant.
    pub at: Instant,
}

/// Whom an alarm is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announced {
    /// A contact.
    Contact(ContactId),
    /// A workflow.
    Workflow(WorkflowId),
}

/// How the alarms of workflows begin.
const WORKFLOW: &str = "wfl/";

impl Announced {
    /// As the key says it.
    pub fn of(sort: &str) -> Self {
        match sort.strip_prefix(WORKFLOW) {
            Some(workflow) => Self::Workflow(WorkflowId::new(workflow)),
            None => Self::Contact(ContactId::new(sort)),
        }
    }
}

/// Where a workflow's alarm lives.
pub fn of_workflow(minute: i64, workflow: &WorkflowId) -> Key {
    Key::new(partition(minute, 0), format!("{WORKFLOW}{workflow}"))
}

/// Where a contact's alarm lives.
pub fn key(minute: i64, contact: &ContactId) -> Key {
    Key::new(partition(minute, contact.shard(SHARDS)), contact.as_str())
}

/// The alarms of a minute in one shard.
pub fn partition(minute: i64, shard: u8) -> String {
    format!("alm/{minute}/{shard}")
}
