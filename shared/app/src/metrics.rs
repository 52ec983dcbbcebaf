//! What this instance did; a platform prints what is not zero.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use flusso_engine::time::Millis;

/// What was counted and measured of one instance. It never holds an id or an address.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Reactions that were committed.
    pub reactions: Count,
    /// Commits that lost against another.
    pub conflicts: Count,
    /// Commits of which no answer came.
    pub unknown_commits: Count,
    /// Messages that were parked.
    pub parked: Count,
    /// Alarms that the sweep found not rung.
    pub rung_late: Count,
    /// Timers that could not be set.
    pub timer_failures: Count,
    /// Hand-overs of which no answer came.
    pub unknown_sends: Count,
    /// Sends that were listed because no proof came either way.
    pub unresolved_sends: Count,
    /// Claims given back because the performer was too late.
    pub given_back: Count,
    /// Events that were found to have been applied before.
    pub duplicates: Count,
    /// Messages handed over and accepted.
    pub sent: Count,
    /// Claims that were committed and are not recorded yet.
    pub in_flight: Count,
    /// How long the oldest event waited from its receipt until somebody took it up.
    pub oldest_event: Longest,
    /// How long after its instant a contact was looked at.
    pub wake_lateness: Longest,
    /// How long after its commit a state was counted.
    pub stream_lag: Longest,
    /// What was asked of the platform.
    pub asked: Asked,
}

/// What a figure is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// How many.
    Count,
    /// How long.
    Milliseconds,
}

impl Metrics {
    /// What was counted since this was asked last, by name. What is in flight is no count of what was done.
    pub fn take(&self) -> Vec<(&'static str, Unit, u64)> {
        let counts = [
            ("Reactions", &self.reactions),
            ("Conflicts", &self.conflicts),
            ("UnknownCommits", &self.unknown_commits),
            ("Parked", &self.parked),
            ("RungLate", &self.rung_late),
            ("TimerFailures", &self.timer_failures),
            ("UnknownSends", &self.unknown_sends),
            ("UnresolvedSends", &self.unresolved_sends),
            ("GivenBack", &self.given_back),
            ("Duplicates", &self.duplicates),
            ("Sent", &self.sent),
        ];
        let lengths = [
            ("OldestEvent", &self.oldest_event),
            ("WakeLateness", &self.wake_lateness),
            ("StreamLag", &self.stream_lag),
        ];
        let counts = counts.map(|(name, count)| (name, Unit::Count, count.take()));
        let lengths = lengths.map(|(name, longest)| (name, Unit::Milliseconds, longest.take()));
        counts.into_iter().chain(lengths).collect()
    }
}

/// One counter.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds one.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    /// Takes one away.
    pub fn subtract(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
    /// The value, and zero from now on.
    fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }
    /// The value.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The longest of several lengths of time.
#[derive(Debug, Default)]
pub struct Longest(AtomicU64);

impl Longest {
    /// One more; a negative one is none.
    pub fn see(&self, length: Millis) {
        self.0.fetch_max(u64::try_from(length.0).unwrap_or(0), Ordering::Relaxed);
    }
    /// The longest so far, and none from now on.
    fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// Requests by their names (`DynamoDB.PutItem`), and the units that were reported for them.
#[derive(Debug, Default)]
pub struct Asked(Mutex<BTreeMap<String, f64>>);

impl Asked {
    /// Adds to what was asked under a name.
    pub fn add(&self, name: &str, amount: f64) {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match asked.get_mut(name) {
            Some(known) => *known += amount,
            None => _ = asked.insert(name.to_owned(), amount),
        }
    }
    /// What was asked since this was asked last.
    pub fn take(&self) -> BTreeMap<String, f64> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
