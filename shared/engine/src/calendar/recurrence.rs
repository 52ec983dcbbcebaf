//! Times that come again: `monday at 09:00`, `month on last at 09:00`, `2 weeks on friday at 10:00 from
//! 2026-01-02`. What a recurrence says in numbers and dates; a date's time becomes an instant by the rule of
//! [`at_wall`], as RFC 5545 (3.3.10) has it.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use serde::{Deserialize, Serialize};

use super::text::{Unreadable, stored_as_text};
use super::{CalendarDate, LeapDay, TimeOfDay, Weekdays, at_wall, rrule};
use crate::time::{Instant, Millis};
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, text};
use crate::yaml::{Node, Value};

/// A time of day on dates that come again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Recurrence {
    /// On which dates.
    pub every: Every,
    /// At which time.
    pub at: TimeOfDay,
    /// The first date that may be one, from which several days, weeks, months or years are counted.
    pub from: Option<Date>,
}

/// The dates of a recurrence. The numbers count from 1; above 1, there is a date to count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// Every so many days.
    Days(u16),
    /// On these days of every so many weeks; weeks begin on Monday.
    Weeks(u16, Weekdays),
    /// Once in every so many months.
    Months(u16, MonthDay),
    /// On this date of every so many years; a 29 February clamps to the 28th.
    Years(u16, CalendarDate),
}

/// A day of a month. Of a shorter month it is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonthDay {
    /// From 1 to 31.
    Day(i8),
    /// Whichever is the last.
    Last,
}

/// One time of a recurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Its date on the wall clock.
    pub date: Date,
    /// Its time on the wall clock.
    pub time: TimeOfDay,
    /// Its instant.
    pub at: Instant,
}

/// The most days, weeks, months or years from one time to the next.
const MOST: u16 = 400;

impl Occurrence {
    /// What tells it from every other of its recurrence, whatever the zone: `2026-03-30T09:00`.
    pub fn id(&self) -> String {
        format!("{}T{}", self.date, self.time)
    }
}

impl Recurrence {
    /// Reads the value of `every:`, with `at:` and `from:` beside it if the text does not name them.
    pub fn read(node: &Node, map: &mut MapReader<'_>, problems: &mut Problems) -> Option<Self> {
        let beside = Beside::read(map, problems)?;
        let parts = match &node.value {
            Value::List(_) => Ok(Parts::of(Every::Weeks(1, Weekdays::read(node, problems)?))),
            _ => Parts::parse(text(node, "every", problems)?),
        };
        let read = parts.and_then(|parts| parts.finish(beside));
        read.map_err(|why| problems.error(node.place, "recurrence.unreadable", why.to_string())).ok()
    }

    /// Reads the value of `rrule:`, the part of RFC 5545 that says no more than `every:` can, with `at:` and
    /// `from:` beside it.
    pub fn read_rrule(node: &Node, map: &mut MapReader<'_>, problems: &mut Problems) -> Option<Self> {
        let beside = Beside::read(map, problems)?;
        let parts = rrule::parse(text(node, "rrule", problems)?, beside.from);
        let read = parts.and_then(|parts| parts.finish(beside));
        read.map_err(|why| problems.error(node.place, "rrule.unreadable", why.to_string())).ok()
    }

    /// The first occurrence after `after`; none where the calendar ends.
    ///
    /// Asked again with each answer, it gives every occurrence once, in order. Where a zone left a date out,
    /// its time falls on that of the next date; if that is one of the recurrence too, it stands for both.
    pub fn next(&self, after: Instant, zone: &TimeZone) -> Option<Occurrence> {
        // A change of clocks shifts by a day at most.
        let mut date = zone.to_datetime(after.timestamp()).date().saturating_sub(2.days());
        loop {
            let this = self.occurrence(self.first_date(date)?, zone)?;
            date = this.date.tomorrow().ok()?;
            if this.at > after {
                let shared = self.first_date(date).and_then(|date| self.occurrence(date, zone));
                return Some(shared.filter(|next| next.at == this.at).unwrap_or(this));
            }
        }
    }

    /// The first occurrence at or after `from`.
    pub fn next_from(&self, from: Instant, zone: &TimeZone) -> Option<Occurrence> {
        self.next(from - Millis(1), zone)
    }

    /// Every occurrence after `after` up to `until`, the latter included: what is due, and what an outage missed.
    pub fn between(
        &self,
        after: Instant,
        until: Instant,
        zone: &TimeZone,
    ) -> impl Iterator<Item = Occurrence> {
        let next = move |after| self.next(after, zone).filter(|next| next.at <= until);
        std::iter::successors(next(after), move |last| next(last.at))
    }

    /// The occurrence of a date; none if the recurrence leaves it out.
    pub fn on(&self, date: Date, zone: &TimeZone) -> Option<Occurrence> {
        (self.first_date(date)? == date).then(|| self.occurrence(date, zone))?
    }

    fn occurrence(&self, date: Date, zone: &TimeZone) -> Option<Occurrence> {
        Some(Occurrence { date, time: self.at, at: at_wall(self.at.on(date), zone)? })
    }

    /// The first date of the recurrence that is not before `date`.
    fn first_date(&self, date: Date) -> Option<Date> {
        let origin = self.from.unwrap_or(EPOCH);
        let date = self.from.map_or(date, |from| date.max(from));
        match self.every {
            Every::Days(step) => {
                let past = days(origin, date);
                date.checked_add(Span::new().days(up(past, step) - past)).ok()
            }
            Every::Weeks(step, weekdays) => {
                let past = days(monday(origin)?, date).div_euclid(7);
                let next = up(past, step);
                let week = monday(origin)?.checked_add(Span::new().try_weeks(next).ok()?).ok()?;
                weekdays
                    .first_from(date.max(week))
                    .filter(|found| days(week, *found) < 7)
                    .or_else(|| weekdays.first_from(week.checked_add(i64::from(step).weeks()).ok()?))
            }
            Every::Months(step, day) => {
                let past = months(date) - months(origin);
                let of = |month: i64| day.of(months(origin) + month);
                let next = up(past, step);
                of(next).filter(|found| *found >= date).or_else(|| of(next + i64::from(step)))
            }
            Every::Years(step, day) => {
                let of = |years: i64| {
                    let year = i16::try_from(i64::from(origin.year()) + years).ok()?;
                    day.in_year(year, LeapDay::Feb28)
                };
                let next = up(i64::from(date.year()) - i64::from(origin.year()), step);
                of(next).filter(|found| *found >= date).or_else(|| of(next + i64::from(step)))
            }
        }
    }
}

/// Where counting begins if nothing is counted: a Monday.
const EPOCH: Date = Date::constant(1970, 1, 5);

/// The first multiple of `step` that is not below `number`.
fn up(number: i64, step: u16) -> i64 {
    let step = i64::from(step.max(1));
    number + (-number).rem_euclid(step)
}

fn days(from: Date, to: Date) -> i64 {
    i64::from(from.until(to).map_or(0, |span| span.get_days()))
}

fn monday(date: Date) -> Option<Date> {
    date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).ok()
}

/// Months since the year 0.
fn months(date: Date) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month()) - 1
}

impl MonthDay {
    /// The date in a month, counted since the year 0; none outside the calendar.
    fn of(self, month: i64) -> Option<Date> {
        let year = i16::try_from(month.div_euclid(12)).ok()?;
        let first = Date::new(year, i8::try_from(month.rem_euclid(12)).ok()? + 1, 1).ok()?;
        let last = first.last_of_month();
        match self {
            Self::Day(day) => Date::new(last.year(), last.month(), day.min(last.day())).ok(),
            Self::Last => Some(last),
        }
    }
}

/// What a text says of a recurrence; the rest may stand beside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    pub(super) every: Every,
    pub(super) at: Option<TimeOfDay>,
    pub(super) from: Option<Date>,
}

/// The keys beside a recurrence.
#[derive(Clone, Copy, Debug, Default)]
struct Beside {
    at: Option<TimeOfDay>,
    from: Option<Date>,
}

impl Beside {
    /// None if one of them is wrong.
    fn read(map: &mut MapReader<'_>, problems: &mut Problems) -> Option<Self> {
        let at = map.get("at").map(|node| TimeOfDay::read(node, problems));
        let from = map.get("from").map(|node| {
            let date = CalendarDate::read(node, problems)?;
            let from = date.date();
            if from.is_none() {
                problems.error(
                    node.place,
                    "date.unreadable",
                    "`from:` is a date with its year, such as 2026-01-02",
                );
            }
            from
        });
        Some(Self {
            at: at.map_or(Some(None), |at| at.map(Some))?,
            from: from.map_or(Some(None), |from| from.map(Some))?,
        })
    }
}

impl Parts {
    pub(super) const fn of(every: Every) -> Self {
        Self { every, at: None, from: None }
    }

    fn parse(text: &str) -> Result<Self, Unreadable> {
        let (rest, from) = split(text, " from ");
        let (rest, at) = split(rest, " at ");
        let from = from.map(|from| date_of(from, text)).transpose()?;
        let at = at.map(str::parse).transpose()?;
        let rest = rest.trim().trim_start_matches('[').trim_end_matches(']');
        let (what, on) = rest.split_once(" on ").map_or((rest, None), |(what, on)| (what, Some(on.trim())));
        let mut words: Vec<&str> = what.split_whitespace().collect();
        let step = match words.first().and_then(|word| word.parse().ok()) {
            Some(step) => {
                words.remove(0);
                Some(step)
            }
            None => None,
        };
        let unit = words.concat();
        let steps = step.unwrap_or(1);
        let every = match (unit.strip_suffix('s').unwrap_or(&unit), on) {
            ("day", None) => Every::Days(steps),
            ("week", Some(on)) => Every::Weeks(steps, on.parse()?),
            ("month", Some(on)) => Every::Months(steps, on.parse()?),
            ("year", Some(on)) => Every::Years(steps, yearly(on.parse()?)?),
            ("week", None) => {
                return Err(Unreadable(format!("\"{text}\" names no day; write such as \"week on friday\"")));
            }
            ("month", None) => {
                return Err(Unreadable(format!(
                    "\"{text}\" names no day; write such as \"month on 1\" or \"month on last\""
                )));
            }
            ("year", None) => {
                return Err(Unreadable(format!(
                    "\"{text}\" names no day; write such as \"year on --12-24\""
                )));
            }
            (_, None) if step.is_none() => Every::Weeks(1, what.parse().map_err(|_| unreadable(text))?),
            _ => return Err(unreadable(text)),
        };
        Ok(Self { every, at, from })
    }

    fn finish(self, beside: Beside) -> Result<Recurrence, Unreadable> {
        let twice = |key: &str| {
            Unreadable(format!("`{key}:` stands both in the text and beside it; take one of them out"))
        };
        let at = match (self.at, beside.at) {
            (Some(_), Some(_)) => return Err(twice("at")),
            (own, beside) => own.or(beside).ok_or_else(|| {
                Unreadable("a recurring time needs a time of day; add \"at 09:00\"".to_owned())
            })?,
        };
        let from = match (self.from, beside.from) {
            (Some(_), Some(_)) => return Err(twice("from")),
            (own, beside) => own.or(beside),
        };
        let (Every::Days(step) | Every::Weeks(step, _) | Every::Months(step, _) | Every::Years(step, _)) =
            self.every;
        if step == 0 || step > MOST {
            return Err(Unreadable(format!("every {step} is no recurrence; the number is from 1 to {MOST}")));
        }
        if step > 1 && from.is_none() {
            return Err(Unreadable(format!(
                "every {step} must be counted from a date; add \"from 2026-01-02\""
            )));
        }
        Ok(Recurrence { every: self.every, at, from })
    }
}

fn split<'t>(text: &'t str, word: &str) -> (&'t str, Option<&'t str>) {
    text.rsplit_once(word).map_or((text, None), |(rest, found)| (rest, Some(found)))
}

fn unreadable(text: &str) -> Unreadable {
    Unreadable(format!(
        "\"{text}\" is no recurring time; write such as \"monday at 09:00\", \"mon, thu at 09:00\", \"day at 09:00\", \
         \"month on 1 at 09:00\", \"month on last at 09:00\", \"year on --12-24 at 09:00\" or \
         \"2 weeks on friday at 10:00 from 2026-01-02\""
    ))
}

fn date_of(from: &str, text: &str) -> Result<Date, Unreadable> {
    let date: CalendarDate = from.parse()?;
    date.date()
        .ok_or_else(|| Unreadable(format!("\"{text}\" begins in no year; write such as \"from 2026-01-02\"")))
}

fn yearly(date: CalendarDate) -> Result<CalendarDate, Unreadable> {
    match date.year() {
        None => Ok(date),
        Some(_) => {
            Err(Unreadable(format!("{date} is a date of one year; write it without, such as --12-24")))
        }
    }
}

impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step =
            |step: u16, unit: &str| if step == 1 { unit.to_owned() } else { format!("{step} {unit}s") };
        match self.every {
            Every::Days(days) => f.write_str(&step(days, "day"))?,
            Every::Weeks(1, weekdays) => write!(f, "{weekdays}")?,
            Every::Weeks(weeks, weekdays) => write!(f, "{} on {weekdays}", step(weeks, "week"))?,
            Every::Months(months, day) => write!(f, "{} on {day}", step(months, "month"))?,
            Every::Years(years, date) => write!(f, "{} on {date}", step(years, "year"))?,
        }
        write!(f, " at {}", self.at)?;
        self.from.map_or(Ok(()), |from| write!(f, " from {from}"))
    }
}

impl FromStr for Recurrence {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        Parts::parse(text)?.finish(Beside::default())
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{day}"),
            Self::Last => f.write_str("last"),
        }
    }
}

impl FromStr for MonthDay {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        match text.parse::<i8>() {
            Ok(day @ 1..=31) => Ok(Self::Day(day)),
            _ if text == "last" => Ok(Self::Last),
            _ => Err(Unreadable(format!("\"{text}\" is no day of a month; write 1 to 31, or last"))),
        }
    }
}

stored_as_text!(Recurrence);
