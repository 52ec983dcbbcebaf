//! Statistics: what was committed is counted, each image of a state row once; and what the counters say, by step, by day,
//! by person.

pub mod days;
pub mod health;
pub mod numbers;
pub mod people;
pub mod recount;

use flusso_store::codec::value;
use flusso_store::keys::state::{self, StateRow};
use flusso_store::repository::Counted;
use flusso_store::table::Row;

use crate::{App, AppError};

impl App {
    /// Counts a batch of committed rows of one shard, in order; everything through the sequence number that is
    /// returned is counted, whether now or before.
    pub async fn handle_changes(&self, shard: &str, batch: &[(u128, Row)]) -> Result<u128, AppError> {
        let Some((last, _)) = batch.last() else { return Ok(0) };
        let oldest = batch.iter().find(|(_, row)| state::is(&row.key));
        if let Some(state) = oldest.and_then(|(_, row)| value::<StateRow>(row).ok()) {
            self.metrics.stream_lag.see(self.now().since(state.last_now));
        }
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
