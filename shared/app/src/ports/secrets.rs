//! Secrets by name, with the ids of their keys, so that they can be rotated.

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
}

impl SecretName {
    /// Every secret there is.
    pub const ALL: [Self; 1] = [Self::Suppression];

    /// The name in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suppression => "suppression",
        }
    }
}
