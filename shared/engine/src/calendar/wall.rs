//! From a wall clock back to instants: there may be one, two, or none.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use crate::time::{Instant, Millis};

/// The instants at which a zone's clock reads something.
enum Reading {
    /// One.
    Once(Instant),
    /// Two, around a change that sets the clock back.
    Twice(Instant, Instant),
    /// None: a change leaves it out. When the clock before the change would have read it, and the clock after.
    Never(Instant, Offset),
}

/// The instant of a wall clock in a zone: a gap shifts forward, a fold takes the first. None where the
/// calendar ends.
pub fn at_wall(wall: DateTime, zone: &TimeZone) -> Option<Instant> {
    match reading(wall, zone)? {
        Reading::Once(at) | Reading::Twice(at, _) | Reading::Never(at, _) => Some(at),
    }
}

/// The first instant at which the clock reads `wall` or later: in a gap, the gap's end.
pub(super) fn first_reading(wall: DateTime, zone: &TimeZone) -> Option<Instant> {
    match reading(wall, zone)? {
        Reading::Once(at) | Reading::Twice(at, _) => Some(at),
        Reading::Never(_, after) => change(wall, after, zone),
    }
}

/// The instant after the last at which the clock reads `wall`, or earlier: in a gap, the gap's beginning.
pub(super) fn last_reading(wall: DateTime, zone: &TimeZone) -> Option<Instant> {
    match reading(wall, zone)? {
        Reading::Once(at) | Reading::Twice(_, at) => Some(at + Millis(1)),
        Reading::Never(_, after) => change(wall, after, zone),
    }
}

fn reading(wall: DateTime, zone: &TimeZone) -> Option<Reading> {
    let at = |offset: Offset| offset.to_timestamp(wall).ok();
    match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Unambiguous { offset } => Some(Reading::Once(Instant::from_timestamp(at(offset)?))),
        AmbiguousOffset::Gap { before, after } => {
            Some(Reading::Never(Instant::from_timestamp(at(before)?), after))
        }
        AmbiguousOffset::Fold { before, after } => {
            let (first, second) = (at(before)?, at(after)?);
            // jiff 0.2 tells a fold of Nuuk in October 2023, when its clock was not set back: the yearly rule
            // that counts from then on would have done so.
            if zone.to_offset(first) != before {
                return Some(Reading::Once(Instant::from_timestamp(second)));
            }
            Some(Reading::Twice(Instant::from_timestamp(first), Instant::from_timestamp(second)))
        }
    }
}

/// The change of clocks that leaves `wall` out: the first to `after` since the new clock would have read it.
fn change(wall: DateTime, after: Offset, zone: &TimeZone) -> Option<Instant> {
    let earlier: Timestamp = after.to_timestamp(wall).ok()?;
    let mut changes = zone.following(earlier);
    changes.find(|change| change.offset() == after).map(|change| Instant::from_timestamp(change.timestamp()))
}
