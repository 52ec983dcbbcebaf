//! What all ports of a simulated world share: the true time, the agenda of what happens next, the chances, the trace.
//! Single-threaded; the locks are there because the ports must be `Sync`, and are never contended.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use flusso_app::ports::queue::QueueName;

use super::bag::Bag;
use super::changes::Streams;
use super::channel::Ledger;
use super::plan::Post;
use super::plant::Plant;
use super::rng::Rng;
use super::script::Trouble;
use super::trace::Trace;
use super::watch::Watch;
use super::weather::Weather;

/// Milliseconds of a second, a minute, an hour, a day.
pub const SECOND: i64 = 1_000;
/// Milliseconds of a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Milliseconds of an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Milliseconds of a day.
pub const DAY: i64 = 24 * HOUR;

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// A task goes on.
    Task(u64),
    /// Messages of a queue may be there.
    Poll(QueueName),
    /// Somebody posts something.
    Post(usize),
    /// Somebody changes a workflow and activates it.
    Define(usize),
    /// Somebody asks for something that makes a job.
    Command(usize),
    /// A minute rings.
    Ring {
        /// Which.
        minute: i64,
        /// How often it failed.
        failed: u32,
    },
    /// The sweep.
    Sweep,
    /// Changes of a shard are handed on.
    Changes(usize),
    /// An instance dies and another takes its place.
    Restart,
    /// A clock is set.
    SetClock,
    /// From here on nothing fails any more.
    Calm,
}

/// What a task has seen and done so far, for marks and planted bugs.
#[derive(Debug, Default)]
pub struct Notes {
    /// When the task began.
    pub begun_at: i64,
    /// The number of the head when the task began.
    pub head_at_begin: u64,
    /// The number of the head that it read last.
    pub head_read: u64,
    /// It read a contact that had reacted with newer definitions than it read.
    pub saw_newer: bool,
    /// The token of a commit of its own that was answered with a Conflict.
    pub own_conflict: Option<String>,
    /// The token of a commit that was not answered.
    pub unanswered: Option<String>,
    /// Looks that it was given.
    pub looks: Vec<String>,
    /// Alarms whose rows are held back (planted).
    pub held: Vec<(flusso_store::table::Row, flusso_store::table::When)>,
    /// It believes that it is at least this late (planted).
    pub believes: i64,
    /// What kind of task it is.
    pub kind: &'static str,
}

/// The shared world.
pub struct Core {
    now: AtomicI64,
    believed: AtomicI64,
    shared: Mutex<Shared>,
}

/// Everything but the time.
pub struct Shared {
    /// Chance.
    pub rng: Rng,
    /// The chances of faults.
    pub weather: Weather,
    /// No faults, no awaits: while the world is set up and judged.
    pub quiet: bool,
    /// Every await takes the same time, everything comes in order.
    pub orderly: bool,
    /// The planted bug.
    pub plant: Option<Plant>,
    /// The task that is being polled.
    pub task: u64,
    /// When it wants to go on.
    pub resume_at: i64,
    /// It dies at this await.
    pub dies: bool,
    /// Awaits so far.
    pub awaits: u64,
    /// Commits so far.
    pub commits: u64,
    /// What goes wrong in a written scenario.
    pub trouble: Trouble,
    /// What each task has seen.
    pub notes: BTreeMap<u64, Notes>,
    /// The queues.
    pub bag: Bag,
    /// The provider.
    pub ledger: Ledger,
    /// The streams of changes.
    pub streams: Streams,
    /// The invariants.
    pub watch: Watch,
    /// What was told.
    pub trace: Trace,
    /// What is posted, and what came of it.
    pub posts: Vec<Post>,
    agenda: BinaryHeap<Reverse<(i64, u64, u64, Item)>>,
    sequence: u64,
}

impl Core {
    /// A world that begins at `now`.
    pub fn new(now: i64, shared: Shared) -> Self {
        Self { now: AtomicI64::new(now), believed: AtomicI64::new(0), shared: Mutex::new(shared) }
    }

    /// The true time.
    pub fn now(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    /// What the task that is being polled takes for the time, at least (planted).
    pub fn believed(&self) -> i64 {
        self.believed.load(Ordering::Relaxed)
    }

    pub(super) fn believe(&self, at: i64) {
        self.believed.store(at, Ordering::Relaxed);
    }

    pub(super) fn set_now(&self, now: i64) {
        self.now.store(now, Ordering::Relaxed);
    }

    /// Everything but the time.
    pub fn with<R>(&self, f: impl FnOnce(&mut Shared) -> R) -> R {
        f(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An await: the task goes on later, or never.
    pub fn pause(&self, at: &'static str) -> Pause<'_> {
        Pause { core: self, at, ready_at: None }
    }
}

impl Shared {
    /// A world of which nothing is known but its chances.
    pub fn new(rng: Rng, weather: Weather) -> Self {
        Self {
            rng,
            weather,
            quiet: true,
            orderly: false,
            plant: None,
            task: 0,
            resume_at: i64::MAX,
            dies: false,
            awaits: 0,
            commits: 0,
            trouble: Trouble::None,
            notes: BTreeMap::new(),
            bag: Bag::default(),
            ledger: Ledger::default(),
            streams: Streams::default(),
            watch: Watch::default(),
            trace: Trace::default(),
            posts: Vec::new(),
            agenda: BinaryHeap::new(),
            sequence: 0,
        }
    }

    /// Has something happen at a time; of what happens at the same time, chance decides the order.
    pub fn at(&mut self, time: i64, item: Item) {
        self.sequence += 1;
        let turn = if self.orderly { 0 } else { self.rng.below(1 << 20) };
        self.agenda.push(Reverse((time, turn, self.sequence, item)));
    }

    /// What happens next.
    pub fn next(&mut self) -> Option<(i64, Item)> {
        self.agenda.pop().map(|Reverse((time, _, _, item))| (time, item))
    }

    /// When the next thing happens that is not the sweep.
    pub fn next_but_sweep(&self) -> Option<i64> {
        self.agenda.iter().filter(|Reverse((_, _, _, item))| *item != Item::Sweep).map(|next| next.0.0).min()
    }

    /// Whether a fault of this chance happens; then it is counted.
    pub fn fault(&mut self, name: &'static str, chance: u32) -> bool {
        let happens = !self.quiet && self.rng.chance(chance);
        if happens {
            *self.trace.faults.entry(name).or_default() += 1;
            self.trace.mix(name.len() as u64);
            self.trace.say(|| format!("  fault: {name}"));
        }
        happens
    }

    /// What the task that is being polled has seen.
    pub fn own_notes(&mut self) -> &mut Notes {
        self.notes.entry(self.task).or_default()
    }

    /// Whether this bug is planted.
    pub fn planted(&self, plant: Plant) -> bool {
        self.plant == Some(plant)
    }

    fn draw_pause(&mut self, now: i64, at: &'static str) -> i64 {
        self.awaits += 1;
        if let Trouble::DiesAt(nth) | Trouble::TwiceAndDiesAt(nth) = self.trouble {
            self.dies |= nth == self.awaits;
        }
        if self.orderly {
            return now + 1;
        }
        if self.rng.chance(self.weather.crash) {
            self.dies = true;
        }
        let stalls = self.weather.stall;
        let length = if self.fault("stall", stalls) {
            match self.rng.below(4) {
                0 => self.rng.between(SECOND, 10 * SECOND),
                1 => self.rng.between(10 * SECOND, MINUTE),
                2 => self.rng.between(MINUTE, 5 * MINUTE),
                _ => self.rng.between(5 * MINUTE, 20 * MINUTE),
            }
        } else if self.rng.chance(400) {
            self.rng.between(20, 800)
        } else {
            self.rng.between(0, 4)
        };
        self.trace.mix(length.unsigned_abs() ^ (at.len() as u64) << 32 ^ self.task << 40);
        now + length
    }
}

/// See [`Core::pause`].
pub struct Pause<'c> {
    core: &'c Core,
    at: &'static str,
    ready_at: Option<i64>,
}

impl Future for Pause<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let now = self.core.now();
        let ready_at = self.ready_at;
        let at = self.at;
        let until = self.core.with(|shared| {
            if shared.quiet || ready_at.is_some_and(|ready_at| ready_at <= now) {
                return None;
            }
            let until = ready_at.unwrap_or_else(|| shared.draw_pause(now, at));
            shared.resume_at = shared.resume_at.min(until);
            Some(until)
        });
        match until {
            None => Poll::Ready(()),
            Some(until) => {
                self.ready_at = Some(until);
                Poll::Pending
            }
        }
    }
}

/// The result of a future that never waits.
///
/// # Panics
/// If it waits.
pub fn at_once<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it had to wait"),
    }
}
