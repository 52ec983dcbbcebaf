//! The timer: rings a minute, at least once, at or after its beginning.

use async_trait::async_trait;

use super::PortError;

/// Has a minute rung. A minute asked for twice is rung at least once.
#[async_trait]
pub trait Timer: Send + Sync {
    /// Asks for `minute` (minutes since the epoch) to be rung. Durable once this returns.
    async fn ring_at(&self, minute: i64) -> Result<(), PortError>;
}
