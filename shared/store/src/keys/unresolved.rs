//! A send of which nobody knows after a day whether it went: `unr`, `<send>`. An index row: fenced by the contact'''s revision.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::{ContactId, SendId};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "unresolved", prefix: "unr", personal: Personal::Derived };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct UnresolvedRow;

impl Kind for UnresolvedRow {
    type Value = ContactId;
    const FORMAT: u16 = 1;
}

/// The partition of all of them.
pub const PARTITION: &str = "unr";

/// Where it lives.
pub fn key(contact: &ContactId, send: &SendId) -> Key {
    let sort = match send.contact() {
        // It came with another contact, which takes its own row away by its own revision.
        Some(own) if own != *contact => format!("{send}~{contact}"),
        _ => send.to_string(),
    };
    Key::new(PARTITION, sort)
}

/// The send of a sort key.
pub fn send(sort: &str) -> SendId {
    SendId::new(sort.split('~').next().unwrap_or_default())
}
