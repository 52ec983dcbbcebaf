//! The clock as a port: the backends need it to leave out expired rows, the use cases to know `now`.

use async_trait::async_trait;
use flusso_engine::time::Instant;

/// Tells the time. The only one who reads a real clock stands behind this.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Instant;

    /// Looks where the clock stands, before an invocation: for one that is moved from outside. The error is why it
    /// can't be known.
    async fn refresh(&self) -> Result<(), String> {
        Ok(())
    }
}
