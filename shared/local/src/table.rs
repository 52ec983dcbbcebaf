//! The table port on the local file.

use std::sync::Arc;

use async_trait::async_trait;
use flusso_store::clock::Clock;
use flusso_store::limits::{
    PAGE_BYTES, check_commit, check_fence, check_key, check_list, check_row, row_bytes,
};
use flusso_store::table::{Act, Direction, Key, List, Page, Row, Table, TableError, When, Write};
use flusso_store::time::Instant;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};

use crate::sqlite::{Store, StoreError};

/// Rows put or removed one by one are cut into jobs of so many, so that commits need not wait for all of them.
const CHUNK: usize = 500;

const GET: &str = "SELECT revision, expires_at, body FROM rows WHERE partition = ?1 AND sort = ?2 AND (expires_at IS NULL OR expires_at > ?3)";
const REVISION: &str = "SELECT revision FROM rows WHERE partition = ?1 AND sort = ?2 AND (expires_at IS NULL OR expires_at > ?3)";
const FORWARD: &str = "SELECT sort, revision, expires_at, body FROM rows
    WHERE partition = ?1 AND sort >= ?2 AND sort < ?3 AND (expires_at IS NULL OR expires_at > ?4) ORDER BY sort";
const BACKWARD: &str = "SELECT sort, revision, expires_at, body FROM rows
    WHERE partition = ?1 AND sort >= ?2 AND sort < ?3 AND (expires_at IS NULL OR expires_at > ?4) ORDER BY sort DESC";
const PUT: &str = "INSERT INTO rows (partition, sort, revision, expires_at, body) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO UPDATE SET revision = excluded.revision, expires_at = excluded.expires_at, body = excluded.body";
const DELETE: &str = "DELETE FROM rows WHERE partition = ?1 AND sort = ?2";
const APPEND: &str = "INSERT INTO changes (partition, sort, revision, body) VALUES (?1, ?2, ?3, ?4)";
const PURGE: &str =
    "DELETE FROM rows WHERE rowid IN (SELECT rowid FROM rows WHERE expires_at <= ?1 LIMIT ?2)";

/// Rows in the local file.
pub struct SqliteTable {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    followed: fn(&Key) -> bool,
}

impl SqliteTable {
    /// The table in `store`. `clock` says what has expired. Each put of a key that `followed` accepts is also
    /// appended to the changes, in the same transaction.
    pub fn new(store: Arc<Store>, clock: Arc<dyn Clock>, followed: fn(&Key) -> bool) -> Self {
        Self { store, clock, followed }
    }

    /// Removes at most `limit` rows that have expired; answers how many there were.
    pub async fn purge_expired(&self, limit: usize) -> Result<usize, StoreError> {
        let now = self.clock.now().millis();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let work = move |connection: &Connection| connection.prepare_cached(PURGE)?.execute([now, limit]);
        self.store.submit(0, work).answer().await
    }

    /// Has the writer do a stretch of work that says whether it appended to the changes.
    async fn write(
        &self,
        bytes: usize,
        work: impl FnOnce(&Connection, Instant) -> rusqlite::Result<Result<bool, Vec<Key>>> + Send + 'static,
    ) -> Result<(), TableError> {
        let now = self.clock.now();
        let appended = Arc::clone(self.store.appended());
        let pending = self.store.submit_then(
            bytes,
            move |connection| work(connection, now),
            move |result| {
                if result == Ok(true) {
                    appended.notify_one();
                }
                result
            },
        );
        match pending.answer().await? {
            Ok(_) => Ok(()),
            Err(keys) => Err(TableError::Conflict(keys)),
        }
    }
}

#[async_trait]
impl Table for SqliteTable {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Row>>, TableError> {
        keys.iter().try_for_each(check_key)?;
        let now = self.clock.now();
        Ok(self.store.read(|connection| keys.iter().map(|key| read(connection, key, now)).collect())?)
    }

    async fn list(&self, list: &List) -> Result<Page, TableError> {
        check_list(list)?;
        let now = self.clock.now();
        Ok(self.store.read(|connection| page(connection, list, now))?)
    }

    async fn put_all(&self, mut rows: Vec<(Row, When)>) -> Result<(), TableError> {
        for (row, when) in &rows {
            check_row(row)?;
            check_fence(*when)?;
        }
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(CHUNK));
            let bytes = rows.iter().map(|(row, _)| row_bytes(row)).sum();
            let followed = self.followed;
            self.write(bytes, move |connection, now| {
                let mut appended = false;
                for (row, when) in &rows {
                    if holds(connection, &row.key, *when, now)? {
                        appended |= put(connection, row, followed)?;
                    }
                }
                Ok(Ok(appended))
            })
            .await?;
            rows = rest;
        }
        Ok(())
    }

    async fn remove_all(&self, mut keys: Vec<(Key, When)>) -> Result<(), TableError> {
        for (key, when) in &keys {
            check_key(key)?;
            check_fence(*when)?;
        }
        while !keys.is_empty() {
            let rest = keys.split_off(keys.len().min(CHUNK));
            self.write(0, move |connection, now| {
                for (key, when) in &keys {
                    if holds(connection, key, *when, now)? {
                        delete(connection, key)?;
                    }
                }
                Ok(Ok(false))
            })
            .await?;
            keys = rest;
        }
        Ok(())
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), TableError> {
        check_commit(&writes)?;
        let bytes = writes.iter().map(bytes_of).sum();
        let followed = self.followed;
        self.write(bytes, move |connection, now| commit(connection, &writes, followed, now)).await
    }
}

impl From<StoreError> for TableError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unknown(reason) => Self::Unknown(reason),
            StoreError::Unavailable(reason) => Self::Unavailable(reason),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

fn commit(
    connection: &Connection,
    writes: &[Write],
    followed: fn(&Key) -> bool,
    now: Instant,
) -> rusqlite::Result<Result<bool, Vec<Key>>> {
    let mut failed = Vec::new();
    for write in writes {
        if !holds(connection, write.key(), write.when, now)? {
            failed.push(write.key().clone());
        }
    }
    if !failed.is_empty() {
        return Ok(Err(failed));
    }
    let mut appended = false;
    for write in writes {
        match &write.act {
            Act::Put(row) => appended |= put(connection, row, followed)?,
            Act::Delete(key) => delete(connection, key)?,
            Act::Check(_) => {}
        }
    }
    Ok(Ok(appended))
}

fn holds(connection: &Connection, key: &Key, when: When, now: Instant) -> rusqlite::Result<bool> {
    if when == When::Any {
        return Ok(true);
    }
    let stored: Option<i64> = connection
        .prepare_cached(REVISION)?
        .query_row(params![key.partition, key.sort, now.millis()], |row| row.get(0))
        .optional()?;
    Ok(when.holds(stored.map(i64::cast_unsigned)))
}

/// Stores the row; answers whether it was also appended to the changes.
fn put(connection: &Connection, row: &Row, followed: fn(&Key) -> bool) -> rusqlite::Result<bool> {
    let Row { key: Key { partition, sort }, revision, expires_at, body } = row;
    // SQLite knows signed integers only; the bits are kept, and nothing compares them in SQL.
    let revision = revision.cast_signed();
    let expires_at = expires_at.map(Instant::millis);
    connection.prepare_cached(PUT)?.execute(params![partition, sort, revision, expires_at, body])?;
    let follow = followed(&row.key);
    if follow {
        connection.prepare_cached(APPEND)?.execute(params![partition, sort, revision, body])?;
    }
    Ok(follow)
}

fn delete(connection: &Connection, key: &Key) -> rusqlite::Result<()> {
    connection.prepare_cached(DELETE)?.execute([&key.partition, &key.sort]).map(drop)
}

fn read(connection: &Connection, key: &Key, now: Instant) -> rusqlite::Result<Option<Row>> {
    connection
        .prepare_cached(GET)?
        .query_row(params![key.partition, key.sort, now.millis()], |row| {
            Ok(Row {
                key: key.clone(),
                revision: row.get::<_, i64>(0)?.cast_unsigned(),
                expires_at: row.get::<_, Option<i64>>(1)?.map(Instant::from_millis),
                body: row.get(2)?,
            })
        })
        .optional()
}

fn page(connection: &Connection, list: &List, now: Instant) -> rusqlite::Result<Page> {
    let (low, high) = list.stretch();
    // To SQLite every text is smaller than every blob, so an empty blob is an open end.
    let high = high.map_or(Value::Blob(Vec::new()), Value::Text);
    let sql = match list.direction {
        Direction::Forward => FORWARD,
        Direction::Backward => BACKWARD,
    };
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query(params![list.partition, low, high, now.millis()])?;
    let mut page = Page::default();
    let mut bytes = 0;
    while let Some(row) = found.next()? {
        if page.rows.len() == list.limit || bytes >= PAGE_BYTES {
            page.cursor = page.rows.last().map(|row| row.key.sort.clone());
            break;
        }
        let row = Row {
            key: Key::new(list.partition.clone(), row.get::<_, String>(0)?),
            revision: row.get::<_, i64>(1)?.cast_unsigned(),
            expires_at: row.get::<_, Option<i64>>(2)?.map(Instant::from_millis),
            body: row.get(3)?,
        };
        bytes += row_bytes(&row);
        page.rows.push(row);
    }
    Ok(page)
}

fn bytes_of(write: &Write) -> usize {
    match &write.act {
        Act::Put(row) => row_bytes(row),
        Act::Delete(_) | Act::Check(_) => 0,
    }
}
