//! Up to where a shard of changes was counted: `chk`, `<shard>`.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "checkpoint", prefix: "chk", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct CheckpointRow;

impl Kind for CheckpointRow {
    type Value = Mark;
    const FORMAT: u16 = 1;
}

/// How far a shard was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Every row before this sequence number, and of that row what `within` says.
    #[serde(with = "decimal")]
    pub last: u128,
    /// So many of that row's counters; 0 for all of them.
    #[serde(default)]
    pub within: usize,
}

impl Mark {
    /// Every row up to this sequence number was counted whole.
    pub const fn through(self) -> u128 {
        if self.within == 0 { self.last } else { self.last.saturating_sub(1) }
    }
}

/// A sequence number is larger than what JSON's numbers are good for.
mod decimal {
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(number: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where it lives.
pub fn key(shard: &str) -> Key {
    Key::new("chk", shard)
}
