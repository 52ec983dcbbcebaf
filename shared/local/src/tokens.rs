//! Names for commits, drawn from the system's source of randomness.

use flusso_app::ports::tokens::{Tokens, token_of};

/// Draws tokens of 100 random bits.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomTokens;

impl Tokens for RandomTokens {
    fn token(&self) -> String {
        let mut bytes = [0; 20];
        #[expect(clippy::expect_used, reason = "without randomness two commits could bear one name")]
        getrandom::fill(&mut bytes).expect("the system has a source of randomness");
        token_of(bytes)
    }
}
