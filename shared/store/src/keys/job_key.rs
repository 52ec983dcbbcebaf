//! Which job a request with an idempotency key made: `jbk/<hash>`, `k`. The same request makes no second one.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::{JobId, base32, digest};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "job_key", prefix: "jbk/", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct JobKeyRow;

impl Kind for JobKeyRow {
    type Value = JobId;
    const FORMAT: u16 = 1;
}

/// Where it lives.
pub fn key(caller: &str, given: &str) -> Key {
    Key::new(format!("jbk/{}", base32(&digest(&["job-key", caller, given]), 30)), "k")
}
