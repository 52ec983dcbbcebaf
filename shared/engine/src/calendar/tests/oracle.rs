//! A second opinion on wall clocks: plain arithmetic on days and minutes, and a walk through a clock minute by
//! minute. It shares nothing with the code under test but the offsets of the database.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::calendar::Window;
use crate::time::Instant;
use crate::workflow::problem::Problems;
use crate::yaml;

pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// A zone's clock around an instant, in milliseconds from there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Clock {
    /// What the clock of the first piece would read at the instant, in milliseconds since the first of 1970.
    pub(super) wall: i64,
    /// From when on the clock is ahead of the first piece, and by how much. In order; the first is ahead by 0.
    pub(super) pieces: Vec<(i64, i64)>,
}

impl Clock {
    /// The clock of a zone, with its changes from `before` to `after` that instant.
    pub(super) fn around(at: Instant, zone: &TimeZone, before: i64, after: i64) -> Self {
        let start = Timestamp::from_millisecond(at.millis() - before).unwrap();
        let ahead = |offset: jiff::tz::Offset| i64::from(offset.seconds()) * 1000;
        let first = ahead(zone.to_offset(start));
        let mut pieces = vec![(i64::MIN, 0)];
        for change in zone.following(start) {
            let since = change.timestamp().as_millisecond() - at.millis();
            if since > after {
                break;
            }
            let ahead = ahead(change.offset()) - first;
            if pieces.last().is_some_and(|(_, last)| *last != ahead) {
                pieces.push((since, ahead));
            }
        }
        Self { wall: at.millis() + first, pieces }
    }

    /// The same clock in the week of 1 January 1970: all that matters where dates don't.
    pub(super) fn undated(mut self) -> Self {
        self.wall = self.wall.rem_euclid(7 * DAY);
        self
    }

    /// What it reads at a time.
    pub(super) fn reads(&self, time: i64) -> i64 {
        let piece = self.pieces.iter().rev().find(|(since, _)| *since <= time).unwrap();
        self.wall + time + piece.1
    }

    /// The time at which it reads a wall clock, by RFC 5545: the first of two; if there is none, as the clock
    /// before the gap would have read it.
    pub(super) fn time_of(&self, wall: i64) -> i64 {
        let ends = self.pieces.iter().skip(1).map(|(since, _)| *since).chain([i64::MAX]);
        let mut shifted = None;
        for ((since, ahead), end) in self.pieces.iter().zip(ends) {
            let time = wall - self.wall - ahead;
            if *since <= time && time < end {
                return time;
            }
            if time >= end {
                shifted = Some(time);
            }
        }
        shifted.unwrap()
    }

    /// From when to when it runs on without a change.
    fn unchanged(&self, from: i64, to: i64) -> impl Iterator<Item = (i64, i64)> {
        let ends = self.pieces.iter().skip(1).map(|(since, _)| *since).chain([i64::MAX]);
        let pieces =
            self.pieces.iter().zip(ends).map(move |((since, _), end)| ((*since).max(from), end.min(to)));
        pieces.filter(|(since, end)| since < end)
    }

    /// The length of a step that meets every minute of the wall clock.
    fn step(&self) -> i64 {
        let whole = |length: i64| length % MINUTE == 0;
        let all = whole(self.wall) && self.pieces.iter().all(|(_, ahead)| whole(*ahead));
        if all { MINUTE } else { 30_000 }
    }
}

/// A date and its day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) date: i64,
    /// From Monday, 0.
    pub(super) weekday: i64,
}

impl Day {
    /// The day of a number, counted from the first of 1970: years and months are walked through one by one.
    pub(super) fn number(number: i64) -> Self {
        let (mut rest, mut year) = (number, 1970);
        while rest < 0 {
            year -= 1;
            rest += days_of_year(year);
        }
        while rest >= days_of_year(year) {
            rest -= days_of_year(year);
            year += 1;
        }
        let mut month = 1;
        while rest >= days_of_month(year, month) {
            rest -= days_of_month(year, month);
            month += 1;
        }
        Self { year, month, date: rest + 1, weekday: (number + 3).rem_euclid(7) }
    }

    pub(super) fn is_last_of_month(self) -> bool {
        self.date == days_of_month(self.year, self.month)
    }
}

fn days_of_year(year: i64) -> i64 {
    if days_of_month(year, 2) == 29 { 366 } else { 365 }
}

pub(super) fn days_of_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// What a window says, in the oracle's own words.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// Days of the week from Monday, 0.
    pub(super) days: Vec<i64>,
    /// Minutes since midnight; the second may lie in the next day.
    pub(super) bands: Vec<(i64, i64)>,
    /// Minutes since midnight.
    pub(super) at: Vec<i64>,
    /// Months and days.
    pub(super) quiet: Vec<(i64, i64)>,
}

impl Shape {
    /// The window, by way of a document.
    pub(super) fn window(&self) -> Window {
        let clock = |minutes: i64| format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
        let end = |minutes: i64| if minutes == 1440 { "24:00".to_owned() } else { clock(minutes) };
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let days: Vec<&str> = self.days.iter().map(|day| names[index(*day)]).collect();
        let bands: Vec<String> =
            self.bands.iter().map(|(from, to)| format!("\"{}-{}\"", clock(*from), end(*to))).collect();
        let at: Vec<String> = self.at.iter().map(|at| format!("\"{}\"", clock(*at))).collect();
        let quiet: Vec<String> =
            self.quiet.iter().map(|(month, day)| format!("--{month:02}-{day:02}")).collect();
        let mut source = format!("days: [{}]\n", days.join(", "));
        for (key, values) in [("between", bands), ("at", at), ("quiet dates", quiet)] {
            if !values.is_empty() {
                let _ = writeln!(source, "{key}: [{}]", values.join(", "));
            }
        }
        read_window(&source)
    }

    fn allows(&self, number: i64) -> bool {
        let day = (number + 3).rem_euclid(7);
        self.days.contains(&day)
            && (self.quiet.is_empty() || {
                let day = Day::number(number);
                !self.quiet.contains(&(day.month, day.date))
            })
    }

    /// When it is open from one time to another, in order and without touching ones; fixed times are empty.
    pub(super) fn open(&self, clock: &Clock, from: i64, to: i64) -> Vec<(i64, i64)> {
        let mut found =
            if self.at.is_empty() { self.walk(clock, from, to) } else { self.fixed(clock, from, to) };
        found.sort_unstable();
        let mut open: Vec<(i64, i64)> = Vec::new();
        for (begins, ends) in found {
            match open.last_mut() {
                Some(last) if self.at.is_empty() && begins <= last.1 => last.1 = last.1.max(ends),
                Some(last) if *last == (begins, ends) => {}
                _ => open.push((begins, ends)),
            }
        }
        open
    }

    /// Each band of each day: from the first minute that reads inside it to the last.
    fn walk(&self, clock: &Clock, from: i64, to: i64) -> Vec<(i64, i64)> {
        let step = clock.step();
        let first = clock.reads(from).div_euclid(DAY) - 3;
        let days = first..first + (to - from) / DAY + 8;
        let allowed: Vec<bool> = days.map(|day| self.allows(day)).collect();
        let mut met = vec![None; allowed.len() * self.bands.len()];
        // Which bands each minute of a day and of the day after lies in.
        let bands = |minute| {
            (0..self.bands.len())
                .filter(move |band| self.bands[*band].0 <= minute && minute < self.bands[*band].1)
        };
        let inside: Vec<Vec<usize>> = (0..2880).map(|minute| bands(minute).collect()).collect();
        for (since, end) in clock.unchanged(from, to) {
            let reads = clock.reads(since);
            let (mut today, mut reads) = (index(reads.div_euclid(DAY) - first), reads.rem_euclid(DAY));
            for time in (since..end).step_by(index(step)) {
                let minute = index(reads / MINUTE);
                for (day, bands) in [(today, &inside[minute]), (today - 1, &inside[minute + 1440])] {
                    for band in bands.iter().filter(|_| allowed[day]) {
                        met[day * self.bands.len() + band].get_or_insert((time, time)).1 = time + step;
                    }
                }
                reads += step;
                if reads >= DAY {
                    (today, reads) = (today + 1, reads - DAY);
                }
            }
        }
        met.into_iter().flatten().collect()
    }

    /// Each time of each day that the clock reads at all.
    fn fixed(&self, clock: &Clock, from: i64, to: i64) -> Vec<(i64, i64)> {
        let mut days = Vec::new();
        for (since, end) in clock.unchanged(from, to) {
            days.extend(clock.reads(since).div_euclid(DAY)..=clock.reads(end - 1).div_euclid(DAY));
        }
        days.sort_unstable();
        days.dedup();
        let days = days.into_iter().filter(|day| self.allows(*day));
        let walls = days.flat_map(|day| self.at.iter().map(move |at| day * DAY + at * MINUTE));
        walls.map(|wall| clock.time_of(wall)).map(|time| (time, time)).collect()
    }
}

fn index(number: i64) -> usize {
    usize::try_from(number).unwrap()
}

/// A window as a document writes it.
pub(super) fn read_window(source: &str) -> Window {
    let documents = yaml::parse(source, &yaml::Limits::default()).unwrap();
    let mut problems = Problems::default();
    let window = Window::read(&documents[0], &mut problems);
    window.unwrap_or_else(|| panic!("{source}: {:?}", problems.into_sorted()))
}
