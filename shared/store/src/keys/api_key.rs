//! An API key, by its hash: `key/<hash>`, `key`. The key itself is stored nowhere.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::{base32, digest};
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The scope that is all of them.
pub const EVERYTHING: &str = "*";

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "api_key", prefix: "key/", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct ApiKeyRow;

impl Kind for ApiKeyRow {
    type Value = ApiKey;
    const FORMAT: u16 = 1;
}

/// What a key is called, since when it is good, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its name: the source of what is posted with it.
    pub name: String,
    /// Since when.
    pub created_at: Instant,
    /// What may be done with it. Keys from before there were scopes are good for everything.
    #[serde(default = "everything", skip_serializing_if = "is_everything")]
    pub scopes: BTreeSet<String>,
}

/// What a key is good for of which nothing is said.
pub(super) fn everything() -> BTreeSet<String> {
    BTreeSet::from([EVERYTHING.to_owned()])
}

pub(super) fn is_everything(scopes: &BTreeSet<String>) -> bool {
    scopes.len() == 1 && scopes.contains(EVERYTHING)
}

/// The hash of a key.
pub fn hash(secret: &str) -> String {
    base32(&digest(&["api key", secret]), 50)
}

/// Where it lives.
pub fn key(hash: &str) -> Key {
    Key::new(format!("key/{hash}"), "key")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn a_key_from_before_there_were_scopes_is_good_for_everything() {
        let old = r#"{"name":"shop","created_at":1764000000000}"#;
        let key: ApiKey = serde_json::from_str(old).unwrap();
        assert_eq!(key.scopes, everything());
        assert_eq!(serde_json::to_string(&key).unwrap(), old);
        let none = ApiKey { scopes: BTreeSet::new(), ..key };
        let read: ApiKey = serde_json::from_str(&serde_json::to_string(&none).unwrap()).unwrap();
        assert_eq!(read, none, "a key for nothing stays one");
    }
}
