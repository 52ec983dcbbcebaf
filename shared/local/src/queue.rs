//! The queues: durable in the local file, their order in memory.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use flusso_app::ports::PortError;
use flusso_app::ports::queue::{Delivery, LONGEST_DELAY, Lane, Outgoing, Queue, QueueName};
use flusso_store::clock::Clock;
use flusso_store::time::{Instant, Millis};
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::Notify;

pub use crate::line::Depth;

use crate::clock::LocalClock;
use crate::line::{Line, Taken};
use crate::sqlite::{Store, StoreError};

/// A message delivered so often without success is moved to the dead letters.
pub const MOST_RECEIVES: u32 = 20;
/// Most bytes of a message, as SQS has it.
pub const MESSAGE_BYTES: usize = 1024 * 1024;

const INSERT: &str = "INSERT INTO queue (id, queue, due, receives, body) VALUES (?1, ?2, ?3, 0, ?4)";
const BURY: &str = "INSERT INTO dead_letters (queue, died_at, receives, body)
    SELECT queue, ?2, ?3, body FROM queue WHERE id = ?1";
const PAGE: i64 = 1000;

/// The queues of one process.
pub struct LocalQueue {
    store: Arc<Store>,
    clock: Arc<LocalClock>,
    lines: Arc<[Guarded; QueueName::ALL.len()]>,
    next_id: AtomicI64,
}

/// A message that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its number among the dead letters.
    pub id: i64,
    /// The name of its queue.
    pub queue: String,
    /// When it was given up.
    pub died_at: Instant,
    /// How often it was delivered.
    pub receives: u32,
    /// The encoded message.
    pub body: String,
}

#[derive(Default)]
struct Guarded {
    line: Mutex<Line>,
    /// Permits to look at the line: one for each message that came, passed on while there is more.
    stirred: Notify,
}

struct Sent {
    id: i64,
    due: Instant,
    message: Outgoing,
}

impl LocalQueue {
    /// The queues in `store`. Everything that was not acknowledged before is in them, and counts as delivered once
    /// more than was noted: the process may have died with it.
    pub fn open(store: Arc<Store>, clock: Arc<LocalClock>) -> Result<Arc<Self>, StoreError> {
        let lines: [Guarded; QueueName::ALL.len()] = std::array::from_fn(|_| Guarded::default());
        let mut last = 0;
        loop {
            let page = store.read(|connection| waiting_after(connection, last))?;
            let Some(&(highest, ..)) = page.last() else { break };
            last = highest;
            for (id, queue, due, receives) in page {
                if let Some(name) = QueueName::ALL.into_iter().find(|name| name.as_str() == queue) {
                    lines[index(name)].push(id, due, receives + 1, None);
                } else {
                    tracing::error!(queue, id, "a message of an unknown queue stays where it is");
                }
            }
        }
        Ok(Arc::new(Self { store, clock, lines: Arc::new(lines), next_id: AtomicI64::new(last + 1) }))
    }

    /// Takes at most `most` messages that are due. They are this caller's until it acknowledges or retries them.
    pub fn receive(&self, queue: QueueName, most: usize) -> Vec<Delivery> {
        let guarded = &self.lines[index(queue)];
        let now = self.clock.now();
        let (taken, more) = {
            let mut line = guarded.lock();
            let taken = line.take(now, most);
            (taken, line.next_due().is_some_and(|due| due <= now))
        };
        if more {
            guarded.stirred.notify_one();
        }
        taken.into_iter().filter_map(|taken| self.deliver(queue, taken)).collect()
    }

    /// Waits until something may be due in `queue`.
    pub async fn wait(&self, queue: QueueName) {
        let guarded = &self.lines[index(queue)];
        loop {
            let due = guarded.lock().next_due();
            let Some(due) = due else {
                guarded.stirred.notified().await;
                continue;
            };
            if due <= self.clock.now() {
                return;
            }
            tokio::select! {
                () = guarded.stirred.notified() => {}
                () = self.clock.sleep_until(due) => {}
            }
        }
    }

    /// Reports messages as done. Doesn't wait: if the process dies first, they are delivered again.
    pub fn ack(&self, ids: &[String]) {
        let done: Vec<i64> = ids.iter().filter_map(|id| self.give_up(id)).map(|(_, id, _)| id).collect();
        if done.is_empty() {
            return;
        }
        drop(self.store.submit(0, move |connection| {
            let mut delete = connection.prepare_cached("DELETE FROM queue WHERE id = ?1")?;
            done.iter().try_for_each(|id| delete.execute([id]).map(drop))
        }));
    }

    /// Returns a message, to be delivered again after `delay`; one that was delivered [`MOST_RECEIVES`] times
    /// becomes a dead letter. Doesn't wait.
    pub fn retry(&self, id: &str, delay: Millis) {
        let Some((queue, id, receives)) = self.give_up(id) else { return };
        let now = self.clock.now();
        if receives >= MOST_RECEIVES {
            tracing::error!(queue = queue.as_str(), id, receives, "a message became a dead letter");
            drop(self.store.submit(0, move |connection| {
                connection.prepare_cached(BURY)?.execute(params![id, now.millis(), receives])?;
                connection.prepare_cached("DELETE FROM queue WHERE id = ?1")?.execute([id]).map(drop)
            }));
            return;
        }
        let due = now + delay.max(Millis(0));
        drop(self.store.submit(0, move |connection| {
            connection
                .prepare_cached("UPDATE queue SET receives = ?2, due = ?3 WHERE id = ?1")?
                .execute(params![id, receives, due.millis()])
                .map(drop)
        }));
        self.lines[index(queue)].push(id, due, receives, None);
    }

    /// How many messages a queue holds.
    pub fn depth(&self, queue: QueueName) -> Depth {
        self.lines[index(queue)].lock().depth(self.clock.now())
    }

    /// When the earliest waiting message of any queue is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.lines.iter().filter_map(|guarded| guarded.lock().next_due()).min()
    }

    /// At most `limit` messages that were given up, the latest first.
    pub fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.store.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT id, queue, died_at, receives, body FROM dead_letters ORDER BY id DESC LIMIT ?1",
                )?
                .query_map([limit], |row| {
                    let died_at = Instant::from_millis(row.get(2)?);
                    Ok(DeadLetter {
                        id: row.get(0)?,
                        queue: row.get(1)?,
                        died_at,
                        receives: row.get(3)?,
                        body: row.get(4)?,
                    })
                })?
                .collect()
        })
    }

    /// A message with its body, or nothing if that can't be had just now.
    fn deliver(&self, queue: QueueName, taken: Taken) -> Option<Delivery> {
        let Taken { id, receives, body } = taken;
        let body = match body {
            Some(body) => Ok(Some(body)),
            None => self.store.read(|connection| body_of(connection, id)),
        };
        match body {
            Ok(Some(body)) => Some(Delivery { id: id.to_string(), body, receives }),
            Ok(None) => {
                tracing::error!(queue = queue.as_str(), id, "a message has no body, it is dropped");
                self.lines[index(queue)].lock().give_up(id);
                None
            }
            Err(error) => {
                tracing::error!(queue = queue.as_str(), id, %error, "a message can't be read");
                let guarded = &self.lines[index(queue)];
                guarded.lock().give_up(id);
                // It was not delivered, so it does not count.
                guarded.push(id, self.clock.now() + Millis::seconds(1), receives - 1, None);
                None
            }
        }
    }

    /// Ends the lease of a message: its queue, its number, how often it was delivered.
    fn give_up(&self, id: &str) -> Option<(QueueName, i64, u32)> {
        let id = id.parse().ok()?;
        QueueName::ALL
            .into_iter()
            .find_map(|queue| Some((queue, id, self.lines[index(queue)].lock().give_up(id)?)))
    }

    fn check(messages: &[Outgoing]) -> Result<(), PortError> {
        let refuse = |reason: String| Err(PortError { port: "queue", reason });
        for Outgoing { body, delay, .. } in messages {
            if *delay < Millis(0) || *delay > LONGEST_DELAY || delay.0 % 1000 != 0 {
                return refuse(format!(
                    "a delay of {} ms: whole seconds up to 15 minutes are allowed",
                    delay.0
                ));
            }
            if body.is_empty() || body.len() > MESSAGE_BYTES {
                return refuse(format!(
                    "a message of {} bytes: 1 to {MESSAGE_BYTES} are allowed",
                    body.len()
                ));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Queue for LocalQueue {
    async fn send(&self, messages: Vec<Outgoing>) -> Result<(), PortError> {
        Self::check(&messages)?;
        if messages.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let sent: Vec<Sent> = messages
            .into_iter()
            .map(|message| {
                let id = self.next_id.fetch_add(1, Ordering::Relaxed);
                Sent { id, due: now + message.delay, message }
            })
            .collect();
        let bytes = sent.iter().map(|sent| sent.message.body.len()).sum();
        let lines = Arc::clone(&self.lines);
        let insert = move |connection: &Connection| {
            let mut insert = connection.prepare_cached(INSERT)?;
            for Sent { id, due, message } in &sent {
                insert.execute(params![id, message.queue.as_str(), due.millis(), message.body])?;
            }
            Ok(sent)
        };
        // Done by the writer: a sender that gave up waiting has sent all the same.
        let then = move |sent: Vec<Sent>| {
            for Sent { id, due, message } in sent {
                lines[index(message.queue)].push(id, due, 0, Some(message.body));
            }
        };
        self.store.submit_then(bytes, insert, then).answer().await.map_err(|error| error.of_port("queue"))
    }
}

impl Guarded {
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, id: i64, due: Instant, receives: u32, body: Option<String>) {
        self.lock().push(id, due, receives, body);
        self.stirred.notify_one();
    }
}

const fn index(queue: QueueName) -> usize {
    match queue {
        QueueName::Events(Lane::Fast) => 0,
        QueueName::Events(Lane::Bulk) => 1,
        QueueName::Steps(Lane::Fast) => 2,
        QueueName::Steps(Lane::Bulk) => 3,
        QueueName::Jobs => 4,
    }
}

type Stored = (i64, String, Instant, u32);

fn waiting_after(connection: &Connection, id: i64) -> rusqlite::Result<Vec<Stored>> {
    connection
        .prepare_cached("SELECT id, queue, due, receives FROM queue WHERE id > ?1 ORDER BY id LIMIT ?2")?
        .query_map([id, PAGE], |row| {
            Ok((row.get(0)?, row.get(1)?, Instant::from_millis(row.get(2)?), row.get(3)?))
        })?
        .collect()
}

fn body_of(connection: &Connection, id: i64) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT body FROM queue WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()
}
