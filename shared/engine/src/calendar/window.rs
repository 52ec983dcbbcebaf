//! Send windows: on which days and at which times messages may go out. What a window says; `hours` finds
//! out when it is open.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::text::{self, Unreadable, stored_as_text};
use super::{CalendarDate, TimeOfDay, Weekdays, ZoneChoice};
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, one_or_more};
use crate::yaml::Node;

/// When messages may go out: on these days of the week, at these times, but not on quiet dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct Window {
    /// The days of the week. A band belongs to the day on which it begins.
    pub days: Weekdays,
    /// The times of each of these days.
    pub times: Times,
    /// Dates without any time, as holidays are.
    pub quiet: BTreeSet<CalendarDate>,
    /// On whose wall clock.
    pub zone: ZoneChoice,
}

/// The times of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Times {
    /// From one time to another; in the order in which they begin, at least one.
    Between(Vec<Band>),
    /// At these instants; in order, at least one.
    At(Vec<TimeOfDay>),
}

/// From one time of day, included, to another, excluded: `09:00-12:30`. `22:00-06:00` goes on past midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Band {
    from: TimeOfDay,
    /// Minutes, 1 to 1440.
    length: i16,
}

/// Bands or times of a day, and quiet dates, at most.
const MOST: usize = 400;
const KEYS: &[&str] = &["zone", "days", "between", "at", "quiet dates"];

impl Window {
    /// Reads one from a document.
    pub fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut map = MapReader::open(node, "a send window", problems)?;
        if map.rest().is_empty() {
            let message = "a window without anything is always open; write `days:`, `between:`, `at:` or `quiet dates:`";
            problems.error(node.place, "window.empty", message);
        }
        let zone = map.get("zone").map_or(Some(ZoneChoice::Contact), |node| ZoneChoice::read(node, problems));
        let days = map.get("days").map_or(Some(Weekdays::ALL), |node| Weekdays::read(node, problems));
        let between = map.get("between").map(|node| each(node, problems, Band::read));
        let at = map.get("at").map(|node| each(node, problems, TimeOfDay::read));
        let quiet =
            map.get("quiet dates").map_or(Some(Vec::new()), |node| each(node, problems, CalendarDate::read));
        map.finish(KEYS, problems);
        let written = Written {
            days: days?,
            between: between.unwrap_or_else(|| Some(Vec::new()))?,
            at: at.unwrap_or_else(|| Some(Vec::new()))?,
            quiet: quiet?.into_iter().collect(),
            zone: zone?,
        };
        written
            .try_into()
            .map_err(|why: Unreadable| problems.error(node.place, "window.times", why.to_string()))
            .ok()
    }

    /// Whether its times count on a date.
    pub(super) fn allows(&self, date: Date) -> bool {
        // Most dates are settled by the day of the week, and few windows have many quiet dates.
        self.days.contains(date.weekday()) && !self.quiet.iter().any(|quiet| quiet.falls_on(date))
    }
}

/// One value or several.
fn each<T>(
    node: &Node,
    problems: &mut Problems,
    read: fn(&Node, &mut Problems) -> Option<T>,
) -> Option<Vec<T>> {
    let items = one_or_more(node);
    if items.is_empty() || items.len() > MOST {
        problems.error(
            node.place,
            "window.list",
            format!("1 to {MOST} values belong here, not {}", items.len()),
        );
        return None;
    }
    // All of them, so that every problem is told.
    let read: Vec<Option<T>> = items.iter().map(|item| read(item, problems)).collect();
    read.into_iter().collect()
}

/// A window as it is stored: the keys of a document.
#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(default = "every_day")]
    days: Weekdays,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    between: Vec<Band>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    at: Vec<TimeOfDay>,
    #[serde(default, rename = "quiet dates", skip_serializing_if = "BTreeSet::is_empty")]
    quiet: BTreeSet<CalendarDate>,
    #[serde(default)]
    zone: ZoneChoice,
}

fn every_day() -> Weekdays {
    Weekdays::ALL
}

impl TryFrom<Written> for Window {
    type Error = Unreadable;

    fn try_from(written: Written) -> Result<Self, Unreadable> {
        let Written { days, mut between, mut at, quiet, zone } = written;
        between.sort();
        between.dedup();
        at.sort();
        at.dedup();
        let times = match (between.is_empty(), at.is_empty()) {
            (true, true) => Times::Between(vec![Band::WHOLE_DAY]),
            (false, true) => Times::Between(between),
            (true, false) => Times::At(at),
            (false, false) => {
                let message = "a window has either `between:` with bands or `at:` with fixed times; take one of them out";
                return Err(Unreadable(message.to_owned()));
            }
        };
        Ok(Self { days, times, quiet, zone })
    }
}

impl From<Window> for Written {
    fn from(window: Window) -> Self {
        let Window { days, times, quiet, zone } = window;
        let (between, at) = match times {
            Times::Between(bands) if bands == [Band::WHOLE_DAY] => (Vec::new(), Vec::new()),
            Times::Between(bands) => (bands, Vec::new()),
            Times::At(at) => (Vec::new(), at),
        };
        Self { days, between, at, quiet, zone }
    }
}

/// As an author would write it, on one line.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn list<T: fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
            items.into_iter().map(|item| format!("\"{item}\"")).collect::<Vec<_>>().join(", ")
        }
        write!(f, "{{ zone: {}, days: [{}]", self.zone, self.days)?;
        match &self.times {
            Times::Between(bands) => write!(f, ", between: [{}]", list(bands))?,
            Times::At(at) => write!(f, ", at: [{}]", list(at))?,
        }
        if !self.quiet.is_empty() {
            write!(f, ", quiet dates: [{}]", list(&self.quiet))?;
        }
        f.write_str(" }")
    }
}

impl Band {
    /// From midnight to midnight.
    pub const WHOLE_DAY: Self = Self { from: TimeOfDay::MIDNIGHT, length: 1440 };

    /// Reads one from a document.
    pub fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        text::read(node, "band.unreadable", "a band of time, such as \"09:00-12:30\",", problems)
    }

    /// When it begins.
    pub const fn from(self) -> TimeOfDay {
        self.from
    }

    /// The last millisecond that the wall clock reads inside it, if it begins on a date; none where the
    /// calendar ends.
    pub(super) fn last_reading(self, date: Date) -> Option<DateTime> {
        let minute = self.from.minutes() + self.length - 1;
        let date = if minute < 1440 { date } else { date.tomorrow().ok()? };
        let last = TimeOfDay::after_midnight(minute).on(date);
        last.with().second(59).millisecond(999).build().ok()
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.from.minutes() + self.length {
            1440 => write!(f, "{}-24:00", self.from),
            end => write!(f, "{}-{}", self.from, TimeOfDay::after_midnight(end)),
        }
    }
}

impl FromStr for Band {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let (from, to) = text.split_once('-').ok_or_else(|| {
            Unreadable(format!(
                "\"{text}\" is no band of time; write from when to when, such as \"09:00-12:30\""
            ))
        })?;
        let from: TimeOfDay = from.parse()?;
        let end = if to.trim() == "24:00" { 1440 } else { to.parse::<TimeOfDay>()?.minutes() };
        let length = end - from.minutes();
        if length == 0 {
            return Err(Unreadable(format!(
                "\"{text}\" ends when it begins; write \"00:00-24:00\" for a whole day"
            )));
        }
        Ok(Self { from, length: if length < 0 { length + 1440 } else { length } })
    }
}

stored_as_text!(Band);
