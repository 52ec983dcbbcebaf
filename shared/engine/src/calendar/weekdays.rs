//! Days of the week, `mon`, `mon-fri`, `[mon, thu]`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use super::text::{self, Unreadable, stored_as_text};
use crate::workflow::problem::Problems;
use crate::workflow::reader::one_or_more;
use crate::yaml::Node;

/// One or more days of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Weekdays(u8);

/// The days from Monday on, as they are written; of each, the first three letters do as well.
const NAMES: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Weekdays {
    /// Every day.
    pub const ALL: Self = Self(0b111_1111);

    /// Reads them from a document: a day, a span of days, or a list of these.
    pub fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let items = one_or_more(node);
        if items.is_empty() {
            problems.error(node.place, "weekdays.unreadable", "name at least one day, such as [mon, tue]");
        }
        let days =
            items.iter().map(|item| text::read(item, "weekdays.unreadable", "a day, such as mon,", problems));
        days.reduce(|all, more| Some(Self::and(all?, more?))).flatten()
    }

    /// One day.
    pub fn one(day: Weekday) -> Self {
        Self(1 << day.to_monday_zero_offset())
    }

    /// Whether this is one of them.
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & Self::one(day).0 != 0
    }

    /// The first date of them that is not before `date`; none where the calendar ends.
    pub(super) fn first_from(self, date: Date) -> Option<Date> {
        let mut week = date.series(jiff::Span::new().days(1)).take(7);
        week.find(|date| self.contains(date.weekday()))
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for Weekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = (0..7).filter(|at| self.0 & (1 << at) != 0).map(|at| &NAMES[at][..3]);
        f.write_str(&days.collect::<Vec<_>>().join(", "))
    }
}

impl FromStr for Weekdays {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let days = text.split([',', ' ']).filter(|part| !part.is_empty());
        let days = days.map(|part| match part.split_once('-') {
            Some((first, last)) => span(first, last),
            None => day(part).map(|at| Self(1 << at)),
        });
        days.reduce(|all, more| Some(all?.and(more?))).flatten().ok_or_else(|| {
            Unreadable(format!(
                "\"{text}\" names no days of the week; write mon, tue, wed, thu, fri, sat or sun, several with \
                 commas, or from one to another as in mon-fri"
            ))
        })
    }
}

fn day(word: &str) -> Option<usize> {
    let word = word.to_ascii_lowercase();
    NAMES.iter().position(|name| word == *name || word == name[..3])
}

/// From one day to another; `sat-mon` are three.
fn span(first: &str, last: &str) -> Option<Weekdays> {
    let (first, last) = (day(first)?, day(last)?);
    let length = (last + 7 - first) % 7;
    Some(Weekdays((0..=length).fold(0, |days, step| days | 1 << ((first + step) % 7))))
}

stored_as_text!(Weekdays);
