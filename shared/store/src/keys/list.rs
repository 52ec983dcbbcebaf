//! A contact on a list: `lst/<list>/<shard>`, `<contact>`. An index row: fenced by the contact'''s revision.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::ContactId;
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "list", prefix: "lst/", personal: Personal::Derived };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct ListRow;

impl Kind for ListRow {
    type Value = Joined;
    const FORMAT: u16 = 1;
}

/// Among so many partitions the people on a list are spread.
pub const SHARDS: u8 = 16;

/// Since when the contact is on the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// When.
    pub at: Instant,
}

/// Where it lives.
pub fn key(list: &str, contact: &ContactId) -> Key {
    Key::new(partition(list, contact.shard(SHARDS)), contact.as_str())
}

/// The people on a list in one shard.
pub fn partition(list: &str, shard: u8) -> String {
    format!("lst/{list}/{shard:x}")
}
