//! Counting what was committed: each image of a state row once.

use flusso_store::repository::Counted;
use flusso_store::table::Row;

use crate::{App, AppError};

impl App {
    /// Counts a batch of committed rows of one shard, in order; everything through the sequence number that is
    /// returned is counted, whether now or before.
    pub async fn handle_changes(&self, shard: &str, batch: &[(u128, Row)]) -> Result<u128, AppError> {
        let Some((last, _)) = batch.last() else { return Ok(0) };
        let mut through = 0;
        while through < *last {
            match self.repository.count(shard, batch).await? {
                Counted::Through(counted) => through = counted,
                Counted::Raced => {}
            }
        }
        Ok(through)
    }
}
