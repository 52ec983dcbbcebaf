//! Messages that could not be applied: kept, shown, retried or dropped by a person.

use super::{Listed, Repository};
use crate::codec::row;
use crate::keys::parked::{self, Parked, ParkedRow};
use crate::table::{List, TableError, When};

impl Repository {
    /// Parks a message. The same message under the same id is parked once.
    pub async fn park(&self, id: &str, message: &Parked) -> Result<(), TableError> {
        self.table.put_all(vec![(row::<ParkedRow>(parked::key(id), 0, message)?, When::Any)]).await
    }

    /// One parked message.
    pub async fn parked(&self, id: &str) -> Result<Option<Parked>, TableError> {
        Ok(self.get::<ParkedRow>(parked::key(id)).await?.map(|(parked, _)| parked))
    }

    /// All parked messages with their ids, one page.
    pub async fn all_parked(
        &self,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed<(String, Parked)>, TableError> {
        self.page::<ParkedRow>(&List { cursor, ..List::all(parked::PARTITION, limit) }).await
    }

    /// Forgets a parked message.
    pub async fn unpark(&self, id: &str) -> Result<(), TableError> {
        self.table.remove_all(vec![(parked::key(id), When::Any)]).await
    }
}
