//! Visits of browsers of which nobody knows whose they are.

use flusso_engine::event::Event;

use super::Repository;
use crate::codec::{row, value};
use crate::keys::visit::{self, KEPT, VisitRow};
use crate::table::{Direction, List, TableError, When};

impl Repository {
    /// Keeps what happened in a browser; the same event twice is kept once.
    pub async fn keep_visit(&self, visitor: &str, event: &Event) -> Result<(), TableError> {
        let mut row = row::<VisitRow>(visit::key(visitor, event), 0, event)?;
        row.expires_at = Some(event.received_at + KEPT);
        self.table.put_all(vec![(row, When::Any)]).await
    }

    /// The newest of what happened in a browser, in the order in which it happened; strongly read.
    pub async fn visits(&self, visitor: &str, most: usize) -> Result<Vec<Event>, TableError> {
        let list = List { direction: Direction::Backward, ..List::all(visit::partition(visitor), most) };
        let page = self.table.list(&list).await?;
        let mut visits = page.rows.iter().map(value::<VisitRow>).collect::<Result<Vec<_>, _>>()?;
        visits.reverse();
        Ok(visits)
    }

    /// Forgets what was attached.
    pub async fn forget_visits(&self, visitor: &str, visits: &[Event]) -> Result<(), TableError> {
        let keys = visits.iter().map(|visit| (visit::key(visitor, visit), When::Any));
        self.table.remove_all(keys.collect()).await
    }
}
