//! A time of day to the minute, `09:00`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};
use serde::{Deserialize, Serialize};

use super::text::{self, Unreadable, stored_as_text};
use crate::workflow::problem::Problems;
use crate::yaml::Node;

/// A time of day on a wall clock, to the minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TimeOfDay {
    hour: i8,
    minute: i8,
}

impl TimeOfDay {
    /// The beginning of a day.
    pub const MIDNIGHT: Self = Self { hour: 0, minute: 0 };

    /// Reads one from a document.
    pub fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        text::read(node, "time_of_day.unreadable", "a time of day, such as \"09:00\",", problems)
    }

    /// Minutes since midnight.
    pub(super) const fn minutes(self) -> i16 {
        self.hour as i16 * 60 + self.minute as i16
    }

    /// The time of day so many minutes after midnight, beginning anew after each day.
    pub(super) fn after_midnight(minutes: i16) -> Self {
        let small = |number: i16| i8::try_from(number).unwrap_or(0);
        Self { hour: small(minutes.rem_euclid(1440) / 60), minute: small(minutes.rem_euclid(60)) }
    }

    /// This time on a date.
    pub fn on(self, date: Date) -> DateTime {
        date.to_datetime(Time::constant(self.hour, self.minute, 0, 0))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

impl FromStr for TimeOfDay {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let number = |part: &str, least: usize, below: i8| {
            let digits = (least..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            part.parse::<i8>().ok().filter(|number| digits && *number < below)
        };
        let (hour, minute) = text.trim().split_once(':').unwrap_or_default();
        match (number(hour, 1, 24), number(minute, 2, 60)) {
            (Some(hour), Some(minute)) => Ok(Self { hour, minute }),
            _ => Err(Unreadable(format!(
                "\"{text}\" is no time of day; write hours and minutes, such as \"09:00\" or \"17:30\""
            ))),
        }
    }
}

stored_as_text!(TimeOfDay);
