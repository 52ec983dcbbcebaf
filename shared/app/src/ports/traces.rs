//! What a platform keeps of people besides the rows: mails that stay where they are, pages of a file that were written over.

use async_trait::async_trait;
use flusso_engine::ids::ContactId;

use super::PortError;

/// Forgets people where they are not rows.
#[async_trait]
pub trait Traces: Send + Sync {
    /// Removes every message to a contact or about it, and whatever else names one of these texts, and makes sure that what was removed can't be read on the medium;
    /// how many messages there were.
    async fn forget(&self, contact: &ContactId, named: &[String]) -> Result<u64, PortError>;
}

/// A platform that keeps nothing but rows.
pub struct NoTraces;

#[async_trait]
impl Traces for NoTraces {
    async fn forget(&self, _: &ContactId, _: &[String]) -> Result<u64, PortError> {
        Ok(0)
    }
}
