//! What DynamoDB bills for what passes through a table, counted where the port is asked: write units by the kilobyte,
//! twice in a transaction, whether its conditions hold or not; read units by four kilobytes, half for eventual reads
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>).

use std::collections::BTreeMap;
use std::ops::{AddAssign, Sub};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::keys::state;
use crate::packed;
use crate::table::{Act, Key, List, Page, Reading, Row, Table, TableError, When, Write};

/// Bytes of a write unit.
pub const WRITE_UNIT: usize = 1024;
/// Most keys that one request reads.
const KEYS_OF_A_REQUEST: usize = 100;
/// Bytes of a read unit.
const READ_UNIT: usize = 4 * 1024;

/// A table whose bill is kept.
pub struct Billed<T: ?Sized> {
    table: Arc<T>,
    bill: Arc<Bill>,
}

/// The bill so far.
#[derive(Debug, Default)]
pub struct Bill {
    units: Mutex<Units>,
    states: Mutex<Vec<Row>>,
}

/// Units and calls; the difference of two moments is what happened in between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Units {
    /// Round trips: calls of the port that reached the table.
    pub calls: u64,
    /// Requests: rows outside a commit are written by one each.
    pub requests: u64,
    /// Read units, in halves.
    pub read_halves: u64,
    /// Write units.
    pub written: u64,
    /// The write units by kind of row.
    pub by_kind: BTreeMap<&'static str, u64>,
}

impl<T: ?Sized> Billed<T> {
    /// Keeps the bill of what goes to `table`.
    pub fn new(table: Arc<T>, bill: Arc<Bill>) -> Self {
        Self { table, bill }
    }
}

impl Bill {
    /// The bill at this moment.
    pub fn units(&self) -> Units {
        lock(&self.units).clone()
    }

    /// The rows of state that were committed since this was asked last, in order: what the stream shows.
    pub fn take_states(&self) -> Vec<Row> {
        std::mem::take(&mut lock(&self.states))
    }

    fn call(&self, requests: usize) {
        let mut bill = lock(&self.units);
        bill.calls += 1;
        bill.requests += requests as u64;
    }

    fn read(&self, halves: usize) {
        lock(&self.units).read_halves += halves as u64;
    }

    fn write(&self, key: &Key, units: usize) {
        let mut bill = lock(&self.units);
        bill.written += units as u64;
        *bill.by_kind.entry(kind(key)).or_default() += units as u64;
    }
}

impl Sub for Units {
    type Output = Self;
    fn sub(mut self, before: Self) -> Self {
        self.calls -= before.calls;
        self.requests -= before.requests;
        self.read_halves -= before.read_halves;
        self.written -= before.written;
        for (kind, units) in before.by_kind {
            *self.by_kind.entry(kind).or_default() -= units;
        }
        self.by_kind.retain(|_, units| *units > 0);
        self
    }
}

impl AddAssign for Units {
    fn add_assign(&mut self, more: Self) {
        self.calls += more.calls;
        self.requests += more.requests;
        self.read_halves += more.read_halves;
        self.written += more.written;
        for (kind, units) in more.by_kind {
            *self.by_kind.entry(kind).or_default() += units;
        }
    }
}

/// The bytes of a row as an item of DynamoDB: names and values, a number by its digits, the body packed where that
/// saves a unit
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>).
pub fn item_bytes(row: &Row) -> usize {
    beside_body(row) + stored_body(row).map_or(row.body.len(), |packed| packed.len())
}

/// The body as it is stored, packed, where that saves a unit; none where it is stored as it is.
pub fn stored_body(row: &Row) -> Option<Vec<u8>> {
    let beside = beside_body(row);
    let units = |body: usize| (beside + body).div_ceil(WRITE_UNIT);
    let plain = units(row.body.len());
    if plain == 1 {
        return None;
    }
    packed::pack(&row.body).filter(|packed| units(packed.len()) < plain)
}

fn beside_body(row: &Row) -> usize {
    let number = |n: &str| n.trim_start_matches('-').len().div_ceil(2) + 1 + usize::from(n.starts_with('-'));
    // Five names of one letter each, and of a row that expires two more.
    let expiry = row.expires_at.map_or(0, |at| 2 + 2 * number(&at.millis().to_string()));
    4 + row.key.partition.len() + row.key.sort.len() + number(&row.revision.to_string()) + expiry
}

fn kind(key: &Key) -> &'static str {
    let first = key.partition.split('/').next().unwrap_or_default();
    match (first, &*key.sort) {
        ("con", "state") => "state",
        ("con", "profile") => "profile",
        ("con", sort) if sort.starts_with("t/") => "timeline",
        ("con", sort) if sort.starts_with("s/") => "sent",
        ("alm", _) => "alarm",
        ("dir", _) => "directory",
        ("wrd", _) => "word",
        ("lst", _) => "list",
        ("wfl", _) => "position",
        ("rcp", _) => "receipt",
        ("idn", _) => "identity",
        ("sup", _) => "suppression",
        ("cnt" | "chk", _) => "counters",
        ("swp", _) => "watermark",
        _ => "other",
    }
}

#[async_trait]
impl<T: Table + ?Sized> Table for Billed<T> {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Row>>, TableError> {
        self.bill.call(keys.len().div_ceil(KEYS_OF_A_REQUEST));
        let rows = self.table.get(keys).await?;
        // What is not there costs as much as what is small; what stands twice is asked for once.
        let mut asked: Vec<&Key> = Vec::new();
        for (key, row) in keys.iter().zip(&rows) {
            if !asked.contains(&key) {
                asked.push(key);
                self.bill.read(2 * row.as_ref().map_or(1, |row| item_bytes(row).div_ceil(READ_UNIT)));
            }
        }
        Ok(rows)
    }

    async fn list(&self, list: &List) -> Result<Page, TableError> {
        self.bill.call(1);
        let page = self.table.list(list).await?;
        // A list is billed by all of its rows together.
        let bytes: usize = page.rows.iter().map(item_bytes).sum();
        let halves = if list.reading == Reading::Strong { 2 } else { 1 };
        self.bill.read(halves * bytes.div_ceil(READ_UNIT).max(1));
        Ok(page)
    }

    async fn put_all(&self, rows: Vec<(Row, When)>) -> Result<(), TableError> {
        self.bill.call(rows.len());
        for (row, _) in &rows {
            self.written(&row.key, Some(row), 1).await?;
        }
        self.table.put_all(rows).await
    }

    async fn remove_all(&self, keys: Vec<(Key, When)>) -> Result<(), TableError> {
        self.bill.call(keys.len());
        for (key, _) in &keys {
            self.written(key, None, 1).await?;
        }
        self.table.remove_all(keys).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), TableError> {
        self.bill.call(1);
        // The adapter writes a single row by itself; a check is always a transaction.
        let alone = writes.len() == 1 && !matches!(writes[0].act, Act::Check(_));
        let times = if alone { 1 } else { 2 };
        let mut states = Vec::new();
        for write in &writes {
            let row = match &write.act {
                Act::Put(row) => Some(row),
                Act::Delete(_) | Act::Check(_) => None,
            };
            self.written(write.key(), row, times).await?;
            states.extend(row.filter(|row| state::is(&row.key)).cloned());
        }
        self.table.commit(writes).await?;
        lock(&self.bill.states).extend(states);
        Ok(())
    }
}

impl<T: Table + ?Sized> Billed<T> {
    /// A write costs by the larger of what was there and what is.
    async fn written(&self, key: &Key, row: Option<&Row>, times: usize) -> Result<(), TableError> {
        let before = self.table.get(std::slice::from_ref(key)).await?;
        let before = before.iter().flatten().map(item_bytes).max().unwrap_or(1);
        let bytes = before.max(row.map_or(1, item_bytes));
        self.bill.write(key, times * bytes.div_ceil(WRITE_UNIT));
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing under the locks can leave a count half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
