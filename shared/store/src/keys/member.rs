//! A member of a segment: `seg/<segment>/<shard>`, `<contact>`. An index row: fenced by the contact's revision.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::keys::list::Joined;
use crate::table::Key;
use flusso_engine::ids::ContactId;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "member", prefix: "seg/", personal: Personal::Derived };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct MemberRow;

impl Kind for MemberRow {
    type Value = Joined;
    const FORMAT: u16 = 1;
}

/// Among so many partitions the members of a segment are spread.
pub const SHARDS: u8 = 16;

/// Where it lives.
pub fn key(segment: &str, contact: &ContactId) -> Key {
    Key::new(partition(segment, contact.shard(SHARDS)), contact.as_str())
}

/// The members of a segment in one shard.
pub fn partition(segment: &str, shard: u8) -> String {
    format!("seg/{segment}/{shard:x}")
}
