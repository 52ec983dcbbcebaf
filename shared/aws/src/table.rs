//! The table port on DynamoDB: one table, partition key `p`, sort key `s`.

mod error;
mod item;
mod read;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ConsumedCapacity;
use flusso_app::metrics::Metrics;
use flusso_store::clock::Clock;
use flusso_store::limits::{check_commit, check_fence, check_key, check_list, check_row};
use flusso_store::table::{Key, List, Page, Row, Table, TableError, When, Write};

/// Under which names units are told.
const READ: &str = "DynamoDB.ReadUnits";
const WRITTEN: &str = "DynamoDB.WriteUnits";
/// Single writes that are under way at once.
const AT_ONCE: usize = 16;

/// Rows in a DynamoDB table.
pub struct DynamoTable {
    client: Client,
    name: String,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

impl DynamoTable {
    /// The table of that name. `clock` says what has expired: DynamoDB's own TTL comes days late.
    pub fn new(client: Client, name: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self { client, name: name.into(), clock, metrics: Arc::default() }
    }

    /// The same, telling the units that DynamoDB says it consumed.
    #[must_use]
    pub fn reporting(self, metrics: Arc<Metrics>) -> Self {
        Self { metrics, ..self }
    }

    fn report(&self, of: &str, consumed: Option<&ConsumedCapacity>) {
        if let Some(units) = consumed.and_then(ConsumedCapacity::capacity_units) {
            self.metrics.asked.add(of, units);
        }
    }
}

#[async_trait]
impl Table for DynamoTable {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Row>>, TableError> {
        keys.iter().try_for_each(check_key)?;
        self.read(keys).await
    }

    async fn list(&self, list: &List) -> Result<Page, TableError> {
        check_list(list)?;
        self.query(list).await
    }

    async fn put_all(&self, rows: Vec<(Row, When)>) -> Result<(), TableError> {
        for (row, when) in &rows {
            check_row(row)?;
            check_fence(*when)?;
        }
        self.each(rows.into_iter().map(|(row, when)| Write::put(row, when)).collect()).await
    }

    async fn remove_all(&self, keys: Vec<(Key, When)>) -> Result<(), TableError> {
        for (key, when) in &keys {
            check_key(key)?;
            check_fence(*when)?;
        }
        self.each(keys.into_iter().map(|(key, when)| Write::delete(key, when)).collect()).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), TableError> {
        check_commit(&writes)?;
        self.write(writes).await
    }
}
