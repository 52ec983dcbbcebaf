//! A contact's alarm: `alm/<minute>/<shard>`, `<contact>`. Put before the commit that announces it.
//! Behind the sweep's watermark nobody reads it any more; it expires.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::ContactId;
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

/// When to look at a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// The instant.
    pub at: Instant,
}

/// Where it lives.
pub fn key(minute: i64, contact: &ContactId) -> Key {
    Key::new(partition(minute, contact.shard(SHARDS)), contact.as_str())
}

/// The alarms of a minute in one shard.
pub fn partition(minute: i64, shard: u8) -> String {
    format!("alm/{minute}/{shard}")
}
