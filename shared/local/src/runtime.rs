//! The loops that hand work to the program: what event source mappings and schedules do in the cloud.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flusso_app::ports::queue::{Delivery, Lane, QueueName};
use flusso_store::clock::Clock;
use flusso_store::table::Row;
use flusso_store::time::{Instant, Millis};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::changes::LocalChanges;
use crate::clock::LocalClock;
use crate::queue::LocalQueue;
use crate::table::SqliteTable;
use crate::timer::LocalTimer;

/// Most messages of a batch, as SQS has it.
const BATCH: usize = 10;
/// Most changed rows of a batch.
const CHANGED_ROWS: usize = 500;
/// Changes are gathered for so long, in real time, before they are handed on.
const GATHERING: Duration = Duration::from_millis(100);
/// After a failure, changes are tried again after so long, in real time.
const PAUSE: Duration = Duration::from_secs(1);
/// Most expired rows that are removed at a time.
const PURGED_ROWS: usize = 1000;
const SHORTEST_BACKOFF: Millis = Millis::seconds(1);
const LONGEST_BACKOFF: Millis = Millis::seconds(60);

/// What came of each message, by its id. A message that is not named is delivered again.
pub type Outcomes = Vec<(String, Result<(), String>)>;

/// The program, as the platform sees it. An `Err` is a reason for the log; no personal data. A panic counts as
/// an error of everything in the call.
#[async_trait]
pub trait Handlers: Send + Sync {
    /// Applies events and looks at contacts.
    async fn events(&self, lane: Lane, batch: Vec<Delivery>) -> Outcomes;
    /// Performs outside actions.
    async fn steps(&self, lane: Lane, batch: Vec<Delivery>) -> Outcomes;
    /// Goes on with jobs.
    async fn jobs(&self, batch: Vec<Delivery>) -> Outcomes;
    /// Rings the alarms of a minute (counted from the epoch).
    async fn ring_minute(&self, minute: i64) -> Result<(), String>;
    /// Repairs what was lost; called at the start and once each minute.
    async fn sweep(&self) -> Result<(), String>;
    /// Takes changed rows in the order of their commits; answers the number up to which they may be forgotten.
    /// A batch may come twice.
    async fn changes(&self, rows: Vec<(u64, Row)>) -> Result<u64, String>;
}

/// The platform's parts that have something to hand on.
#[derive(Clone)]
pub struct Runtime {
    /// The queues.
    pub queue: Arc<LocalQueue>,
    /// The timer.
    pub timer: Arc<LocalTimer>,
    /// The changes.
    pub changes: Arc<LocalChanges>,
    /// The table, for removing what has expired.
    pub table: Arc<SqliteTable>,
    /// The clock that all of them go by.
    pub clock: Arc<LocalClock>,
    /// How many batches of each queue are worked on at once, at least 1.
    pub workers: usize,
}

/// Becomes `true` when the program is to stop.
type Stop = watch::Receiver<bool>;

impl Runtime {
    /// Runs until `shutdown` holds `true` (or its sender is gone), and then until everything begun has ended.
    pub async fn run(self, handlers: Arc<dyn Handlers>, shutdown: watch::Receiver<bool>) {
        let mut loops = JoinSet::new();
        for queue in QueueName::ALL {
            for _ in 0..self.workers.max(1) {
                loops.spawn(self.clone().work(queue, Arc::clone(&handlers), shutdown.clone()));
            }
        }
        loops.spawn(self.clone().ring(Arc::clone(&handlers), shutdown.clone()));
        loops.spawn(self.clone().sweep(Arc::clone(&handlers), shutdown.clone()));
        loops.spawn(self.follow(handlers, shutdown));
        loops.join_all().await;
    }

    /// One worker of a queue.
    async fn work(self, queue: QueueName, handlers: Arc<dyn Handlers>, mut stop: Stop) {
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                () = self.queue.wait(queue) => {}
            }
            let batch = self.queue.receive(queue, BATCH);
            if !batch.is_empty() {
                self.handle(queue, batch, &handlers).await;
            }
        }
    }

    async fn handle(&self, queue: QueueName, batch: Vec<Delivery>, handlers: &Arc<dyn Handlers>) {
        let mut open: BTreeMap<String, u32> =
            batch.iter().map(|delivery| (delivery.id.clone(), delivery.receives)).collect();
        let handlers = Arc::clone(handlers);
        let outcomes = guarded(async move {
            match queue {
                QueueName::Events(lane) => Ok(handlers.events(lane, batch).await),
                QueueName::Steps(lane) => Ok(handlers.steps(lane, batch).await),
                QueueName::Jobs => Ok(handlers.jobs(batch).await),
            }
        });
        let mut reasons = BTreeMap::new();
        let mut done = Vec::new();
        match outcomes.await {
            Ok(outcomes) => {
                for (id, outcome) in outcomes {
                    match outcome {
                        Ok(()) => done.extend(open.remove_entry(&id).map(|(id, _)| id)),
                        Err(reason) => drop(reasons.insert(id, reason)),
                    }
                }
            }
            Err(reason) => reasons.extend(open.keys().map(|id| (id.clone(), reason.clone()))),
        }
        self.queue.ack(&done);
        for (id, receives) in open {
            let reason = reasons.get(&id).map_or("no outcome", String::as_str);
            tracing::warn!(queue = queue.as_str(), id, receives, reason, "a message is delivered again");
            self.queue.retry(&id, backoff(receives));
        }
    }

    /// Rings each minute that was asked for, once it has begun.
    async fn ring(self, handlers: Arc<dyn Handlers>, mut stop: Stop) {
        loop {
            let mut failed = false;
            for minute in self.timer.due(self.clock.now()) {
                if *stop.borrow() {
                    return;
                }
                let handlers = Arc::clone(&handlers);
                match guarded(async move { handlers.ring_minute(minute).await }).await {
                    Ok(()) => self.timer.done(minute),
                    Err(reason) => {
                        tracing::error!(minute, reason, "a minute could not be rung");
                        self.timer.again(minute);
                        failed = true;
                    }
                }
            }
            let next = if failed {
                self.clock.now() + SHORTEST_BACKOFF
            } else {
                self.timer.next().unwrap_or(Instant::MAX)
            };
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                () = self.timer.asked() => {}
                () = self.clock.sleep_until(next) => {}
            }
        }
    }

    /// Sweeps, and removes what has expired, once each minute.
    async fn sweep(self, handlers: Arc<dyn Handlers>, mut stop: Stop) {
        let mut next = self.clock.now();
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                () = self.clock.sleep_until(next) => {}
            }
            let minute = self.clock.now().minute();
            let sweeper = Arc::clone(&handlers);
            if let Err(reason) = guarded(async move { sweeper.sweep().await }).await {
                tracing::error!(reason, "the sweep failed");
            }
            if let Err(error) = self.table.purge_expired(PURGED_ROWS).await {
                tracing::error!(%error, "expired rows could not be removed");
            }
            next = Instant::from_minute(minute + 1);
        }
    }

    /// Hands on what was committed.
    async fn follow(self, handlers: Arc<dyn Handlers>, mut stop: Stop) {
        // What was handed on before the last stop and not forgotten comes again.
        let mut cursor = 0;
        loop {
            let pause = match self.hand_on(&handlers, &mut cursor).await {
                Ok(true) => Duration::ZERO,
                Ok(false) => {
                    tokio::select! {
                        biased;
                        () = stopped(&mut stop) => return,
                        () = self.changes.appended() => GATHERING,
                    }
                }
                Err(reason) => {
                    tracing::error!(reason, "changes could not be handed on");
                    PAUSE
                }
            };
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Hands on one batch of changes and moves the cursor; answers whether there was anything.
    async fn hand_on(&self, handlers: &Arc<dyn Handlers>, cursor: &mut u64) -> Result<bool, String> {
        let rows = self.changes.after(*cursor, CHANGED_ROWS).map_err(|error| error.to_string())?;
        if rows.is_empty() {
            return Ok(false);
        }
        let handlers = Arc::clone(handlers);
        let through = guarded(async move { handlers.changes(rows).await }).await?;
        if through <= *cursor {
            return Err("no change was taken".to_owned());
        }
        *cursor = through;
        self.changes.forget_through(through).await.map_err(|error| error.to_string())?;
        Ok(true)
    }
}

/// Runs a handler in a task of its own, so that its panic ends nothing else.
async fn guarded<T: Send + 'static>(
    call: impl Future<Output = Result<T, String>> + Send + 'static,
) -> Result<T, String> {
    tokio::spawn(call).await.unwrap_or_else(|_| Err("the handler panicked".to_owned()))
}

async fn stopped(stop: &mut Stop) {
    // An error means that nobody is left who could ask for it.
    drop(stop.wait_for(|stop| *stop).await);
}

/// How long a message waits after so many deliveries: 1 s, doubled each time, at most 60 s.
fn backoff(receives: u32) -> Millis {
    let doubled = SHORTEST_BACKOFF.0.checked_shl(receives.saturating_sub(1).min(16)).unwrap_or(i64::MAX);
    Millis(doubled.min(LONGEST_BACKOFF.0))
}
