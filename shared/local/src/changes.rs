//! What was committed, in order: rows appended with the commit, forgotten once they have been counted.

use std::sync::Arc;

use flusso_store::table::{Key, Row};
use rusqlite::params;

use crate::sqlite::{Store, StoreError};

/// The puts that the table was told to follow.
pub struct LocalChanges {
    store: Arc<Store>,
}

impl LocalChanges {
    /// The changes in `store`.
    pub fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// At most `limit` rows as they were put, each with its number, that come after the number `cursor`, in the
    /// order of their commits. A row's `expires_at` is not kept.
    pub fn after(&self, cursor: u64, limit: usize) -> Result<Vec<(u64, Row)>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.store.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT seq, partition, sort, revision, body FROM changes WHERE seq > ?1 ORDER BY seq LIMIT ?2",
                )?
                .query_map(params![cursor.cast_signed(), limit], |row| {
                    let key = Key::new(row.get::<_, String>(1)?, row.get::<_, String>(2)?);
                    let revision = row.get::<_, i64>(3)?.cast_unsigned();
                    let seq = row.get::<_, i64>(0)?.cast_unsigned();
                    Ok((seq, Row { key, revision, expires_at: None, body: row.get(4)? }))
                })?
                .collect()
        })
    }

    /// Removes the rows up to and including the number `seq`. Durable once this returns.
    pub async fn forget_through(&self, seq: u64) -> Result<(), StoreError> {
        self.store
            .submit(0, move |connection| {
                connection
                    .prepare_cached("DELETE FROM changes WHERE seq <= ?1")?
                    .execute([seq.cast_signed()])
                    .map(drop)
            })
            .answer()
            .await
    }

    /// Waits until rows were appended since the last time that this returned.
    pub async fn appended(&self) {
        self.store.appended().notified().await;
    }
}
