//! Names for commits, drawn from the system's source of randomness.

use flusso_app::ports::tokens::Tokens;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Draws tokens of 100 random bits.
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
