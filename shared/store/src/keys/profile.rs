//! The profile of a contact: `con/<contact>`, `profile`. Revision: the contact's when it last changed.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::contact::Profile;
use flusso_engine::ids::ContactId;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "profile", prefix: "con/", personal: Personal::InPartition };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct ProfileRow;

impl Kind for ProfileRow {
    type Value = Profile;
    const FORMAT: u16 = 1;
}

/// Where it lives.
pub fn key(contact: &ContactId) -> Key {
    Key::new(super::contact_partition(contact), "profile")
}
