//! The one repository: rows in, domain values out. Nobody else names a key.

mod alarms;
mod carried;
mod contacts;
mod counters;
mod definitions;
mod erase;
mod imports;
mod index;
mod jobs;
mod journal;
mod look;
mod parked;
mod resources;
mod visits;

use std::sync::Arc;

pub use contacts::Change;
pub use counters::Counted;
pub use erase::{Removed, digest_of, next_link};
pub use jobs::Occurred;
pub use journal::{Happened, Wanted};

use crate::codec::{self, Kind};
use crate::table::{Key, List, Row, Table, TableError};

/// All rows, as what they mean.
#[derive(Clone)]
pub struct Repository {
    table: Arc<dyn Table>,
}

/// A page of values, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// The values.
    pub items: Vec<T>,
    /// Give it to the next call; none at the end.
    pub cursor: Option<String>,
}

impl Repository {
    /// Above a table.
    pub fn new(table: Arc<dyn Table>) -> Self {
        Self { table }
    }

    async fn get<K: Kind>(&self, key: Key) -> Result<Option<(K::Value, u64)>, TableError> {
        let row = self.table.get(&[key]).await?.into_iter().next().flatten();
        row.map(|row| Ok((codec::value::<K>(&row)?, row.revision))).transpose()
    }

    /// Every row of a partition's stretch.
    async fn all(&self, mut list: List) -> Result<Vec<Row>, TableError> {
        let mut rows = Vec::new();
        loop {
            let page = self.table.list(&list).await?;
            rows.extend(page.rows);
            match page.cursor {
                Some(cursor) => list.cursor = Some(cursor),
                None => return Ok(rows),
            }
        }
    }

    /// One page of values with the sort key of each.
    async fn page<K: Kind>(&self, list: &List) -> Result<Listed<(String, K::Value)>, TableError> {
        let page = self.table.list(list).await?;
        let items = page.rows.iter().map(|row| Ok((row.key.sort.clone(), codec::value::<K>(row)?)));
        Ok(Listed { items: items.collect::<Result<_, TableError>>()?, cursor: page.cursor })
    }
}
