//! Names for commits, so that one's own can be told from another's (seeded in the simulation).

/// Draws tokens that nobody else draws.
pub trait Tokens: Send + Sync {
    /// A fresh token: 1 to 40 characters of `[a-z0-9]`.
    fn token(&self) -> String;
}

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The token of 100 random bits: five of each byte.
pub fn token_of(bytes: [u8; 20]) -> String {
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}
