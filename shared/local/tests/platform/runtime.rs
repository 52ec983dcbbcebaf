//! The loops: everything is handed on, failures come again, a panic ends nothing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use flusso_app::ports::queue::{Delivery, Lane, Outgoing, Queue as _, QueueName};
use flusso_app::ports::timer::Timer as _;
use flusso_local::changes::LocalChanges;
use flusso_local::clock::LocalClock;
use flusso_local::queue::{Depth, LocalQueue};
use flusso_local::runtime::{Handlers, Outcomes, Runtime};
use flusso_local::sqlite::Store;
use flusso_local::table::SqliteTable;
use flusso_local::timer::LocalTimer;
use flusso_store::table::{Row, Table as _, When};
use flusso_store::time::Millis;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::{Folder, nine, row, until};

const STEPS: QueueName = QueueName::Steps(Lane::Fast);

/// What the next call is to do, where it is not to succeed.
#[derive(Clone, Copy)]
enum Mood {
    Fail,
    Panic,
    Forget,
}

/// Tells each call, and does as it is told.
struct Teller {
    told: mpsc::UnboundedSender<String>,
    moods: Mutex<VecDeque<Mood>>,
}

impl Teller {
    fn tell(&self, what: String) -> Result<(), String> {
        self.told.send(what).unwrap();
        // Taken out first: a panic under the lock would poison it.
        let mood = self.moods.lock().unwrap().pop_front();
        match mood {
            None | Some(Mood::Forget) => Ok(()),
            Some(Mood::Fail) => Err("as the test wants".to_owned()),
            Some(Mood::Panic) => panic!("as the test wants"),
        }
    }

    fn tell_all(&self, kind: &str, lane: Lane, batch: &[Delivery]) -> Outcomes {
        let forgets = matches!(self.moods.lock().unwrap().front(), Some(Mood::Forget));
        let bodies: Vec<&str> = batch.iter().map(|delivery| delivery.body.as_str()).collect();
        let outcome = self.tell(format!("{kind} {lane:?} {} #{}", bodies.join("+"), batch[0].receives));
        let named = batch.iter().skip(usize::from(forgets));
        named.map(|delivery| (delivery.id.clone(), outcome.clone())).collect()
    }
}

#[async_trait]
impl Handlers for Teller {
    async fn events(&self, lane: Lane, batch: Vec<Delivery>) -> Outcomes {
        self.tell_all("events", lane, &batch)
    }
    async fn steps(&self, lane: Lane, batch: Vec<Delivery>) -> Outcomes {
        self.tell_all("steps", lane, &batch)
    }
    async fn jobs(&self, batch: Vec<Delivery>) -> Outcomes {
        self.tell_all("jobs", Lane::Bulk, &batch)
    }
    async fn ring_minute(&self, minute: i64) -> Result<(), String> {
        self.tell(format!("ring {}", minute - nine().minute()))
    }
    async fn sweep(&self) -> Result<(), String> {
        // Told apart from the others: it comes by itself.
        self.told.send("sweep".to_owned()).map_err(|error| error.to_string())
    }
    async fn changes(&self, rows: Vec<(u64, Row)>) -> Result<u64, String> {
        let seqs: Vec<u64> = rows.iter().map(|(seq, _)| *seq).collect();
        self.tell(format!("changes {seqs:?}")).map(|()| seqs[seqs.len() - 1])
    }
}

struct Running {
    parts: Runtime,
    told: mpsc::UnboundedReceiver<String>,
    teller: Arc<Teller>,
    stop: watch::Sender<bool>,
    end: JoinHandle<()>,
}

impl Running {
    fn start(folder: &Folder) -> Self {
        let store: Arc<Store> = folder.open();
        let clock = LocalClock::standing_at(nine());
        let parts = Runtime {
            queue: LocalQueue::open(store.clone(), clock.clone()).unwrap(),
            timer: LocalTimer::open(store.clone()).unwrap(),
            changes: Arc::new(LocalChanges::new(store.clone())),
            table: Arc::new(SqliteTable::new(store, clock.clone(), |key| key.sort == "state")),
            clock,
            workers: 2,
        };
        let (sender, told) = mpsc::unbounded_channel();
        let teller = Arc::new(Teller { told: sender, moods: Mutex::default() });
        let (stop, stopped) = watch::channel(false);
        let end = tokio::spawn(parts.clone().run(teller.clone(), stopped));
        Self { parts, told, teller, stop, end }
    }

    fn moods(&self, moods: &[Mood]) {
        self.teller.moods.lock().unwrap().extend(moods);
    }

    async fn send(&self, queue: QueueName, body: &str) {
        let body = body.to_owned();
        self.parts.queue.send(vec![Outgoing { queue, body, delay: Millis(0) }]).await.unwrap();
    }

    async fn advance(&self, by: Millis) {
        self.parts.clock.advance(by).await.unwrap();
    }

    /// What is told next, sweeps apart.
    async fn next(&mut self) -> String {
        loop {
            let told = self.told.recv().await.unwrap();
            if told != "sweep" {
                return told;
            }
        }
    }

    async fn end(self) {
        self.stop.send(true).unwrap();
        self.end.await.unwrap();
    }
}

#[tokio::test]
async fn messages_reach_their_handlers() {
    let folder = Folder::new();
    let mut running = Running::start(&folder);
    for (queue, told) in [
        (QueueName::Events(Lane::Fast), "events Fast a #1"),
        (QueueName::Events(Lane::Bulk), "events Bulk a #1"),
        (QueueName::Steps(Lane::Fast), "steps Fast a #1"),
        (QueueName::Steps(Lane::Bulk), "steps Bulk a #1"),
        (QueueName::Jobs, "jobs Bulk a #1"),
    ] {
        running.send(queue, "a").await;
        assert_eq!(running.next().await, told);
        let parts = running.parts.clone();
        until(|| parts.queue.depth(queue) == Depth::default()).await;
    }
    running.end().await;
}

#[tokio::test]
async fn what_fails_comes_again_later() {
    let folder = Folder::new();
    let mut running = Running::start(&folder);
    running.moods(&[Mood::Fail, Mood::Panic, Mood::Forget]);
    running.send(STEPS, "a").await;
    let queue = running.parts.queue.clone();
    for (told, seconds) in [("steps Fast a #1", 1), ("steps Fast a #2", 2), ("steps Fast a #3", 4)] {
        assert_eq!(running.next().await, told);
        until(|| queue.depth(STEPS).delayed == 1).await;
        running.advance(Millis(seconds * 1000 - 1)).await;
        assert_eq!(queue.depth(STEPS), Depth { due: 0, delayed: 1, leased: 0 }, "backs off {seconds} s");
        running.advance(Millis(1)).await;
    }
    assert_eq!(running.next().await, "steps Fast a #4");
    until(|| queue.depth(STEPS) == Depth::default()).await;
    running.end().await;
}

#[tokio::test]
async fn minutes_are_rung_until_it_succeeds() {
    let folder = Folder::new();
    let mut running = Running::start(&folder);
    running.moods(&[Mood::Panic]);
    let minute = nine().minute();
    running.parts.timer.ring_at(minute + 2).await.unwrap();
    running.parts.timer.ring_at(minute).await.unwrap();
    assert_eq!(running.next().await, "ring 0");
    // The clock must not move before the failure was noted: the pause is counted from then.
    let timer = running.parts.timer.clone();
    until(|| timer.next() == Some(nine())).await;
    tokio::task::yield_now().await;
    running.advance(Millis::seconds(1)).await;
    assert_eq!(running.next().await, "ring 0");
    running.advance(Millis::minutes(2)).await;
    assert_eq!(running.next().await, "ring 2");
    until(|| timer.next().is_none()).await;
    running.end().await;
}

#[tokio::test]
async fn it_sweeps_once_a_minute() {
    let folder = Folder::new();
    let mut running = Running::start(&folder);
    assert_eq!(running.told.recv().await.unwrap(), "sweep", "at the start");
    running.advance(Millis(59_999)).await;
    assert!(running.told.try_recv().is_err());
    running.advance(Millis(1)).await;
    assert_eq!(running.told.recv().await.unwrap(), "sweep");
    running.advance(Millis::hours(5)).await;
    assert_eq!(running.told.recv().await.unwrap(), "sweep", "missed ones are one");
    assert!(running.told.try_recv().is_err());
    running.end().await;
}

#[tokio::test(start_paused = true)]
async fn changes_are_handed_on_in_order() {
    let folder = Folder::new();
    let mut running = Running::start(&folder);
    let table = running.parts.table.clone();
    let put = |revision| vec![(row("c1", "state", revision), When::Any), (row("c1", "else", 1), When::Any)];
    running.moods(&[Mood::Fail, Mood::Panic]);
    table.put_all(put(1)).await.unwrap();
    for _ in 0..3 {
        assert_eq!(running.next().await, "changes [1]", "until it succeeds");
    }
    table.put_all(put(2)).await.unwrap();
    assert_eq!(running.next().await, "changes [2]");
    let changes = running.parts.changes.clone();
    until(|| changes.after(0, 10).unwrap().is_empty()).await;
    running.end().await;
}

#[tokio::test]
async fn what_is_left_is_handed_on_after_a_restart() {
    let folder = Folder::new();
    let running = Running::start(&folder);
    let (stop, parts) = (running.stop.clone(), running.parts.clone());
    stop.send(true).unwrap();
    running.end.await.unwrap();
    drop((running.parts, running.teller));
    parts
        .queue
        .send(vec![Outgoing { queue: STEPS, body: "left".to_owned(), delay: Millis(0) }])
        .await
        .unwrap();
    drop(parts);
    let mut running = Running::start(&folder);
    assert_eq!(running.next().await, "steps Fast left #2");
    running.end().await;
}
