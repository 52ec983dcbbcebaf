//! What every backend of [`Table`] must do: named cases, and random operations side by side with the model.
//!
//! Each case keeps to partitions of its own, so that all of them can run on one table. They fail by panicking.
#![expect(clippy::expect_used, reason = "this is a test suite, only it lives where backends can reach it")]

mod commits;
mod expiry;
mod fences;
mod limits;
mod lists;
mod random;
mod reads;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use flusso_engine::time::{Instant, Millis};

use crate::clock::Clock;
use crate::table::{Key, List, Row, Table, TableError};

pub use random::random;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

/// A backend under test.
#[derive(Clone)]
pub struct Subject {
    /// The table.
    pub table: Arc<dyn Table>,
    /// The clock that the table goes by.
    pub clock: Arc<TestClock>,
}

/// What a case gives back: it is over once this is.
pub type CaseFuture = Pin<Box<dyn Future<Output = ()> + Send>>;
/// A case.
pub type CaseFn = fn(Subject) -> CaseFuture;

/// Every case with its name.
pub const CASES: &[(&str, CaseFn)] = &[
    ("get answers in the order asked", |s| Box::pin(reads::order(s))),
    ("get sees what was just written", |s| Box::pin(reads::own_writes(s))),
    ("get takes more keys than a batch holds", |s| Box::pin(reads::many_keys(s))),
    ("bodies and keys keep every byte", |s| Box::pin(reads::any_bytes(s))),
    ("revisions keep every bit", |s| Box::pin(reads::any_revision(s))),
    ("list keeps to its range", |s| Box::pin(lists::ranges(s))),
    ("list keeps to its prefix", |s| Box::pin(lists::prefixes(s))),
    ("list pages in both directions", |s| Box::pin(lists::pages(s))),
    ("list pages within a range", |s| Box::pin(lists::pages_in_range(s))),
    ("list of nothing is empty", |s| Box::pin(lists::nothing(s))),
    ("list goes by bytes", |s| Box::pin(lists::byte_order(s))),
    ("list keeps to its partition", |s| Box::pin(lists::neighbours(s))),
    ("list passes over gaps", |s| Box::pin(lists::short_pages(s))),
    ("list of big rows ends", |s| Box::pin(lists::big_rows(s))),
    ("put_all puts any number of rows", |s| Box::pin(fences::many(s))),
    ("put_all passes over what is newer", |s| Box::pin(fences::puts(s))),
    ("remove_all passes over what is newer", |s| Box::pin(fences::removes(s))),
    ("put_all and remove_all may be repeated", |s| Box::pin(fences::again(s))),
    ("fences are Any and Older only", |s| Box::pin(fences::kinds(s))),
    ("put on every condition", |s| Box::pin(commits::puts(s))),
    ("delete on every condition", |s| Box::pin(commits::deletes(s))),
    ("check on every condition", |s| Box::pin(commits::checks(s))),
    ("a conflict writes nothing", |s| Box::pin(commits::all_or_nothing(s))),
    ("a conflict names the failing keys", |s| Box::pin(commits::named_keys(s))),
    ("a put replaces the whole row", |s| Box::pin(commits::replaces(s))),
    ("reads skip expired rows", |s| Box::pin(expiry::reads_skip(s))),
    ("lists skip expired rows", |s| Box::pin(expiry::lists_skip(s))),
    ("conditions take expired rows for absent", |s| Box::pin(expiry::conditions(s))),
    ("fences take expired rows for absent", |s| Box::pin(expiry::fences(s))),
    ("a commit has a number of writes", |s| Box::pin(limits::write_count(s))),
    ("a commit has a size", |s| Box::pin(limits::commit_bytes(s))),
    ("a row has a size", |s| Box::pin(limits::row_size(s))),
    ("a commit names no key twice", |s| Box::pin(limits::key_twice(s))),
    ("keys have a size", |s| Box::pin(limits::key_size(s))),
    ("lists ask for something", |s| Box::pin(limits::lists(s))),
    ("a limit writes nothing", |s| Box::pin(limits::nothing_written(s))),
];

impl TestClock {
    /// A clock that stands at `now`.
    pub fn at(now: Instant) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now.millis())))
    }

    /// Moves it to `now`.
    pub fn set(&self, now: Instant) {
        self.0.store(now.millis(), Ordering::SeqCst);
    }

    /// Moves it on by `length`.
    pub fn advance(&self, length: Millis) {
        self.0.fetch_add(length.0, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }
}

impl Subject {
    /// Puts rows with no condition.
    async fn put(&self, rows: impl IntoIterator<Item = Row>) {
        let rows = rows.into_iter().map(|row| (row, crate::table::When::Any)).collect();
        self.table.put_all(rows).await.expect("put_all");
    }

    /// Reads one row.
    async fn get(&self, key: &Key) -> Option<Row> {
        let mut rows = self.table.get(std::slice::from_ref(key)).await.expect("get");
        assert_eq!(rows.len(), 1, "one answer for one key");
        rows.pop().flatten()
    }

    /// Follows the cursors of a list to its end.
    async fn rows(&self, list: &List) -> Vec<Row> {
        let mut list = list.clone();
        let mut rows = Vec::new();
        for _ in 0..10_000 {
            let page = self.table.list(&list).await.expect("list");
            assert!(
                page.rows.len() <= list.limit,
                "a page of at most {} rows, not {}",
                list.limit,
                page.rows.len()
            );
            rows.extend(page.rows);
            match page.cursor {
                Some(cursor) => list.cursor = Some(cursor),
                None => return rows,
            }
        }
        panic!("the list never ends: {list:?}");
    }

    /// The sort keys of a list, followed to its end.
    async fn sorts(&self, list: &List) -> Vec<String> {
        self.rows(list).await.into_iter().map(|row| row.key.sort).collect()
    }
}

fn row(key: &Key, revision: u64, body: &str) -> Row {
    Row { key: key.clone(), revision, expires_at: None, body: body.as_bytes().to_vec() }
}

fn is_limit<T>(answer: &Result<T, TableError>) -> bool {
    matches!(answer, Err(TableError::Limit(_)))
}

fn conflict(keys: &[&Key]) -> Result<(), TableError> {
    Err(TableError::Conflict(keys.iter().copied().cloned().collect()))
}

/// The order in which a conflict names its keys is free.
fn in_order(answer: Result<(), TableError>) -> Result<(), TableError> {
    answer.map_err(|error| match error {
        TableError::Conflict(mut keys) => {
            keys.sort();
            TableError::Conflict(keys)
        }
        other => other,
    })
}
