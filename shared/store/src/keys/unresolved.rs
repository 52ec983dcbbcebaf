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
pub fn key(send: &SendId) -> Key {
    Key::new(PARTITION, send.as_str())
}
