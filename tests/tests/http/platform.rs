//! The ports of the World: everything in memory, and a table that can be told to refuse.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use flusso_app::ports::blobs::Blobs;
use flusso_app::ports::channel::{Channel, HandedOver, Handover, Permit, Settled};
use flusso_app::ports::queue::{Outgoing, Queue};
use flusso_app::ports::secrets::{Secret, SecretName, Secrets};
use flusso_app::ports::timer::Timer;
use flusso_app::ports::tokens::Tokens;
use flusso_app::ports::{Clock, PortError};
use flusso_engine::time::{Instant, Millis};
use flusso_entrypoints::options::{ClockControl, Mail, MailboxView, Moved};
use flusso_store::model::Memory;
use flusso_store::table::{Act, Key, List, Page, Row, Table, TableError, When, Write};

/// Every port at once.
pub struct Platform {
    now: Mutex<Instant>,
    tokens: AtomicU64,
    queue: Mutex<Vec<(Instant, Outgoing)>>,
    minutes: Mutex<BTreeSet<i64>>,
    mails: Mutex<Vec<Mail>>,
    refused: Mutex<Option<String>>,
    blobs: Mutex<BTreeMap<String, Vec<u8>>>,
}

/// The rows, and commits that are refused: to a reader, whoever wanted to make one has died before it.
pub struct Refusing {
    rows: Memory,
    platform: Arc<Platform>,
    states: Mutex<Vec<(u128, Row)>>,
}

impl Refusing {
    /// Empty.
    pub fn new(platform: &Arc<Platform>) -> Self {
        Self { rows: Memory::new(platform.clone()), platform: platform.clone(), states: Mutex::default() }
    }

    /// The rows of states that were committed, in order.
    pub fn states(&self) -> Vec<(u128, Row)> {
        self.states.lock().unwrap().clone()
    }

    /// Every row there is.
    pub fn dump(&self) -> Vec<Row> {
        self.rows.dump()
    }
}

#[async_trait]
impl Table for Refusing {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Row>>, TableError> {
        self.rows.get(keys).await
    }
    async fn list(&self, list: &List) -> Result<Page, TableError> {
        self.rows.list(list).await
    }
    async fn put_all(&self, rows: Vec<(Row, When)>) -> Result<(), TableError> {
        let refused = self.platform.refused.lock().unwrap().clone();
        if rows.iter().any(|(row, _)| Some(&row.key.sort) == refused.as_ref()) {
            return Err(TableError::Unavailable("refused by the test".to_owned()));
        }
        self.rows.put_all(rows).await
    }
    async fn remove_all(&self, keys: Vec<(Key, When)>) -> Result<(), TableError> {
        self.rows.remove_all(keys).await
    }
    async fn commit(&self, writes: Vec<Write>) -> Result<(), TableError> {
        let refused = self.platform.refused.lock().unwrap().clone();
        if writes.iter().any(|write| Some(&write.key().partition) == refused.as_ref()) {
            return Err(TableError::Unavailable("refused by the test".to_owned()));
        }
        let states = writes.iter().filter_map(|write| match &write.act {
            Act::Put(row) if flusso_store::keys::state::is(&row.key) => Some(row.clone()),
            _ => None,
        });
        let states: Vec<Row> = states.collect();
        self.rows.commit(writes).await?;
        let mut known = self.states.lock().unwrap();
        let first = known.len() as u128 + 1;
        known.extend((first..).zip(states));
        Ok(())
    }
}

impl Platform {
    /// The names of the files that there are.
    pub fn files(&self) -> Vec<String> {
        self.blobs.lock().unwrap().keys().cloned().collect()
    }

    /// At an instant.
    pub fn at(instant: &str) -> Self {
        Self {
            now: Mutex::new(Instant::parse(instant).unwrap()),
            tokens: AtomicU64::new(0),
            queue: Mutex::default(),
            minutes: Mutex::default(),
            mails: Mutex::default(),
            refused: Mutex::default(),
            blobs: Mutex::default(),
        }
    }

    /// Moves the clock, and rings nothing on the way.
    pub fn set(&self, now: Instant) {
        *self.now.lock().unwrap() = now;
    }

    /// Every mail, the first one first.
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }

    /// The messages that wait in the queues.
    pub fn waiting(&self) -> Vec<Outgoing> {
        self.queue.lock().unwrap().iter().map(|(_, message)| message.clone()).collect()
    }

    /// Forgets every message that waits, and every minute that is to ring.
    pub fn forget(&self) {
        self.queue.lock().unwrap().clear();
        self.minutes.lock().unwrap().clear();
    }

    /// Refuses commits that write into this partition, and rows that are put at this place in theirs; none refuses nothing.
    pub fn refuse(&self, partition: Option<&str>) {
        *self.refused.lock().unwrap() = partition.map(str::to_owned);
    }

    pub fn due_minutes(&self, now: Instant) -> Vec<i64> {
        let mut minutes = self.minutes.lock().unwrap();
        let due: Vec<i64> = minutes.range(..=now.minute()).copied().collect();
        minutes.retain(|minute| *minute > now.minute());
        due
    }

    pub fn due_messages(&self, now: Instant) -> Vec<Outgoing> {
        let mut queue = self.queue.lock().unwrap();
        let (due, rest) = queue.drain(..).partition(|(at, _)| *at <= now);
        *queue = rest;
        let due: Vec<(Instant, Outgoing)> = due;
        due.into_iter().map(|(_, message)| message).collect()
    }
}

impl Clock for Platform {
    fn now(&self) -> Instant {
        *self.now.lock().unwrap()
    }
}

impl Tokens for Platform {
    fn token(&self) -> String {
        format!("t{:06}", self.tokens.fetch_add(1, Ordering::Relaxed))
    }
}

impl Secrets for Platform {
    fn current(&self, _: SecretName) -> Secret {
        Secret { key_id: "k1".to_owned(), bytes: vec![7; 32] }
    }
    fn by_id(&self, name: SecretName, _: &str) -> Option<Secret> {
        Some(self.current(name))
    }
}

#[async_trait]
impl Queue for Platform {
    async fn send(&self, messages: Vec<Outgoing>) -> Result<(), PortError> {
        let now = self.now();
        let messages = messages.into_iter().map(|message| (now + message.delay, message));
        self.queue.lock().unwrap().extend(messages);
        Ok(())
    }
}

#[async_trait]
impl Timer for Platform {
    async fn ring_at(&self, minute: i64) -> Result<(), PortError> {
        self.minutes.lock().unwrap().insert(minute);
        Ok(())
    }
}

#[async_trait]
impl Channel for Platform {
    async fn permit(&self) -> Permit {
        Permit::Granted
    }
    async fn hand_over(&self, message: &Handover) -> HandedOver {
        let at = self.now();
        let mut mails = self.mails.lock().unwrap();
        let seq = mails.len() as u64 + 1;
        let Handover { send, via, to, from, subject, text, html, headers, detail, .. } = message.clone();
        mails.push(Mail { seq, send, at, via, to, from, subject, text, html, headers, detail });
        HandedOver::Accepted { provider_id: seq.to_string() }
    }
    async fn settle(&self, _: &str, _: u32) -> Settled {
        Settled::Unknown
    }
}

impl MailboxView for Platform {
    fn page(&self, before: Option<u64>, limit: usize) -> Result<Vec<Mail>, String> {
        let mails = self.mails.lock().unwrap();
        let before = before.unwrap_or(u64::MAX);
        Ok(mails.iter().rev().filter(|mail| mail.seq < before).take(limit).cloned().collect())
    }
    fn mail(&self, seq: u64) -> Result<Option<Mail>, String> {
        Ok(self.mails.lock().unwrap().iter().find(|mail| mail.seq == seq).cloned())
    }
}

impl ClockControl for Platform {
    fn advance(&self, by: Millis) -> Moved<'_> {
        self.set(self.now() + by);
        Box::pin(std::future::ready(Ok(())))
    }
}

#[async_trait]
impl Blobs for Platform {
    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), PortError> {
        self.blobs.lock().unwrap().insert(name.to_owned(), bytes);
        Ok(())
    }
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.blobs.lock().unwrap().get(name).cloned())
    }
    async fn remove(&self, name: &str) -> Result<(), PortError> {
        self.blobs.lock().unwrap().remove(name);
        Ok(())
    }
}
