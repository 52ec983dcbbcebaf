//! Counts the reads and writes of a table where they are made, so that a test can assert what a step costs.

use std::ops::Sub;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use crate::limits::row_bytes;
use crate::table::{Act, Key, List, Page, Row, Table, TableError, When, Write};

/// A table that counts what passes through it.
pub struct Counted<T: ?Sized> {
    table: Arc<T>,
    counts: Arc<Counts>,
}

/// The running counts. An attempt counts whether it succeeds or not, for that is how it is billed.
#[derive(Debug, Default)]
pub struct Counts {
    requests: AtomicU64,
    rows_read: AtomicU64,
    rows_written: AtomicU64,
    rows_committed: AtomicU64,
    checks: AtomicU64,
    bytes_written: AtomicU64,
}

/// The counts of one moment; the difference of two is what happened in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Calls of the port.
    pub requests: u64,
    /// Keys asked for, there or not, and rows listed.
    pub rows_read: u64,
    /// Rows put or deleted on their own: each by itself, or as a commit of one write.
    pub rows_written: u64,
    /// Rows put or deleted in a commit of several writes, which costs double.
    pub rows_committed: u64,
    /// Conditions that a commit only checked.
    pub checks: u64,
    /// Bytes of the rows put.
    pub bytes_written: u64,
}

impl<T: ?Sized> Counted<T> {
    /// Counts what goes to `table` into `counts`.
    pub fn new(table: Arc<T>, counts: Arc<Counts>) -> Self {
        Self { table, counts }
    }

    /// The counts.
    pub fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }
}

impl Counts {
    /// The counts at this moment.
    pub fn snapshot(&self) -> Usage {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Usage {
            requests: read(&self.requests),
            rows_read: read(&self.rows_read),
            rows_written: read(&self.rows_written),
            rows_committed: read(&self.rows_committed),
            checks: read(&self.checks),
            bytes_written: read(&self.bytes_written),
        }
    }
}

impl Sub for Usage {
    type Output = Self;
    fn sub(self, before: Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            rows_read: self.rows_read - before.rows_read,
            rows_written: self.rows_written - before.rows_written,
            rows_committed: self.rows_committed - before.rows_committed,
            checks: self.checks - before.checks,
            bytes_written: self.bytes_written - before.bytes_written,
        }
    }
}

#[async_trait]
impl<T: Table + ?Sized> Table for Counted<T> {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Row>>, TableError> {
        add(&self.counts.requests, 1);
        add(&self.counts.rows_read, keys.len());
        self.table.get(keys).await
    }

    async fn list(&self, list: &List) -> Result<Page, TableError> {
        add(&self.counts.requests, 1);
        let page = self.table.list(list).await?;
        add(&self.counts.rows_read, page.rows.len());
        Ok(page)
    }

    async fn put_all(&self, rows: Vec<(Row, When)>) -> Result<(), TableError> {
        add(&self.counts.requests, 1);
        add(&self.counts.rows_written, rows.len());
        add(&self.counts.bytes_written, rows.iter().map(|(row, _)| row_bytes(row)).sum());
        self.table.put_all(rows).await
    }

    async fn remove_all(&self, keys: Vec<(Key, When)>) -> Result<(), TableError> {
        add(&self.counts.requests, 1);
        add(&self.counts.rows_written, keys.len());
        self.table.remove_all(keys).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), TableError> {
        add(&self.counts.requests, 1);
        let rows = if writes.len() > 1 { &self.counts.rows_committed } else { &self.counts.rows_written };
        for write in &writes {
            match &write.act {
                Act::Put(row) => {
                    add(rows, 1);
                    add(&self.counts.bytes_written, row_bytes(row));
                }
                Act::Delete(_) => add(rows, 1),
                Act::Check(_) => add(&self.counts.checks, 1),
            }
        }
        self.table.commit(writes).await
    }
}

fn add(counter: &AtomicU64, n: usize) {
    counter.fetch_add(n as u64, Ordering::Relaxed);
}
