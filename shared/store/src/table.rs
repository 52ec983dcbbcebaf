//! The storage port: the only way to a row. Narrow enough for DynamoDB, SQLite and a map in memory.

use std::fmt;

use async_trait::async_trait;
use flusso_engine::time::Instant;

use crate::keys::word;

/// Where a row lives: rows of one partition are listed together, in the byte order of `sort`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The partition, at most 1,024 bytes.
    pub partition: String,
    /// The position within the partition, at most 1,024 bytes.
    pub sort: String,
}

/// One stored row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it lives.
    pub key: Key,
    /// What conditions and fences compare with. Its meaning belongs to the kind of row.
    pub revision: u64,
    /// From this instant on the row counts as absent for every reader and every condition.
    pub expires_at: Option<Instant>,
    /// The encoded content.
    pub body: Vec<u8>,
}

/// What must be true of the stored row for a write to happen. An expired row counts as absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Nothing is asked.
    Any,
    /// There is no such row.
    Absent,
    /// The row is there with exactly this revision.
    Revision(u64),
    /// The row is absent, or its revision is at most this.
    Older(u64),
}

/// What a write does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Stores the row whole.
    Put(Row),
    /// Removes the row; it need not be there.
    Delete(Key),
    /// Only checks the condition.
    Check(Key),
}

/// One part of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// What it does.
    pub act: Act,
    /// Under which condition.
    pub when: When,
}

/// Whether a read must see every commit that was answered before it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It must.
    Strong,
    /// It may lag a little, and costs half.
    Eventual,
}

/// In which order a list goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Ascending by `sort`.
    Forward,
    /// Descending by `sort`.
    Backward,
}

/// A request for a stretch of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// The partition.
    pub partition: String,
    /// Only rows whose `sort` is at or after this.
    pub from: Option<String>,
    /// Only rows whose `sort` is before this.
    pub to: Option<String>,
    /// At most so many rows a page (at least 1).
    pub limit: usize,
    /// Where the page before ended: its `Page::cursor`.
    pub cursor: Option<String>,
    /// Ascending or descending.
    pub direction: Direction,
    /// Strong or eventual.
    pub reading: Reading,
}

impl List {
    /// All rows of a partition, ascending, strongly read, `limit` a page.
    pub fn all(partition: impl Into<String>, limit: usize) -> Self {
        Self {
            partition: partition.into(),
            from: None,
            to: None,
            limit,
            cursor: None,
            direction: Direction::Forward,
            reading: Reading::Strong,
        }
    }

    /// Only rows whose `sort` begins with `prefix`.
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        self.from = Some(prefix.to_owned());
        // U+10FFFF sorts after every character that our keys hold.
        self.to = Some(format!("{prefix}\u{10FFFF}"));
        self
    }

    /// What is left to list: sort keys at or after the first and before the second.
    pub fn stretch(&self) -> (String, Option<String>) {
        let from = self.from.clone().unwrap_or_default();
        let to = self.to.clone();
        match (&self.cursor, self.direction) {
            (None, _) => (from, to),
            // The next key in byte order is this one with a zero behind it.
            (Some(cursor), Direction::Forward) => (from.max(format!("{cursor}\0")), to),
            (Some(cursor), Direction::Backward) => {
                (from, Some(to.map_or_else(|| cursor.clone(), |to| to.min(cursor.clone()))))
            }
        }
    }
}

/// One page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows, in the direction asked for, none of them expired.
    pub rows: Vec<Row>,
    /// Present if there may be more: give it to the next `List`. A page may be short, or empty, and still
    /// have a cursor.
    pub cursor: Option<String>,
}

/// What can go wrong. `Unknown` is part of the contract: the write may or may not have happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The conditions of these keys did not hold; nothing was written.
    #[error("conflict on {0:?}")]
    Conflict(Vec<Key>),
    /// No answer came: written or not, nobody knows.
    #[error("unknown outcome: {0}")]
    Unknown(String),
    /// Nothing was written; the same call may succeed later.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The call broke a limit of the port and would never succeed; nothing was written.
    #[error("limit: {0}")]
    Limit(String),
}

/// The storage port. Limits are in [`crate::limits`], asserted by every backend.
#[async_trait]
pub trait Table: Send + Sync {
    /// Reads rows by key, strongly; the answer has the order of `keys`. A key may stand twice.
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Row>>, TableError>;

    /// Lists a stretch of one partition.
    async fn list(&self, list: &List) -> Result<Page, TableError>;

    /// Puts rows one by one, in no promised order and not all or nothing; `when` is `Any` or `Older`. A fenced
    /// row that does not qualify is passed over, not an error. Any number of rows; putting again is harmless.
    async fn put_all(&self, rows: Vec<(Row, When)>) -> Result<(), TableError>;

    /// Removes rows one by one, as `put_all` puts them.
    async fn remove_all(&self, keys: Vec<(Key, When)>) -> Result<(), TableError>;

    /// All or nothing: every condition holds and every write happens, or `Conflict` and none does.
    async fn commit(&self, writes: Vec<Write>) -> Result<(), TableError>;
}

impl Key {
    /// A key of two parts.
    pub fn new(partition: impl Into<String>, sort: impl Into<String>) -> Self {
        Self { partition: partition.into(), sort: sort.into() }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What somebody is called goes into no log.
        match self.partition.strip_prefix(word::PREFIX) {
            Some(_) => write!(f, "{}…", word::PREFIX),
            None => write!(f, "{}|{}", self.partition, self.sort),
        }
    }
}

impl Write {
    /// Puts `row` under a condition.
    pub fn put(row: Row, when: When) -> Self {
        Self { act: Act::Put(row), when }
    }
    /// Deletes `key` under a condition.
    pub fn delete(key: Key, when: When) -> Self {
        Self { act: Act::Delete(key), when }
    }
    /// Only checks `key`.
    pub fn check(key: Key, when: When) -> Self {
        Self { act: Act::Check(key), when }
    }
    /// The key that the write speaks of.
    pub fn key(&self) -> &Key {
        match &self.act {
            Act::Put(row) => &row.key,
            Act::Delete(key) | Act::Check(key) => key,
        }
    }
}

impl When {
    /// Whether the condition holds of what is stored: the revision of a live row, or nothing.
    pub fn holds(self, stored: Option<u64>) -> bool {
        match self {
            Self::Any => true,
            Self::Absent => stored.is_none(),
            Self::Revision(revision) => stored == Some(revision),
            Self::Older(revision) => stored.is_none_or(|stored| stored <= revision),
        }
    }
}
