//! The whole program on a platform in memory that does as it is told: for tests of what is written and answered, where
//! no fault is wanted. (Faults are the business of the simulation.)

use std::cell::Cell;
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use flusso_app::ports::blobs::NoBlobs;
use flusso_app::ports::channel::{Channel, HandedOver, Handover, Permit, Settled};
use flusso_app::ports::checkup::NothingToTell;
use flusso_app::ports::queue::{Delivery, Outgoing, Queue, QueueName};
use flusso_app::ports::secrets::{Secret, SecretName, Secrets};
use flusso_app::ports::timer::Timer;
use flusso_app::ports::tokens::Tokens;
use flusso_app::ports::{Clock, PortError};
use flusso_app::{App, Ports};
use flusso_engine::time::{Instant, Millis};
use flusso_store::billed::{Bill, Billed, Units};
use flusso_store::counted::{Counted, Counts};
use flusso_store::model::Memory;
use flusso_store::table::{Key, List, Page, Row, Table, TableError, When, Write};

use crate::sim::rng::Rng;

/// Runs a future that never has to wait: every port of the World answers at once.
pub fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the World waits for nobody"),
    }
}

/// The program and its platform.
pub struct World {
    /// The program.
    pub app: Arc<App>,
    /// What its table was asked.
    pub counts: Arc<Counts>,
    /// What DynamoDB would bill for it.
    pub bill: Arc<Bill>,
    /// Mails as they were handed over.
    pub mails: Arc<Mails>,
    /// Most messages of a batch.
    pub batch: AtomicUsize,
    done: Mutex<Vec<Work>>,
    sequence: AtomicU64,
    now: Arc<Now>,
    queue: Arc<Waiting>,
    timer: Arc<Minutes>,
}

/// What a function did when it was called once, and what that took.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// Which, and what for: `look`, `perform`, `ring`, or the type of the event.
    pub what: String,
    /// What it asked of the table.
    pub units: Units,
    /// Its calls to the queue.
    pub queued: u64,
    /// The mails that it handed over.
    pub mails: u64,
}

impl World {
    /// At an instant.
    pub fn at(instant: &str) -> Self {
        let now = Arc::new(Now(AtomicU64::new(0)));
        now.set(Instant::parse(instant).expect("an instant"));
        let counts = Arc::new(Counts::default());
        let bill = Arc::new(Bill::default());
        let memory = Arc::new(Billed::new(Arc::new(Memory::new(now.clone())), bill.clone()));
        let table = Arc::new(Turns(Arc::new(Counted::new(memory, counts.clone()))));
        let (queue, timer, mails) =
            (Arc::new(Waiting::new(now.clone())), Arc::new(Minutes::default()), Arc::new(Mails::default()));
        let app = Arc::new(App::new(Ports {
            table,
            queue: queue.clone(),
            timer: timer.clone(),
            email: mails.clone(),
            outbox: mails.clone(),
            webhook: mails.clone(),
            blobs: Arc::new(NoBlobs),
            clock: now.clone(),
            tokens: Arc::new(Numbers(AtomicU64::new(0))),
            secrets: Arc::new(Fixed),
            public_url: "https://flusso.example".into(),
            mail_from: None,
            metrics: Arc::default(),
            installation: "test".into(),
            before: None,
            traces: Arc::new(flusso_app::ports::traces::NoTraces),
            checkup: Arc::new(NothingToTell),
        }));
        let (batch, done, sequence) = (AtomicUsize::new(1), Mutex::default(), AtomicU64::new(1));
        Self { app, counts, bill, mails, batch, done, sequence, now, queue, timer }
    }

    /// Has a function do something, and takes down what that took.
    pub async fn work<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        let before = (self.bill.units(), self.queue.calls(), self.mails.all().len());
        let answer = work.await;
        self.done.lock().expect("nobody panicked").push(Work {
            what: what.to_owned(),
            units: self.bill.units() - before.0,
            queued: self.queue.calls() - before.1,
            mails: (self.mails.all().len() - before.2) as u64,
        });
        answer
    }

    /// The first of so many sequence numbers of the stream.
    pub fn sequence(&self, many: usize) -> u128 {
        u128::from(self.sequence.fetch_add(many as u64, Ordering::Relaxed))
    }

    /// What was done since this was asked last.
    pub fn take_work(&self) -> Vec<Work> {
        std::mem::take(&mut self.done.lock().expect("nobody panicked"))
    }

    /// Works until no message is due.
    pub async fn settle(&self) {
        while self.settle_next().await {}
    }

    /// Works off so many batches of messages that are due.
    pub fn settle_some(&self, many: usize) {
        for _ in 0..many {
            at_once(self.settle_next());
        }
    }

    /// False if no message is due.
    async fn settle_next(&self) -> bool {
        let Some((queue, deliveries)) = self.queue.next(self.batch.load(Ordering::Relaxed)) else {
            return false;
        };
        let what = said(&deliveries[0].body);
        let handled = Box::pin(async {
            match queue {
                QueueName::Events(lane) => self.app.handle_events(lane, deliveries).await,
                QueueName::Steps(lane) => self.app.handle_steps(lane, deliveries).await,
                QueueName::Jobs => self.app.handle_jobs(deliveries).await,
            }
        });
        for (id, outcome) in self.work(&what, handled).await {
            outcome.unwrap_or_else(|why| panic!("message {id} failed: {why}"));
        }
        true
    }

    /// Lets time pass, with every minute rung and every delayed message delivered on its way.
    pub async fn pass(&self, length: Millis) {
        let until = self.app.now() + length;
        self.settle().await;
        while let Some(at) = self.next().filter(|at| *at <= until) {
            self.now.set(at.max(self.app.now()));
            for minute in self.timer.due(self.app.now()) {
                self.work("ring", self.app.ring_minute(minute)).await.expect("a minute rings");
            }
            self.settle().await;
        }
        self.now.set(until);
        self.settle().await;
    }

    /// Lets time pass in which nothing is delivered and nothing rings.
    pub fn black_out(&self, length: Millis) {
        self.now.set(self.app.now() + length);
    }

    /// Works until no message is due, so many messages at a time: what they ask of the table interleaves as a seed has
    /// it. A message that failed comes again.
    pub fn settle_together(&self, workers: usize, seed: u64) {
        let mut order = Rng::new(seed);
        loop {
            let taken: Vec<_> = std::iter::from_fn(|| self.queue.next(1)).take(workers).collect();
            if taken.is_empty() {
                return;
            }
            let mut open: Vec<_> = taken
                .into_iter()
                .map(|(queue, deliveries)| {
                    let again = Outgoing { queue, body: deliveries[0].body.clone(), delay: Millis(1) };
                    let handled = async move {
                        let outcomes = match queue {
                            QueueName::Events(lane) => self.app.handle_events(lane, deliveries).await,
                            QueueName::Steps(lane) => self.app.handle_steps(lane, deliveries).await,
                            QueueName::Jobs => self.app.handle_jobs(deliveries).await,
                        };
                        if outcomes.iter().any(|(_, outcome)| outcome.is_err()) {
                            self.queue.send(vec![again]).await.expect("the queue takes it");
                        }
                    };
                    Box::pin(taking_turns(handled))
                })
                .collect();
            while !open.is_empty() {
                let one = order.index(open.len());
                if open[one].as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                    drop(open.swap_remove(one));
                }
            }
            self.now.set(self.app.now() + Millis(1));
        }
    }

    /// Rings the minutes that are due.
    pub fn ring_due(&self) {
        for minute in self.timer.due(self.app.now()) {
            at_once(self.app.ring_minute(minute)).expect("a minute rings");
        }
    }

    fn next(&self) -> Option<Instant> {
        self.queue.next_due().into_iter().chain(self.timer.next()).min()
    }
}

thread_local! {
    static TAKES_TURNS: Cell<bool> = const { Cell::new(false) };
}

/// Has every request to the table let others go first, while this future is polled.
async fn taking_turns(work: impl Future<Output = ()>) {
    let mut work = pin!(work);
    poll_fn(|context| {
        TAKES_TURNS.set(true);
        let polled = work.as_mut().poll(context);
        TAKES_TURNS.set(false);
        polled
    })
    .await;
}

/// Lets others go first, where they take turns.
async fn turn() {
    let mut waited = !TAKES_TURNS.get();
    poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

/// A table at each of whose requests others may go first.
struct Turns<T>(Arc<T>);

#[async_trait]
impl<T: Table> Table for Turns<T> {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Row>>, TableError> {
        turn().await;
        self.0.get(keys).await
    }
    async fn list(&self, list: &List) -> Result<Page, TableError> {
        turn().await;
        self.0.list(list).await
    }
    async fn put_all(&self, rows: Vec<(Row, When)>) -> Result<(), TableError> {
        turn().await;
        self.0.put_all(rows).await
    }
    async fn remove_all(&self, keys: Vec<(Key, When)>) -> Result<(), TableError> {
        turn().await;
        self.0.remove_all(keys).await
    }
    async fn commit(&self, writes: Vec<Write>) -> Result<(), TableError> {
        turn().await;
        self.0.commit(writes).await
    }
}

/// What a message is, or the type of the first event in it.
fn said(body: &str) -> String {
    let message: serde_json::Value = serde_json::from_str(body).expect("a message of ours");
    let kind = message["events"][0]["type"].as_str().or(message["message"].as_str());
    kind.expect("it says what it is").to_owned()
}

/// The mails, in order, each under its send and attempt.
#[derive(Default)]
pub struct Mails(Mutex<Vec<Handover>>);

impl Mails {
    /// What was handed over.
    pub fn all(&self) -> Vec<Handover> {
        self.0.lock().expect("nobody panicked").clone()
    }
}

#[async_trait]
impl Channel for Mails {
    async fn permit(&self) -> Permit {
        Permit::Granted
    }
    async fn hand_over(&self, message: &Handover) -> HandedOver {
        let mut mails = self.0.lock().expect("nobody panicked");
        mails.push(message.clone());
        HandedOver::Accepted { provider_id: format!("mail-{}", mails.len()) }
    }
    async fn settle(&self, _: &str, _: u32) -> Settled {
        Settled::Unknown
    }
}

struct Now(AtomicU64);

impl Now {
    fn set(&self, instant: Instant) {
        self.0.store(instant.millis().cast_unsigned(), Ordering::Relaxed);
    }
}

impl Clock for Now {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::Relaxed).cast_signed())
    }
}

struct Waiting {
    now: Arc<Now>,
    messages: Mutex<BTreeMap<(Instant, u64), Outgoing>>,
    number: AtomicU64,
    calls: AtomicU64,
}

impl Waiting {
    fn new(now: Arc<Now>) -> Self {
        Self { now, messages: Mutex::default(), number: AtomicU64::new(0), calls: AtomicU64::new(0) }
    }

    /// A queue of which a message is due, and at most so many of its messages that are.
    fn next(&self, most: usize) -> Option<(QueueName, Vec<Delivery>)> {
        let mut messages = self.messages.lock().expect("nobody panicked");
        let now = self.now.now();
        let (first, message) = messages.first_key_value().filter(|(key, _)| key.0 <= now)?;
        let (mut keys, queue) = (vec![*first], message.queue);
        let others = messages.iter().skip(1).take_while(|(key, _)| key.0 <= now);
        keys.extend(others.filter(|(_, other)| other.queue == queue).map(|(key, _)| *key).take(most - 1));
        let taken = keys.into_iter().filter_map(|key| Some((key.1, messages.remove(&key)?.body)));
        let delivery = |(number, body): (u64, String)| Delivery { id: number.to_string(), body, receives: 1 };
        Some((queue, taken.map(delivery).collect()))
    }

    /// Calls so far, as SQS counts them: ten messages of a queue each.
    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    fn next_due(&self) -> Option<Instant> {
        self.messages.lock().expect("nobody panicked").keys().next().map(|(at, _)| *at)
    }
}

#[async_trait]
impl Queue for Waiting {
    async fn send(&self, messages: Vec<Outgoing>) -> Result<(), PortError> {
        let mut waiting = self.messages.lock().expect("nobody panicked");
        let mut by_queue: BTreeMap<QueueName, u64> = BTreeMap::new();
        messages.iter().for_each(|message| *by_queue.entry(message.queue).or_default() += 1);
        self.calls.fetch_add(by_queue.values().map(|n| n.div_ceil(10)).sum(), Ordering::Relaxed);
        for message in messages {
            let number = self.number.fetch_add(1, Ordering::Relaxed);
            waiting.insert((self.now.now() + message.delay, number), message);
        }
        Ok(())
    }
}

#[derive(Default)]
struct Minutes(Mutex<Vec<i64>>);

impl Minutes {
    fn due(&self, now: Instant) -> Vec<i64> {
        let mut minutes = self.0.lock().expect("nobody panicked");
        let (due, later) = minutes.iter().partition(|minute| **minute <= now.minute());
        *minutes = later;
        due
    }

    fn next(&self) -> Option<Instant> {
        self.0.lock().expect("nobody panicked").iter().min().map(|minute| Instant::from_minute(*minute))
    }
}

#[async_trait]
impl Timer for Minutes {
    async fn ring_at(&self, minute: i64) -> Result<(), PortError> {
        let mut minutes = self.0.lock().expect("nobody panicked");
        if !minutes.contains(&minute) {
            minutes.push(minute);
        }
        Ok(())
    }
}

struct Numbers(AtomicU64);

impl Tokens for Numbers {
    fn token(&self) -> String {
        format!("t{:06}", self.0.fetch_add(1, Ordering::Relaxed))
    }
}

struct Fixed;

impl Secrets for Fixed {
    fn current(&self, _: SecretName) -> Secret {
        Secret { key_id: "1".to_owned(), bytes: b"a key for tests".to_vec() }
    }
    fn by_id(&self, name: SecretName, key_id: &str) -> Option<Secret> {
        Some(self.current(name)).filter(|secret| secret.key_id == key_id)
    }
}
