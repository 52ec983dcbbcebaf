//! How contacts are enumerated and searched: `dir/<shard>`, `<contact>`. An index row: fenced by the contact'''s revision.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::ContactId;
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "directory", prefix: "dir/", personal: Personal::Derived };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct DirectoryRow;

impl Kind for DirectoryRow {
    type Value = Listed;
    const FORMAT: u16 = 1;
}

/// Among so many partitions all contacts are spread.
pub const SHARDS: u8 = 64;

/// The little that a list of contacts shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The name as shown.
    pub name: String,
    /// The e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// When the contact was made.
    pub created_at: Instant,
}

/// Where it lives.
pub fn key(contact: &ContactId) -> Key {
    Key::new(partition(contact.shard(SHARDS)), contact.as_str())
}

/// The contacts of one shard.
pub fn partition(shard: u8) -> String {
    format!("dir/{shard:02x}")
}
