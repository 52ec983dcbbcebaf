//! An API key, by its hash: `key/<hash>`, `key`. The key itself is stored nowhere.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::{base32, digest};
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "api_key", prefix: "key/", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct ApiKeyRow;

impl Kind for ApiKeyRow {
    type Value = ApiKey;
    const FORMAT: u16 = 1;
}

/// What a key is called, and since when it is good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its name: the source of what is posted with it.
    pub name: String,
    /// Since when.
    pub created_at: Instant,
}

/// The hash of a key.
pub fn hash(secret: &str) -> String {
    base32(&digest(&["api key", secret]), 50)
}

/// Where it lives.
pub fn key(hash: &str) -> Key {
    Key::new(format!("key/{hash}"), "key")
}
