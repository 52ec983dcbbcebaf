//! The names of the API keys: `keys`, `<name>`. Each leads to the row under the key's hash.

use super::api_key::{everything, is_everything};
use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "key_name", prefix: "keys", personal: Personal::No };

/// The partition of all names.
pub const PARTITION: &str = "keys";

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct KeyNameRow;

impl Kind for KeyNameRow {
    type Value = KeyName;
    const FORMAT: u16 = 1;
}

/// Which key has a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyName {
    /// The hash under which the key lies.
    pub hash: String,
    /// Since when.
    pub created_at: Instant,
    /// What may be done with it.
    #[serde(default = "everything", skip_serializing_if = "is_everything")]
    pub scopes: BTreeSet<String>,
}

/// Where it lives.
pub fn key(name: &str) -> Key {
    Key::new(PARTITION, name)
}
