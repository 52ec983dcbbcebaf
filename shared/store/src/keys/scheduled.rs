//! Up to when the times of a workflow's schedule have been made into jobs: `sch/<workflow>`, `<schedule>`. Moved by the
//! very commit that makes the job.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::WorkflowId;
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "scheduled", prefix: "sch/", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct ScheduledRow;

impl Kind for ScheduledRow {
    type Value = Scheduled;
    const FORMAT: u16 = 1;
}

/// How far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// Every time up to here, included, has its job.
    pub through: Instant,
}

/// Where it lives.
pub fn key(workflow: &WorkflowId, schedule: &str) -> Key {
    Key::new(format!("sch/{workflow}"), schedule)
}
