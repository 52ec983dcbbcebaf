//! Up to which minute the sweep has verified a shard of alarms: `swp`, `<shard>`.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "watermark", prefix: "swp", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct WatermarkRow;

impl Kind for WatermarkRow {
    type Value = Watermark;
    const FORMAT: u16 = 1;
}

/// How far the sweep has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermark {
    /// The last minute that was verified.
    pub minute: i64,
}

/// Where it lives.
pub fn key(shard: u8) -> Key {
    Key::new("swp", format!("{shard}"))
}
