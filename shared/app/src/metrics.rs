//! Counts of what this instance did; a platform prints them when they are not zero.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one instance. They never hold an id or an address.
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
    /// Claims given back because the performer was too late.
    pub given_back: Count,
    /// Events that were found to have been applied before.
    pub duplicates: Count,
    /// Messages handed over and accepted.
    pub sent: Count,
    /// Claims that were committed and are not recorded yet.
    pub in_flight: Count,
}

impl Metrics {
    /// What was counted since this was asked last, by name. What is in flight is no count of what was done.
    pub fn take(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("Reactions", self.reactions.take()),
            ("Conflicts", self.conflicts.take()),
            ("UnknownCommits", self.unknown_commits.take()),
            ("Parked", self.parked.take()),
            ("RungLate", self.rung_late.take()),
            ("TimerFailures", self.timer_failures.take()),
            ("UnknownSends", self.unknown_sends.take()),
            ("GivenBack", self.given_back.take()),
            ("Duplicates", self.duplicates.take()),
            ("Sent", self.sent.take()),
        ]
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
