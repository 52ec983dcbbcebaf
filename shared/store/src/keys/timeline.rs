//! The record of one reaction: `con/<contact>`, `t/<revision>`. Kept for ever.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::ContactId;
use flusso_engine::timeline::Entry;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "timeline", prefix: "con/", personal: Personal::InPartition };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct TimelineRow;

impl Kind for TimelineRow {
    type Value = Entry;
    const FORMAT: u16 = 1;
}

/// How the sort keys of all records of a contact begin.
pub const PREFIX: &str = "t/";

/// Where it lives. Revisions sort as numbers.
pub fn key(contact: &ContactId, revision: u64) -> Key {
    Key::new(super::contact_partition(contact), format!("{PREFIX}{revision:012}"))
}

/// The partition of all records of a contact.
pub fn partition(contact: &ContactId) -> String {
    super::contact_partition(contact)
}
