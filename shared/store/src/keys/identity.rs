//! Whom an address or a number belongs to: `idn/<hash>`, `identity`. Absent before its contact claims it.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::contact::identity::Identity;
use flusso_engine::ids::ContactId;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "identity", prefix: "idn/", personal: Personal::Derived };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct IdentityRow;

impl Kind for IdentityRow {
    type Value = ContactId;
    const FORMAT: u16 = 1;
}

/// Where it lives.
pub fn key(identity: &Identity) -> Key {
    Key::new(format!("idn/{}", identity.hash()), "identity")
}
