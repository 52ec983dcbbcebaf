//! Where an enrollment stands: `wfl/<workflow>/<shard>`, `<enrollment>`. An index row: fenced by the contact'''s revision.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::contact::Contact;
use flusso_engine::ids::{ContactId, EnrollmentId, StepId, VersionId, WorkflowId};
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "position", prefix: "wfl/", personal: Personal::Derived };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct PositionRow;

impl Kind for PositionRow {
    type Value = Position;
    const FORMAT: u16 = 1;
}

/// Among so many partitions the people inside a workflow are spread.
pub const SHARDS: u8 = 16;

/// Who stands where, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Who.
    pub contact: ContactId,
    /// The version that is run.
    pub version: VersionId,
    /// The step.
    pub step: StepId,
    /// Since when.
    pub since: Instant,
}

/// Where it lives.
pub fn key(workflow: &WorkflowId, contact: &Contact, enrollment: &EnrollmentId) -> Key {
    let sort = if contact.state.joined.is_empty() {
        enrollment.to_string()
    } else {
        // It may have been another contact's, which takes its own row away by its own revision.
        format!("{enrollment}~{}", contact.id)
    };
    Key::new(partition(workflow, contact.id.shard(SHARDS)), sort)
}

/// The enrollment of a sort key.
pub fn enrollment(sort: &str) -> EnrollmentId {
    EnrollmentId::new(sort.split('~').next().unwrap_or_default())
}

/// The people inside a workflow in one shard.
pub fn partition(workflow: &WorkflowId, shard: u8) -> String {
    format!("wfl/{workflow}/{shard:x}")
}
