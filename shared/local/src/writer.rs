//! The one thread that writes. Whatever waits for it shares one transaction and one sync of the disk.
//!
//! A job checks all its conditions before its first write and answers a conflict as its result, so a conflict
//! needs no rollback. An error of SQLite itself (a full disk) takes the whole batch back.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::sqlite::StoreError;

/// Most jobs of one transaction.
const BATCH_JOBS: usize = 1000;
/// A transaction takes no further job once its jobs reach so many bytes.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// The door to the writing thread. Dropped, it waits until everything handed in is written.
pub(crate) struct Writer {
    jobs: Option<Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    transactions: Arc<AtomicU64>,
}

/// A job on its way. Dropping it gives up the answer, not the job.
pub(crate) struct Pending<A>(oneshot::Receiver<Result<A, StoreError>>);

impl<A> Pending<A> {
    /// The answer, once the transaction is durable.
    pub(crate) async fn answer(self) -> Result<A, StoreError> {
        self.0.await.unwrap_or_else(|_| Err(StoreError::Unknown("the writer has stopped".to_owned())))
    }
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(connection: Connection) -> io::Result<Self> {
        let (jobs, inbox) = channel();
        let transactions = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&transactions);
        let thread = thread::Builder::new()
            .name("flusso-writer".to_owned())
            .spawn(move || write(&connection, &inbox, &count))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), transactions })
    }

    /// Transactions committed so far.
    pub(crate) fn transactions(&self) -> u64 {
        self.transactions.load(Ordering::Relaxed)
    }

    /// Runs `work` within a transaction. Once that is durable, and even if nobody waits for the answer any more,
    /// `then` turns the result into the answer, on the writing thread and in the order of the jobs.
    ///
    /// Neither may hold the `Store`, or the thread would have to wait for itself.
    pub(crate) fn submit<R: Send + 'static, A: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&Connection) -> rusqlite::Result<R> + Send + 'static,
        then: impl FnOnce(R) -> A + Send + 'static,
    ) -> Pending<A> {
        let (answer, pending) = oneshot::channel();
        let job = Task { bytes, work: Some(work), result: None, then, answer };
        if let Some(jobs) = &self.jobs {
            // If the thread is gone, the job is dropped and its `Pending` says so.
            drop(jobs.send(Box::new(job)));
        }
        Pending(pending)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            // Had it panicked, those who waited know already.
            drop(thread.join());
        }
    }
}

trait Job: Send {
    fn bytes(&self) -> usize;
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    fn finish(self: Box<Self>, outcome: &Result<(), StoreError>);
}

struct Task<R, A, W, T> {
    bytes: usize,
    work: Option<W>,
    result: Option<R>,
    then: T,
    answer: oneshot::Sender<Result<A, StoreError>>,
}

impl<R, A, W, T> Job for Task<R, A, W, T>
where
    R: Send,
    A: Send,
    W: FnOnce(&Connection) -> rusqlite::Result<R> + Send,
    T: FnOnce(R) -> A + Send,
{
    fn bytes(&self) -> usize {
        self.bytes
    }

    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if let Some(work) = self.work.take() {
            self.result = Some(work(connection)?);
        }
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: &Result<(), StoreError>) {
        let answer = match (outcome, self.result) {
            (Ok(()), Some(result)) => Ok((self.then)(result)),
            (Ok(()), None) => Err(StoreError::Unavailable("the job did not run".to_owned())),
            (Err(error), _) => Err(error.clone()),
        };
        // Nobody has to wait for it.
        drop(self.answer.send(answer));
    }
}

fn write(connection: &Connection, inbox: &Receiver<Box<dyn Job>>, transactions: &AtomicU64) {
    while let Ok(first) = inbox.recv() {
        let mut batch = gather(first, inbox);
        let outcome = transact(connection, &mut batch);
        match &outcome {
            Ok(()) => {
                transactions.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => tracing::error!(%error, jobs = batch.len(), "a transaction failed"),
        }
        for job in batch {
            job.finish(&outcome);
        }
    }
}

fn gather(first: Box<dyn Job>, inbox: &Receiver<Box<dyn Job>>) -> Vec<Box<dyn Job>> {
    let mut bytes = first.bytes();
    let mut batch = vec![first];
    while batch.len() < BATCH_JOBS && bytes < BATCH_BYTES {
        let Ok(job) = inbox.try_recv() else { break };
        bytes += job.bytes();
        batch.push(job);
    }
    batch
}

fn transact(connection: &Connection, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    let unavailable = |reason: String| {
        rollback(connection);
        StoreError::Unavailable(reason)
    };
    execute(connection, "BEGIN IMMEDIATE").map_err(|error| unavailable(error.to_string()))?;
    for job in batch {
        match catch_unwind(AssertUnwindSafe(|| job.run(connection))) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(unavailable(error.to_string())),
            Err(_) => return Err(unavailable("a job panicked".to_owned())),
        }
    }
    execute(connection, "COMMIT").map_err(|error| {
        rollback(connection);
        StoreError::Unknown(error.to_string())
    })
}

fn rollback(connection: &Connection) {
    // Some errors have rolled back by themselves.
    if !connection.is_autocommit()
        && let Err(error) = execute(connection, "ROLLBACK")
    {
        tracing::error!(%error, "a rollback failed");
    }
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// A writer over one table, with a constraint that is looked at only on commit.
    fn writer() -> Writer {
        let connection = Connection::open_in_memory().unwrap();
        let schema = "
            PRAGMA foreign_keys = ON;
            CREATE TABLE numbers (n INTEGER PRIMARY KEY);
            CREATE TABLE heirs (of INTEGER REFERENCES numbers (n) DEFERRABLE INITIALLY DEFERRED);";
        connection.execute_batch(schema).unwrap();
        Writer::start(connection).unwrap()
    }

    /// Holds the writer up until told to go on, so that what comes meanwhile is one batch.
    fn hold(writer: &Writer) -> mpsc::Sender<()> {
        let (go, wait) = channel();
        let (started, start) = channel();
        let work = move |_: &Connection| {
            started.send(()).unwrap();
            wait.recv().unwrap();
            Ok(())
        };
        drop(writer.submit(0, work, |()| ()));
        start.recv().unwrap();
        go
    }

    fn insert(writer: &Writer, n: i64) -> Pending<usize> {
        let work = move |connection: &Connection| {
            connection.prepare_cached("INSERT INTO numbers (n) VALUES (?1)")?.execute([n])
        };
        writer.submit(0, work, |inserted| inserted)
    }

    async fn count(writer: &Writer) -> i64 {
        let work = |connection: &Connection| {
            connection.query_row("SELECT count(*) FROM numbers", [], |row| row.get(0))
        };
        writer.submit(0, work, |count| count).answer().await.unwrap()
    }

    #[tokio::test]
    async fn what_waits_shares_a_transaction() {
        let writer = writer();
        let go = hold(&writer);
        let pending: Vec<_> = (0..900).map(|n| insert(&writer, n)).collect();
        go.send(()).unwrap();
        for pending in pending {
            assert_eq!(pending.answer().await, Ok(1));
        }
        assert_eq!(writer.transactions(), 2, "the one that was held up, and one for all the others");
        assert_eq!(count(&writer).await, 900);
    }

    #[tokio::test]
    async fn an_error_takes_the_batch_back() {
        let writer = writer();
        insert(&writer, 1).answer().await.unwrap();
        let go = hold(&writer);
        let (before, twice, after) = (insert(&writer, 2), insert(&writer, 1), insert(&writer, 3));
        go.send(()).unwrap();
        for pending in [before, twice, after] {
            assert!(matches!(pending.answer().await, Err(StoreError::Unavailable(_))));
        }
        assert_eq!(count(&writer).await, 1);
        assert_eq!(insert(&writer, 2).answer().await, Ok(1), "the writer goes on");
    }

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let writer = writer();
        let panics = writer.submit(0, |_| -> rusqlite::Result<()> { panic!("as the test wants") }, |()| ());
        assert!(matches!(panics.answer().await, Err(StoreError::Unavailable(_))));
        assert_eq!(insert(&writer, 1).answer().await, Ok(1));
    }

    #[tokio::test]
    async fn a_failed_commit_is_unknown_to_all() {
        let writer = writer();
        let go = hold(&writer);
        let bystander = insert(&writer, 1);
        let orphan = writer.submit(
            0,
            |connection| connection.execute("INSERT INTO heirs (of) VALUES (77)", []),
            |inserted| inserted,
        );
        go.send(()).unwrap();
        assert!(matches!(bystander.answer().await, Err(StoreError::Unknown(_))));
        assert!(matches!(orphan.answer().await, Err(StoreError::Unknown(_))));
        assert_eq!(insert(&writer, 2).answer().await, Ok(1), "the writer goes on");
    }

    #[tokio::test]
    async fn dropping_it_writes_what_nobody_waits_for() {
        let writer = writer();
        let go = hold(&writer);
        let (done, result) = channel();
        drop(writer.submit(0, |_| Ok(7), move |seven| done.send(seven).unwrap()));
        go.send(()).unwrap();
        drop(writer);
        assert_eq!(result.recv(), Ok(7));
    }
}
