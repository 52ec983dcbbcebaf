//! A job that has not ended: `jbo`, `<job>`. Put and deleted by the commits that begin and end the job, so that the sweep
//! finds those that stand still.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::JobId;
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "open_job", prefix: "jbo", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct OpenJobRow;

impl Kind for OpenJobRow {
    type Value = OpenJob;
    const FORMAT: u16 = 1;
}

/// The partition of all jobs that have not ended.
pub const PARTITION: &str = "jbo";

/// Since when there is the job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenJob {
    /// Since when.
    pub since: Instant,
}

/// Where it lives.
pub fn key(job: &JobId) -> Key {
    Key::new(PARTITION, job.as_str())
}
