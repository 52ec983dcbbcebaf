//! Secrets by name, with the ids of their keys, so that they can be rotated.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// Bytes of a key, at least.
pub const KEY_BYTES: usize = 32;

/// A secret and the id by which a signature names it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// The id, public.
    pub key_id: String,
    /// The bytes, never printed.
    pub bytes: Vec<u8>,
}

/// Gives secrets. Read once at start, never in the path of a request.
pub trait Secrets: Send + Sync {
    /// The current secret of that name.
    fn current(&self, name: SecretName) -> Secret;
    /// A secret by the id of its key, also one that is no longer current.
    fn by_id(&self, name: SecretName, key_id: &str) -> Option<Secret>;
}

/// The secrets of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretName {
    /// Keys the hash of suppressed addresses. Never retired.
    Suppression,
    /// Signs the addresses by which recipients leave. Never retired: the mails that carry them last.
    Unsubscribe,
    /// Signs webhooks, so that who is called knows by whom.
    Webhook,
}

impl SecretName {
    /// Every secret there is.
    pub const ALL: [Self; 3] = [Self::Suppression, Self::Unsubscribe, Self::Webhook];

    /// The name in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suppression => "suppression",
            Self::Unsubscribe => "unsubscribe",
            Self::Webhook => "webhook",
        }
    }
}

/// The keys of one secret as a platform stores them: bytes are in hexadecimal. To rotate a secret, add a key, name it
/// `current`, and start again.
#[derive(Clone, Serialize, Deserialize)]
pub struct Keyring {
    current: String,
    keys: BTreeMap<String, String>,
}

impl Keyring {
    /// With one key.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        let mut hex = String::new();
        for byte in bytes {
            // Writing to a string can't fail.
            let _ = write!(hex, "{byte:02x}");
        }
        Self { current: "k1".to_owned(), keys: BTreeMap::from([("k1".to_owned(), hex)]) }
    }

    fn parse(&self) -> Option<Ring> {
        let keys: Option<BTreeMap<String, Secret>> = self
            .keys
            .iter()
            .map(|(key_id, hex)| {
                Some((key_id.clone(), Secret { key_id: key_id.clone(), bytes: bytes_of(hex)? }))
            })
            .collect();
        let keys = keys?;
        Some(Ring { current: keys.get(&self.current)?.clone(), keys })
    }
}

struct Ring {
    current: Secret,
    keys: BTreeMap<String, Secret>,
}

/// Every secret, read once.
pub struct Keyrings(BTreeMap<SecretName, Ring>);

impl Keyrings {
    /// From what is stored by name; the name of one that is missing or damaged, if there is one.
    pub fn new(stored: &BTreeMap<String, Keyring>) -> Result<Self, SecretName> {
        let ring = |name: SecretName| stored.get(name.as_str()).and_then(Keyring::parse).ok_or(name);
        SecretName::ALL.into_iter().map(|name| Ok((name, ring(name)?))).collect::<Result<_, _>>().map(Self)
    }

    fn ring(&self, name: SecretName) -> &Ring {
        #[expect(clippy::expect_used, reason = "an empty key in its place would sign for everybody")]
        self.0.get(&name).expect("`new` reads every name")
    }
}

impl Secrets for Keyrings {
    fn current(&self, name: SecretName) -> Secret {
        self.ring(name).current.clone()
    }

    fn by_id(&self, name: SecretName, key_id: &str) -> Option<Secret> {
        self.ring(name).keys.get(key_id).cloned()
    }
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    // A short key would be a mistake of whoever rotated it.
    if !hex.is_ascii() || !hex.len().is_multiple_of(2) || hex.len() < 2 * KEY_BYTES {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
}
