//! Names for commits, so that one's own can be told from another's (seeded in the simulation).

/// Draws tokens that nobody else draws.
pub trait Tokens: Send + Sync {
    /// A fresh token: 1 to 40 characters of `[a-z0-9]`.
    fn token(&self) -> String;
}

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Draws tokens of 100 random bits from the system's source of randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomTokens;

impl Tokens for RandomTokens {
    fn token(&self) -> String {
        let mut bytes = [0; 20];
        #[expect(clippy::expect_used, reason = "without randomness two commits could bear one name")]
        getrandom::fill(&mut bytes).expect("the system has a source of randomness");
        bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
    }
}
