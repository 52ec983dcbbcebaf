//! Up to where a shard of changes was counted: `chk`, `<shard>`.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "checkpoint", prefix: "chk", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct CheckpointRow;

impl Kind for CheckpointRow {
    type Value = String;
    const FORMAT: u16 = 1;
}

/// Where it lives. The value is the sequence number, a decimal.
pub fn key(shard: &str) -> Key {
    Key::new("chk", shard)
}
