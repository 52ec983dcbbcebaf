//! When send windows are open: in whose zone, on which side of a change of clocks, and when next.
//!
//! A band of a day is the one stretch from the first to the last instant at which the wall clock reads inside
//! it. So a band that begins in a gap begins at the gap's end, a repeated hour makes one longer band and not
//! two, and a band that a gap swallows does not open that day. A fixed time is an instant by the rule of
//! [`at_wall`]; a day that a zone leaves out altogether has none.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span};
use sha2::{Digest, Sha256};

use super::TimeOfDay;
use super::wall::{at_wall, first_reading, last_reading};
use super::window::{Band, Times, Window};
use crate::time::{Instant, Millis};

/// Send windows, each on its zone's wall clock, that must all be open. Without any, it is always open.
#[derive(Debug, Default)]
pub struct Hours<'w>(Vec<Layer<'w>>);

/// One window in its zone.
#[derive(Debug)]
struct Layer<'w> {
    window: &'w Window,
    zone: TimeZone,
}

/// When a message that had to wait goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// The opening for which it waited, or its arrival if it need not wait.
    pub opening: Instant,
    /// Its own instant: the opening and its share of the spread.
    pub at: Instant,
}

/// From `from`, included, to `to`, excluded.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: Instant,
    to: Instant,
}

/// How far an open stretch is followed.
const WEEK: Millis = Millis::hours(7 * 24);
/// In the Gregorian calendar dates and days of the week repeat after 400 years, which are 146,097 days.
pub(super) const CYCLE: Millis = Millis::hours(146_097 * 24);
/// From 2100 on every zone changes its clocks by a yearly rule (a test looks at each of them).
pub(super) const RULES_ALONE: Instant = Instant::from_millis(4_102_444_800_000);

impl<'w> Hours<'w> {
    /// Windows with their zones.
    pub fn new(windows: impl IntoIterator<Item = (&'w Window, TimeZone)>) -> Self {
        Self(windows.into_iter().map(|(window, zone)| Layer { window, zone }).collect())
    }

    /// Whether all of them are open.
    pub fn is_open(&self, at: Instant) -> bool {
        self.0.iter().all(|layer| layer.next_open(at, at).is_some())
    }

    /// The first instant at or after `at` at which all of them are open. None means never, and takes some
    /// tenths of a second to find out; with an end in sight ask [`Self::next_open_until`].
    ///
    /// Never is certain: from the year 2100 and the last quiet date with a year on, everything repeats
    /// after 400 years, and these are searched.
    pub fn next_open(&self, at: Instant) -> Option<Instant> {
        let dates = self.0.iter().flat_map(|layer| &layer.window.quiet);
        let last_year = dates.filter_map(|date| date.year()).max();
        let dated = last_year.and_then(|year| at_wall(wall(Date::new(year, 12, 31).ok()?), &TimeZone::UTC));
        let periodic = at.max(RULES_ALONE).max(dated.unwrap_or(at) + WEEK);
        self.next_open_until(at, periodic + CYCLE + WEEK)
    }

    /// The first instant from `at` to `until`, both included, at which all of them are open.
    pub fn next_open_until(&self, at: Instant, until: Instant) -> Option<Instant> {
        let mut candidate = at;
        loop {
            // No instant that is passed over here is open in all: one layer is closed there.
            let later = self.0.iter().try_fold(candidate, |at, layer| layer.next_open(at, until))?;
            if later == candidate {
                return Some(candidate);
            }
            candidate = later;
        }
    }

    /// Whether there is any instant at or after `at` at which all of them are open; if not, a workflow with
    /// them must not be activated. For that, windows on the contact's clock are given the account's zone: that
    /// of a contact of whom nothing is known.
    pub fn can_open(&self, at: Instant) -> bool {
        self.next_open(at).is_some()
    }

    /// The first instant after `at` that is closed; at most a week later. None if `at` itself is closed.
    ///
    /// What was released at a fixed time may still go on that day: such a stretch ends with its date.
    pub fn closes(&self, at: Instant) -> Option<Instant> {
        self.0.iter().try_fold(at + WEEK, |end, layer| Some(end.min(layer.closes(at)?)))
    }

    /// When a message that arrives at `at` goes out: at once if it is open, else some way after the next
    /// opening, as [`spread`] says. None if nothing opens until `until`.
    pub fn release(&self, at: Instant, until: Instant, key_hash: u64, most: Millis) -> Option<Release> {
        let opening = self.next_open_until(at, until)?;
        let closes = self.closes(opening)?;
        let wait = if opening == at { Millis(0) } else { spread(key_hash, closes.since(opening), most) };
        Some(Release { opening, at: opening + wait })
    }

    /// Whether what was released at an opening may go now: it is open, where only fixed times count as
    /// open until their day ends. Without this, who is a moment late for 10:00 would wait for a day.
    pub fn may_go(&self, opening: Instant, now: Instant) -> bool {
        self.0.iter().all(|layer| match layer.window.times {
            Times::Between(_) => layer.next_open(now, now).is_some(),
            Times::At(_) => opening <= now && layer.closes(opening).is_some_and(|end| now < end),
        })
    }
}

/// How long after an opening a message goes out, so that those that waited don't go all at once: less than
/// `most` and less than `rest`, what is left of the open stretch. Always the same for a key, and in the
/// order of the hashes. For `n` messages at a rate, `most` is the time that the rate needs for `n`.
pub fn spread(key_hash: u64, rest: Millis, most: Millis) -> Millis {
    let width = u64::try_from(rest.min(most).0).unwrap_or(0);
    let share = (u128::from(key_hash) * u128::from(width)) >> 64;
    Millis(i64::try_from(share).unwrap_or(0))
}

/// The hash of a key for [`spread`]; the same on every machine and in every version.
pub fn key_hash(key: &str) -> u64 {
    Sha256::digest(key).iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

impl Layer<'_> {
    /// The first open instant from `at` to `until`, both included.
    fn next_open(&self, at: Instant, until: Instant) -> Option<Instant> {
        let next = match &self.window.times {
            // Stretches come in the order in which they open, so the first that is not over is the next.
            Times::Between(bands) => self.stretches(bands, at, until).next().map(|next| next.from.max(at)),
            Times::At(times) => {
                let mut days = self.days(self.date(at).saturating_sub(DAY), until);
                let (date, next) = days.find_map(|date| Some((date, self.first_at(times, date, at)?)))?;
                // A gap may move a time past one of the next day.
                let tomorrow = date.tomorrow().ok().filter(|date| self.window.allows(*date));
                let tomorrow = tomorrow.and_then(|date| self.first_at(times, date, at));
                Some(tomorrow.map_or(next, |tomorrow| tomorrow.min(next)))
            }
        };
        next.filter(|next| *next <= until)
    }

    /// The first instant after `at` that is closed, a week later at most; of a fixed time, the end of its date.
    fn closes(&self, at: Instant) -> Option<Instant> {
        self.next_open(at, at)?;
        let Times::Between(bands) = &self.window.times else {
            return last_reading(self.date(at).to_datetime(LAST), &self.zone);
        };
        let mut end = at;
        while end < at + WEEK {
            let on = self.stretches(bands, end, end).find(|next| next.from <= end);
            let Some(on) = on else { break };
            end = on.to;
        }
        Some(end.min(at + WEEK))
    }

    /// What closes after `at`, in the order in which it opens, until some days after `until`.
    fn stretches(&self, bands: &[Band], at: Instant, until: Instant) -> impl Iterator<Item = Stretch> {
        // What ended on the day before yesterday is over, whatever clocks did: they change by a day at most.
        let yesterday = self.date(at).saturating_sub(DAY);
        let days = self.days(yesterday.saturating_sub(DAY), until);
        let all = days.flat_map(move |date| bands.iter().map(move |band| (date, *band)));
        all.filter_map(move |(date, band)| {
            let last = band.last_reading(date).filter(|last| yesterday <= last.date())?;
            let to = last_reading(last, &self.zone).filter(|to| at < *to)?;
            let from = first_reading(band.from().on(date), &self.zone)?;
            // Unless a gap swallows it.
            (from < to).then_some(Stretch { from, to })
        })
    }

    /// The earliest of these times of a date that is not before `at`.
    fn first_at(&self, times: &[TimeOfDay], date: Date, at: Instant) -> Option<Instant> {
        let instants = times.iter().filter_map(|time| at_wall(time.on(date), &self.zone));
        let next = instants.filter(|instant| at <= *instant).min()?;
        let exists = self.date(next) == date || self.exists(date);
        exists.then_some(next)
    }

    /// Whether the zone has that date at all.
    fn exists(&self, date: Date) -> bool {
        let starts = |date: Date| first_reading(wall(date), &self.zone);
        date.tomorrow().is_ok_and(|tomorrow| starts(date) < starts(tomorrow))
    }

    /// The allowed dates from one on, until some days after an instant.
    fn days(&self, first: Date, until: Instant) -> impl Iterator<Item = Date> {
        // No wall clock is two days from UTC.
        let last = TimeZone::UTC.to_datetime(until.timestamp()).date().saturating_add(Span::new().days(2));
        let all = std::iter::successors(Some(first), |date| date.tomorrow().ok());
        all.take_while(move |date| *date <= last).filter(|date| self.window.allows(*date))
    }

    fn date(&self, at: Instant) -> Date {
        self.zone.to_datetime(at.timestamp()).date()
    }
}

const DAY: SignedDuration = SignedDuration::from_hours(24);
const LAST: Time = Time::constant(23, 59, 59, 999_000_000);

fn wall(date: Date) -> DateTime {
    TimeOfDay::MIDNIGHT.on(date)
}
