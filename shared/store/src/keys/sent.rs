//! An accepted send: `con/<contact>`, `s/<send>`, at the contact that its id names, whatever that was merged into since.
//! Revision: the contact's when it last changed. Kept for ever.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::contact::send::Sent;
use flusso_engine::ids::{ContactId, SendId};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "sent", prefix: "con/", personal: Personal::InPartition };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct SentRow;

impl Kind for SentRow {
    type Value = Sent;
    const FORMAT: u16 = 1;
}

/// Where it lives.
pub fn key(contact: &ContactId, send: &SendId) -> Key {
    let own = send.contact();
    Key::new(super::contact_partition(own.as_ref().unwrap_or(contact)), format!("{PREFIX}{send}"))
}

/// How the sort keys of all accepted sends of a contact begin.
pub const PREFIX: &str = "s/";
