//! What makes an event count once, for ever: `rcp/<hash of source and id>`, `receipt`. Written with the commit, never before it.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::{ContactId, base32, digest};
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "receipt", prefix: "rcp/", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptRow;

impl Kind for ReceiptRow {
    type Value = Receipt;
    const FORMAT: u16 = 1;
}

/// Which commit an event is part of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The contact to which it happened.
    pub contact: ContactId,
    /// The revision that it made.
    pub revision: u64,
    /// The hash of what it said, so that another event under the same id is noticed.
    pub body_hash: String,
}

/// Where it lives.
pub fn key(source: &str, id: &str) -> Key {
    Key::new(format!("rcp/{}", base32(&digest(&["receipt", source, id]), 40)), "receipt")
}
