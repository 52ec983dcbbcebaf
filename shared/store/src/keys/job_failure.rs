//! A contact with which a job failed: `jbf/<job>`, `<contact>`. It expires with the job.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::{ContactId, JobId};
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "job_failure", prefix: "jbf/", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct JobFailureRow;

impl Kind for JobFailureRow {
    type Value = JobFailure;
    const FORMAT: u16 = 1;
}

/// Why it failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFailure {
    /// A code.
    pub reason: String,
    /// When.
    pub at: Instant,
}

/// The failures of a job.
pub fn partition(job: &JobId) -> String {
    format!("jbf/{job}")
}

/// Where it lives.
pub fn key(job: &JobId, contact: &ContactId) -> Key {
    Key::new(partition(job), contact.as_str())
}
