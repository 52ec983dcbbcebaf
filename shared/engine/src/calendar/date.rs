//! A date without time or zone, its year optional: `1987-05-14`, `--05-14`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::text::{self, Unreadable, stored_as_text};
use crate::workflow::problem::Problems;
use crate::yaml::Node;

/// A date of one year, or of every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CalendarDate {
    year: Option<i16>,
    month: i8,
    day: i8,
}

/// When 29 February is kept in a year that does not have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum LeapDay {
    /// On 28 February: nobody is greeted late.
    #[default]
    Feb28,
    /// On 1 March.
    Mar1,
    /// Not at all.
    LeapYears,
}

impl CalendarDate {
    /// Reads one from a document.
    pub fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let example = "a date, such as 2026-12-25, or --12-25 for every year,";
        text::read(node, "date.unreadable", example, problems)
    }

    /// A date of one year.
    pub fn of(date: Date) -> Self {
        Self { year: Some(date.year()), month: date.month(), day: date.day() }
    }

    /// A day of every year.
    pub(super) fn yearly(month: i8, day: i8) -> Result<Self, Unreadable> {
        format!("--{month:02}-{day:02}").parse()
    }

    /// Its year, if it has one.
    pub const fn year(self) -> Option<i16> {
        self.year
    }

    /// The one day that it is, if it has its year.
    pub fn date(self) -> Option<Date> {
        Date::new(self.year?, self.month, self.day).ok()
    }

    /// Whether this is what programs write who know no date: 1 January 1970, and everything in the year 0.
    pub fn is_placeholder(self) -> bool {
        self.year == Some(0) || (self.year, self.month, self.day) == (Some(1970), 1, 1)
    }

    /// The day on which it comes round in a year, its own year aside. None if that year leaves it out, or
    /// lies outside the calendar.
    pub fn in_year(self, year: i16, leap_day: LeapDay) -> Option<Date> {
        Date::new(year, self.month, self.day).ok().or_else(|| match leap_day {
            LeapDay::Feb28 => Date::new(year, 2, 28).ok(),
            LeapDay::Mar1 => Date::new(year, 3, 1).ok(),
            LeapDay::LeapYears => None,
        })
    }

    /// Whether it is this day. `--02-29` is 29 February alone.
    pub fn falls_on(self, date: Date) -> bool {
        self.year.is_none_or(|year| year == date.year())
            && (self.month, self.day) == (date.month(), date.day())
    }
}

impl fmt::Display for CalendarDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.year {
            Some(year) => write!(f, "{year:04}-{:02}-{:02}", self.month, self.day),
            None => write!(f, "--{:02}-{:02}", self.month, self.day),
        }
    }
}

impl FromStr for CalendarDate {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let text = text.trim();
        let Some((year, month, day)) = parts(text) else {
            return Err(Unreadable(format!(
                "\"{text}\" is no date; write one such as 1980-05-17, or --05-17 without the year"
            )));
        };
        // 2024 is a leap year, so that --02-29 is a day.
        Date::new(year.unwrap_or(2024), month, day)
            .map_err(|_| Unreadable(format!("{text}: there is no such day")))
            .map(|_| Self { year, month, day })
    }
}

fn parts(text: &str) -> Option<(Option<i16>, i8, i8)> {
    let (year, rest) = match text.strip_prefix("--") {
        Some(rest) => (None, rest),
        None => text.split_once('-').and_then(|(year, rest)| Some((Some(digits(year, 4)?), rest)))?,
    };
    let (month, day) = rest.split_once('-')?;
    Some((year, digits(month, 2)?, digits(day, 2)?))
}

fn digits<T: FromStr>(part: &str, count: usize) -> Option<T> {
    let fits = part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    part.parse().ok().filter(|_| fits)
}

impl LeapDay {
    const NAMES: [(Self, &str); 3] =
        [(Self::Feb28, "feb 28"), (Self::Mar1, "mar 1"), (Self::LeapYears, "leap years")];

    /// Reads one from a document.
    pub fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        text::read(node, "leap_day.unknown", "feb 28, mar 1 or leap years", problems)
    }
}

impl fmt::Display for LeapDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::NAMES.iter().find(|(kind, _)| kind == self).map_or(Ok(()), |(_, name)| f.write_str(name))
    }
}

impl FromStr for LeapDay {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        Self::NAMES.iter().find(|(_, name)| *name == text).map(|(kind, _)| *kind).ok_or_else(|| {
            Unreadable(format!(
                "\"{text}\" does not say when 29 February is kept in other years; write feb 28, mar 1 or leap years"
            ))
        })
    }
}

stored_as_text!(CalendarDate, LeapDay);
