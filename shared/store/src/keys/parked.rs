//! A message that could not be applied: `prk`, `<id>`. Kept until somebody retries or drops it.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "parked", prefix: "prk", personal: Personal::Searched };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct ParkedRow;

impl Kind for ParkedRow {
    type Value = Parked;
    const FORMAT: u16 = 1;
}

/// The partition of all of them.
pub const PARTITION: &str = "prk";

/// What was parked, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// The queue that it came from.
    pub queue: String,
    /// The message as it was.
    pub message: String,
    /// Why: a code, such as `id_reused`.
    pub code: String,
    /// How often it was tried.
    pub count: u32,
    /// Since when.
    pub at: Instant,
}

/// Where it lives.
pub fn key(id: &str) -> Key {
    Key::new(PARTITION, id)
}
