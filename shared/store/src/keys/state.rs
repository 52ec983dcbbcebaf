//! The state of a contact: `con/<contact>`, `state`. Revision: the contact's. Lives as long as the contact.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::contact::State;
use flusso_engine::ids::ContactId;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "state", prefix: "con/", personal: Personal::InPartition };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct StateRow;

impl Kind for StateRow {
    type Value = State;
    const FORMAT: u16 = 1;
}

/// Where it lives.
pub fn key(contact: &ContactId) -> Key {
    Key::new(super::contact_partition(contact), "state")
}

/// Whether a key is that of a state row: those are the rows whose changes are counted.
pub fn is(key: &Key) -> bool {
    contact(key).is_some()
}

/// Whose state lives at a key.
pub fn contact(key: &Key) -> Option<ContactId> {
    let contact = key.partition.strip_prefix("con/").filter(|_| key.sort == "state")?;
    Some(ContactId::new(contact))
}
