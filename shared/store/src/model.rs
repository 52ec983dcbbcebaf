//! The table in memory: what every other backend is compared with. It knows no I/O and no real clock.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use flusso_engine::time::Instant;

use crate::clock::Clock;
use crate::limits::{PAGE_BYTES, check_commit, check_fence, check_key, check_list, check_row, row_bytes};
use crate::table::{Act, Direction, Key, List, Page, Row, Table, TableError, When, Write};

/// A table that lives as long as the value does.
pub struct Memory {
    clock: Arc<dyn Clock>,
    rows: Mutex<Rows>,
}

/// Everything a [`Memory`] held at one moment, expired rows included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot(Rows);

type Rows = BTreeMap<Key, Row>;

impl Memory {
    /// An empty table; `clock` says which rows have expired.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, rows: Mutex::default() }
    }

    /// All rows that have not expired, by partition and then by sort key.
    pub fn dump(&self) -> Vec<Row> {
        let now = self.clock.now();
        self.rows().values().filter(|row| is_live(row, now)).cloned().collect()
    }

    /// Takes down everything that is stored.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.rows().clone())
    }

    /// Replaces everything that is stored.
    pub fn restore(&self, snapshot: &Snapshot) {
        self.rows().clone_from(&snapshot.0);
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        // No code under the lock can leave the map half changed.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Table for Memory {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Row>>, TableError> {
        keys.iter().try_for_each(check_key)?;
        let now = self.clock.now();
        let rows = self.rows();
        Ok(keys.iter().map(|key| live(&rows, key, now).cloned()).collect())
    }

    async fn list(&self, list: &List) -> Result<Page, TableError> {
        check_list(list)?;
        let now = self.clock.now();
        let rows = self.rows();
        let Some(range) = range(list) else {
            return Ok(Page::default());
        };
        let found = rows.range(range).map(|(_, row)| row).filter(|row| is_live(row, now));
        Ok(match list.direction {
            Direction::Forward => page(found, list.limit),
            Direction::Backward => page(found.rev(), list.limit),
        })
    }

    async fn put_all(&self, puts: Vec<(Row, When)>) -> Result<(), TableError> {
        for (row, when) in &puts {
            check_row(row)?;
            check_fence(*when)?;
        }
        let now = self.clock.now();
        let mut rows = self.rows();
        for (row, when) in puts {
            if when.holds(revision(&rows, &row.key, now)) {
                rows.insert(row.key.clone(), row);
            }
        }
        Ok(())
    }

    async fn remove_all(&self, keys: Vec<(Key, When)>) -> Result<(), TableError> {
        for (key, when) in &keys {
            check_key(key)?;
            check_fence(*when)?;
        }
        let now = self.clock.now();
        let mut rows = self.rows();
        for (key, when) in keys {
            if when.holds(revision(&rows, &key, now)) {
                rows.remove(&key);
            }
        }
        Ok(())
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), TableError> {
        check_commit(&writes)?;
        let now = self.clock.now();
        let mut rows = self.rows();
        let failed: Vec<Key> = writes
            .iter()
            .filter(|write| !write.when.holds(revision(&rows, write.key(), now)))
            .map(|write| write.key().clone())
            .collect();
        if !failed.is_empty() {
            return Err(TableError::Conflict(failed));
        }
        for write in writes {
            match write.act {
                Act::Put(row) => {
                    rows.insert(row.key.clone(), row);
                }
                Act::Delete(key) => {
                    rows.remove(&key);
                }
                Act::Check(_) => {}
            }
        }
        Ok(())
    }
}

fn is_live(row: &Row, now: Instant) -> bool {
    row.expires_at.is_none_or(|at| at > now)
}

fn live<'a>(rows: &'a Rows, key: &Key, now: Instant) -> Option<&'a Row> {
    rows.get(key).filter(|row| is_live(row, now))
}

fn revision(rows: &Rows, key: &Key, now: Instant) -> Option<u64> {
    live(rows, key, now).map(|row| row.revision)
}

/// The keys that a list speaks of, or nothing if there can be none.
fn range(list: &List) -> Option<Range<Key>> {
    let key = |sort: String| Key::new(list.partition.clone(), sort);
    let (low, high) = list.stretch();
    // With no end it goes up to the next partition in byte order, which is this one with a zero behind it.
    let high = high.map_or_else(|| Key::new(format!("{}\0", list.partition), ""), key);
    let low = key(low);
    // A map panics when asked for a range that ends before it begins.
    (low < high).then_some(low..high)
}

fn page<'a>(found: impl Iterator<Item = &'a Row>, limit: usize) -> Page {
    let mut page = Page::default();
    let mut bytes = 0;
    for row in found {
        if page.rows.len() == limit || bytes >= PAGE_BYTES {
            page.cursor = page.rows.last().map(|row| row.key.sort.clone());
            break;
        }
        bytes += row_bytes(row);
        page.rows.push(row.clone());
    }
    page
}
