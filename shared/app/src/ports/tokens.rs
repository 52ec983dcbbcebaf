//! Names for commits, so that one's own can be told from another's (seeded in the simulation).

/// Draws tokens that nobody else draws.
pub trait Tokens: Send + Sync {
    /// A fresh token: 1 to 40 characters of `[a-z0-9]`.
    fn token(&self) -> String;
}
