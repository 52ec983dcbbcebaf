//! Instants and lengths of time as plain integers. Reading a clock is not this crate's business.

use std::fmt;
use std::ops::{Add, Sub};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A point on the UTC time line, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(i64);

/// A length of elapsed time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

impl Millis {
    /// A length of `n` seconds.
    pub const fn seconds(n: i64) -> Self {
        Self(n * 1000)
    }
    /// A length of `n` minutes.
    pub const fn minutes(n: i64) -> Self {
        Self(n * 60_000)
    }
    /// A length of `n` hours.
    pub const fn hours(n: i64) -> Self {
        Self(n * 3_600_000)
    }
    /// Whole seconds, rounded up: what a delayed message needs in order not to ring early.
    pub const fn as_seconds_up(self) -> i64 {
        (self.0 + 999).div_euclid(1000)
    }
}

impl Instant {
    /// The latest instant that can be stored (year 9999); stands for "never" in comparisons.
    pub const MAX: Self = Self(253_402_207_200_000);

    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }
    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }
    /// The minute that contains this instant, counted from the epoch.
    pub const fn minute(self) -> i64 {
        self.0.div_euclid(60_000)
    }
    /// The first instant of a minute counted from the epoch.
    pub const fn from_minute(minute: i64) -> Self {
        Self(minute * 60_000)
    }
    /// From a civil timestamp; anything finer than a millisecond is dropped.
    pub fn from_timestamp(timestamp: Timestamp) -> Self {
        Self(timestamp.as_millisecond())
    }
    /// As a civil timestamp, clamped to the range that the calendar knows.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0.clamp(-62_135_596_800_000, Self::MAX.0))
            .unwrap_or(Timestamp::UNIX_EPOCH)
    }
    /// Reads RFC 3339, such as `2026-11-21T09:00:00Z` or with an offset.
    pub fn parse(text: &str) -> Option<Self> {
        text.trim().parse::<Timestamp>().ok().map(Self::from_timestamp)
    }
    /// The elapsed time since `earlier`; negative if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Millis {
        Millis(self.0 - earlier.0)
    }
}

impl Add<Millis> for Instant {
    type Output = Self;
    fn add(self, length: Millis) -> Self {
        Self(self.0.saturating_add(length.0))
    }
}

impl Sub<Millis> for Instant {
    type Output = Self;
    fn sub(self, length: Millis) -> Self {
        Self(self.0.saturating_sub(length.0))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.timestamp(), f)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
