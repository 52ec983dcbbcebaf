//! Times as people write them, and what they mean on a calendar: lengths of time (SEM-5), send windows
//! (SEM-7), times that come again, dates of a contact (SEM-6), and whose wall clock counts. Knows the tz
//! database that is built in, and no clock.
//!
//! One rule for wall clocks, that of RFC 5545: a time that does not exist shifts forward, one that exists
//! twice is the first. Seconds, minutes and hours elapse on the UTC line.

pub mod country;
mod date;
mod date_field;
mod duration;
mod hours;
mod offset;
mod recurrence;
mod rrule;
mod target;
#[cfg(test)]
mod tests;
mod text;
mod time_of_day;
mod wall;
mod weekdays;
mod window;
mod zone;

use jiff::tz::TimeZone;

pub use date::{CalendarDate, LeapDay};
pub use date_field::{DateField, Firing, Moment, Often};
pub use duration::{Duration, Unit};
pub use hours::{Hours, Release, key_hash, spread};
pub use jiff::civil::Date;
pub use offset::Offset;
pub use recurrence::{Every, MonthDay, Occurrence, Recurrence};
pub use target::{Due, Target};
pub use text::Unreadable;
pub use time_of_day::TimeOfDay;
pub use wall::at_wall;
pub use weekdays::Weekdays;
pub use window::{Band, Times, Window};
pub use zone::{FoundZone, ZoneChoice, ZoneSource, zone, zone_of};

use crate::time::{Instant, Millis};

/// The instant a duration after an anchor.
///
/// Seconds, minutes and hours are elapsed time. Days and longer give the anchor's wall clock in the zone
/// that many days later (or months, whose end clamps: 31 January and 1 month is 28 or 29 February); a
/// wall clock that does not exist shifts forward, one that exists twice is the first. Never earlier than
/// the anchor; [`Instant::MAX`] where the calendar ends.
///
/// Not monotone in the anchor, because no rule that keeps the wall clock is: 30 January 12:00 and 31
/// January 8:00 and 1 month are 28 February 12:00 and 8:00. It is monotone in the amount, and in anchors
/// that are further apart than the largest step of a zone (for months: and on days that do not clamp).
pub fn add(anchor: Instant, duration: Duration, zone: &TimeZone) -> Instant {
    if let Some(elapsed) = duration.elapsed() {
        return (anchor + elapsed).min(Instant::MAX.max(anchor));
    }
    if duration.amount() == 0 {
        // Or the second 2:30 of a night in autumn would be followed by the first.
        return anchor;
    }
    let wall = zone.to_datetime(anchor.timestamp()).checked_add(duration.span());
    wall.ok().and_then(|wall| at_wall(wall, zone)).unwrap_or(Instant::MAX).max(anchor)
}

/// The instant `days` calendar days before `now`: the same wall clock, with the same rules as [`add`].
/// The first instant of the calendar where that would be earlier still.
pub fn days_ago(now: Instant, days: u32, zone: &TimeZone) -> Instant {
    if days == 0 {
        return now;
    }
    back(now, jiff::Span::new().try_days(i64::from(days)).ok(), zone)
}

/// The first instant at which an event at `at` no longer lies within `duration` before now. The other
/// side of [`within`], which is defined by it.
pub fn leaves_window(at: Instant, duration: Duration, zone: &TimeZone) -> Instant {
    add(at, duration, zone)
}

/// Whether an event at `at` lies within `duration` before `now`: exactly while
/// `at <= now < leaves_window(at, …)`. An event of the future does not.
pub fn within(at: Instant, now: Instant, duration: Duration, zone: &TimeZone) -> bool {
    at <= now && now < leaves_window(at, duration, zone)
}

/// A bound for reading events back: no event earlier than this is [`within`] `duration` before `now`.
///
/// Exact to the millisecond for seconds, minutes and hours. For days and longer it lies a few days early,
/// because gaps, folds and month ends make the set of instants inside a window no single interval: what
/// is read from here on is still asked with [`within`].
pub fn window_start(now: Instant, duration: Duration, zone: &TimeZone) -> Instant {
    if let Some(elapsed) = duration.elapsed() {
        return now - elapsed + Millis(1);
    }
    let slack = match duration.unit() {
        Unit::Months | Unit::Years => 7,
        _ => 3,
    };
    let start = back(now, Some(duration.span()), zone);
    start - Millis::hours(24 * slack)
}

/// The day that it is in a zone.
pub fn day(instant: Instant, zone: &TimeZone) -> Date {
    zone.to_datetime(instant.timestamp()).date()
}

/// The wall clock of an instant with its zone, for messages and logs: `2026-11-21 09:00:00 Europe/Rome`.
pub fn local_text(instant: Instant, zone: &TimeZone) -> String {
    let wall = zone.to_datetime(instant.timestamp());
    let name = zone.iana_name().unwrap_or("(unnamed zone)");
    format!("{} {name}", wall.strftime("%Y-%m-%d %H:%M:%S"))
}

fn back(now: Instant, span: Option<jiff::Span>, zone: &TimeZone) -> Instant {
    let wall = span.and_then(|span| zone.to_datetime(now.timestamp()).checked_sub(span).ok());
    let first = Instant::from_timestamp(jiff::Timestamp::MIN);
    wall.and_then(|wall| at_wall(wall, zone)).unwrap_or(first).min(now)
}
