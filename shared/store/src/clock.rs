//! The clock as a port: the backends need it to leave out expired rows, the use cases to know `now`.

use flusso_engine::time::Instant;

/// Tells the time. The only one who reads a real clock stands behind this.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Instant;
}
