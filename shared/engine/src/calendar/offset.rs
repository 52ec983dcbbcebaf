//! How far before or after something: `3 days before`, `1 week after`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::text::{self, Unreadable, stored_as_text};
use super::{Duration, at_wall};
use crate::time::Instant;
use crate::workflow::problem::Problems;
use crate::yaml::Node;

/// A length of time before or after something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Offset {
    length: Duration,
    side: Side,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

impl Offset {
    /// Reads one from a document.
    pub fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        text::read(node, "offset.unreadable", "\"3 days before\" or \"1 week after\"", problems)
    }

    /// How far.
    pub const fn length(self) -> Duration {
        self.length
    }

    /// The instant so far from another. Days and longer are counted on the calendar, from that date, and
    /// clamped to the end of a shorter month; hours and shorter elapse. None where the calendar ends.
    pub fn from_instant(self, from: Instant, zone: &TimeZone) -> Option<Instant> {
        match (self.length.elapsed(), self.side) {
            _ if self.length.amount() == 0 => Some(from),
            (Some(elapsed), Side::Before) => Some(from - elapsed),
            (Some(elapsed), Side::After) => Some(from + elapsed),
            (None, _) => self.on_calendar(zone.to_datetime(from.timestamp()), zone),
        }
    }

    /// The instant so far from a wall clock, by the same rules.
    pub fn from_wall(self, from: DateTime, zone: &TimeZone) -> Option<Instant> {
        if self.length.elapsed().is_some() {
            return self.from_instant(at_wall(from, zone)?, zone);
        }
        self.on_calendar(from, zone)
    }

    fn on_calendar(self, from: DateTime, zone: &TimeZone) -> Option<Instant> {
        let wall = match self.side {
            Side::Before => from.checked_sub(self.length.span()),
            Side::After => from.checked_add(self.length.span()),
        };
        at_wall(wall.ok()?, zone)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Before => "before",
            Side::After => "after",
        };
        write!(f, "{} {side}", self.length)
    }
}

impl FromStr for Offset {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let (length, side) = text.trim().rsplit_once(' ').unwrap_or_default();
        let side = match side {
            "before" => Side::Before,
            "after" => Side::After,
            _ => {
                return Err(Unreadable(format!(
                    "\"{text}\" does not say on which side; write such as \"3 days before\" or \"1 week after\""
                )));
            }
        };
        Ok(Self { length: length.parse()?, side })
    }
}

stored_as_text!(Offset);
