//! Send windows against the oracle: every zone, every change of its clocks from 1970 to 2100, and shapes of every
//! sort. SH-55 days of the week, SH-56 fixed times, SH-57 bands of time.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::tz::TimeZoneDatabase;
use proptest::prelude::*;

use super::oracle::{Clock, DAY, Day, HOUR, MINUTE, Shape};
use super::*;
use crate::calendar::{Hours, Window};

/// How far around a change of clocks the oracle looks: long enough for the next of any day of the week, and no
/// longer where every day is one.
const BEFORE: i64 = 4 * DAY;
const AFTER: i64 = 10 * DAY;
const AFTER_DATED: i64 = 5 * DAY;
const BEFORE_NEAR: i64 = 3 * DAY + 12 * HOUR;
const AFTER_NEAR: i64 = 6 * DAY;

/// The fixed shapes, as `days | bands | times | quiet dates`.
const SHAPES: [&str; 43] = [
    // Ordinary ones.
    "mon-fri|09:00-12:30 15:00-19:00||",
    "mon-fri|09:00-18:00||",
    "mon-sun|08:00-21:00||",
    "sat-sun|10:00-20:00||",
    "mon|08:00-09:00||",
    "sun|00:00-24:00||",
    "mon-sun|00:00-24:00||",
    "mon-sat|00:00-24:00||",
    "tue thu|06:00-06:01||",
    "sun|23:59-24:00||",
    // Across midnight.
    "mon-sun|22:00-06:00||",
    "fri-sat|22:00-04:00||",
    "sat|23:30-00:30||",
    "sun|20:00-19:59||",
    "mon-sun|12:00-11:00||",
    "sun|00:30-00:15||",
    "fri|23:45-23:30||",
    "fri|18:00-02:00 23:00-01:00||",
    // In the hours in which clocks change.
    "mon-sun|02:00-03:00||",
    "mon-sun|02:15-02:45||",
    "mon-sun|01:00-02:30||",
    "mon-sun|02:30-04:00||",
    "mon-sun|01:30-02:00 02:00-02:30||",
    "mon-sun|00:00-01:00||",
    "mon-sun|00:00-00:30 00:45-01:15 01:30-03:15||",
    "sun|01:59-02:01 02:59-03:01||",
    "mon-sun|23:00-24:00||",
    "mon-sun|23:15-00:45||",
    "sat|23:00-00:00||",
    "sun|00:00-00:01||",
    // Overlapping ones.
    "mon-sun|09:00-18:00 10:00-11:00 17:00-20:00||",
    "mon-sun|09:00-12:00 12:00-15:00||",
    // Fixed times.
    "mon-sun||10:00|",
    "mon-sun||02:30|",
    "mon-sun||02:30 03:10|",
    "mon-sun||00:00 00:30 23:30|",
    "mon-fri||00:00|",
    "sun||02:00 03:00|",
    "sat||23:30|",
    "sun mon||00:10 01:00 02:00 23:59|",
    // Quiet dates.
    "mon-sun|00:00-24:00||03-29 10-25 12-25",
    "mon-sun|20:00-08:00||03-28 03-29 10-31 02-29",
    "mon-sun||02:30 09:00|03-30 10-26 12-30 12-31",
];

fn shape(text: &str) -> Shape {
    let parts: Vec<&str> = text.split('|').collect();
    let days: Weekdays = parts[0].parse().unwrap();
    let days =
        (0..7).filter(|day| days.contains(jiff::civil::Weekday::from_monday_zero_offset(*day).unwrap()));
    let minutes = |text: &str| {
        let (hour, minute) = text.split_once(':').unwrap();
        hour.parse::<i64>().unwrap() * 60 + minute.parse::<i64>().unwrap()
    };
    let band = |text: &str| {
        let (from, to) = text.split_once('-').unwrap();
        let (from, to) = (minutes(from), minutes(to));
        (from, if to <= from { to + 1440 } else { to })
    };
    let date = |text: &str| {
        let (month, day) = text.split_once('-').unwrap();
        (month.parse().unwrap(), day.parse().unwrap())
    };
    Shape {
        days: days.map(i64::from).collect(),
        bands: parts[1].split_whitespace().map(band).collect(),
        at: parts[2].split_whitespace().map(minutes).collect(),
        quiet: parts[3].split_whitespace().map(date).collect(),
    }
}

/// What is open around an instant, by the oracle.
type Open = Vec<(i64, i64)>;

/// The first open time at or after `time`; none if it lies beyond what the oracle saw.
fn next(open: &Open, time: i64) -> Option<i64> {
    let next = open.iter().find(|(from, to)| time <= *from || time < *to)?;
    Some(next.0.max(time))
}

/// Asks for one time around an instant.
fn one(hours: &Hours<'_>, open: &Open, at: Instant, time: i64, seen: i64) -> Result<(), String> {
    let asked = at + Millis(time);
    let found = hours.next_open(asked).ok_or("never")?;
    let wanted = next(open, time);
    let same = match wanted {
        Some(wanted) => found == at + Millis(wanted),
        None => found >= at + Millis(seen),
    };
    if !same {
        return Err(format!(
            "asked {asked}: {found}, and not {:?}",
            wanted.map(|wanted| at + Millis(wanted))
        ));
    }
    let told = (hours.is_open(asked), hours.is_open(found));
    if told == (found == asked, true) { Ok(()) } else { Err(format!("asked {asked}: open {told:?}")) }
}

/// Goes from opening to opening, and meets each stretch of the oracle once, and nothing else.
fn walk(hours: &Hours<'_>, open: &Open, at: Instant) -> Result<(), String> {
    // Less than the week after which a stretch that goes on is no longer followed.
    let (from, to) = (-2 * DAY, 4 * DAY);
    let inside = open.iter().filter(|(begins, ends)| *begins < to && (from < *ends || from <= *begins));
    let wanted: Open = inside.map(|(begins, ends)| ((*begins).max(from), (*ends).min(to))).collect();
    let (mut found, mut now) = (Open::new(), at + Millis(from));
    while let Some(opening) = hours.next_open_until(now, at + Millis(to - 1)) {
        let closes = hours.closes(opening).ok_or_else(|| format!("{opening} does not close"))?;
        let fixed = !hours.is_open(opening + Millis(1));
        let end = if fixed { opening } else { closes };
        found.push((opening.since(at).0, end.since(at).0.min(to)));
        now = end.max(opening + Millis(1));
        if !fixed && now < at + Millis(to) && hours.is_open(now) {
            return Err(format!("{now} is open and not closed"));
        }
    }
    if found == wanted { Ok(()) } else { Err(format!("from {at}: {found:?}, and not {wanted:?}")) }
}

/// Every zone with every change of its clocks from 1970 to 2100, and one instant without a change.
pub(super) fn changes(mut each: impl FnMut(&str, &TimeZone, Instant)) -> (usize, usize) {
    let (from, until) = (instant("1970-01-20T00:00:00Z"), instant("2100-01-01T00:00:00Z"));
    let (mut zones, mut changes) = (0, 0);
    for name in TimeZoneDatabase::bundled().available() {
        let Some(zone) = zone(name.as_str()) else { continue };
        zones += 1;
        let all = zone.following(from.timestamp()).map(|change| Instant::from_timestamp(change.timestamp()));
        for at in all.take_while(|at| *at < until).chain([instant("2026-07-15T12:00:00Z")]) {
            changes += 1;
            each(name.as_str(), &zone, at);
        }
    }
    (zones, changes)
}

/// Times at which to ask, around a change: in and beside gaps and folds of every length, and days away.
pub(super) const TIMES: [i64; 24] = [
    0,
    -1,
    1,
    -MINUTE,
    MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    -30 * MINUTE,
    HOUR - 1,
    HOUR,
    -HOUR,
    -HOUR - 1,
    90 * MINUTE,
    -90 * MINUTE,
    2 * HOUR,
    -2 * HOUR,
    3 * HOUR + 7,
    -3 * HOUR,
    7 * HOUR,
    -12 * HOUR,
    DAY,
    -DAY,
    2 * DAY - 1,
    -2 * DAY,
];

/// The oracle walks once for each sort of change: the same hour of the week and the same step, or the same date
/// where dates matter. The code is asked at every change of every zone; for the shapes with quiet dates, on every
/// third date.
#[test]
fn every_change_of_clocks_in_every_zone_sh_55_sh_56_sh_57_sem_7() {
    let shapes = SHAPES.map(shape);
    let windows: Vec<Window> = shapes.iter().map(Shape::window).collect();
    let mut known: Vec<BTreeMap<Clock, Open>> = vec![BTreeMap::new(); shapes.len()];
    let (thorough, mut asked, mut walked) = (thorough(), 0_usize, 0_usize);
    let (zones, changes) = changes(|name, zone, at| {
        let dated = Clock::around(at, zone, BEFORE, AFTER);
        let clock = dated.clone().undated();
        let third = thorough || dated.wall.div_euclid(DAY) % 3 == 0;
        for ((shape, window), known) in shapes.iter().zip(&windows).zip(&mut known) {
            if !shape.quiet.is_empty() && !third {
                continue;
            }
            let hours = Hours::new([(window, zone.clone())]);
            let (clock, after) = if shape.quiet.is_empty() { (&clock, AFTER) } else { (&dated, AFTER_DATED) };
            let fresh = !known.contains_key(clock);
            if fresh {
                known.insert(clock.clone(), shape.open(clock, -BEFORE, after));
            }
            let open = &known[clock];
            let mut told = if fresh || thorough {
                walked += 1;
                walk(&hours, open, at)
            } else {
                Ok(())
            };
            for _ in 0..if thorough { TIMES.len() } else { 1 } {
                asked += 1;
                told = told.and_then(|()| {
                    one(&hours, open, at, TIMES[(asked * 7 + asked / 24) % 24], after - 2 * DAY)
                });
            }
            told.unwrap_or_else(|why| panic!("{name} {at} {window}: {why}"));
        }
    });
    println!("{zones} zones, {changes} changes, {walked} walks, {asked} questions");
    assert!(zones > 590 && changes > 50_000, "{zones} zones, {changes} changes");
}

/// The instants at which both are open.
fn both(one: &Open, other: &Open) -> Open {
    let has = |(from, to): (i64, i64), time: i64| time == from || from < time && time < to;
    let mut both = Open::new();
    for a in one {
        for b in other {
            let (from, to) = (a.0.max(b.0), a.1.min(b.1));
            // Of a fixed time and a stretch, the time.
            if from < to || from == to && has(*a, from) && has(*b, from) {
                both.push((from, to));
            }
        }
    }
    both
}

/// Minutes since midnight, more often in the hours in which clocks change.
fn any_minute() -> impl Strategy<Value = i64> {
    prop_oneof![0..240_i64, 1320..1440_i64, 0..1440_i64, (0..48_i64).prop_map(|half| half * 30)]
}

/// A shape; its quiet dates are days from the change of clocks.
fn any_shape() -> impl Strategy<Value = (Shape, Vec<i64>)> {
    let band =
        (any_minute(), prop_oneof![1..180_i64, 1..1440_i64]).prop_map(|(from, length)| (from, from + length));
    let bands = prop::collection::vec(band, 1..4).prop_map(|bands| (bands, Vec::new()));
    let at = prop::collection::vec(any_minute(), 1..4).prop_map(|at| (Vec::new(), at));
    let days = prop::sample::subsequence(vec![0, 1, 2, 3, 4, 5, 6_i64], 1..=7);
    let quiet = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(-2..6_i64, 1..3)];
    let shape = (days, prop_oneof![2 => bands, 1 => at], quiet);
    shape.prop_map(|(days, (bands, at), quiet)| (Shape { days, bands, at, quiet: Vec::new() }, quiet))
}

pub(super) fn any_change() -> impl Strategy<Value = (TimeZone, Instant)> {
    static CHANGES: LazyLock<Vec<(TimeZone, Instant)>> = LazyLock::new(|| {
        let mut all = Vec::new();
        changes(|_, zone, at| all.push((zone.clone(), at)));
        all
    });
    (0..CHANGES.len()).prop_map(|at| CHANGES[at].clone())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(10_000), ..ProptestConfig::default() })]

    /// One random window, and another in another zone upon it.
    #[test]
    fn random_windows_around_random_changes_sh_55_sh_56_sh_57_sem_7(
        (mut own, quiet) in any_shape(),
        (mut layer, layer_quiet) in any_shape(),
        (zone, at) in any_change(),
        other in any_change(),
        same_zone: bool,
        mut times in prop::collection::vec(-2 * DAY..2 * DAY, 6),
    ) {
        let seen = AFTER_NEAR - 2 * DAY;
        let clock = Clock::around(at, &zone, BEFORE_NEAR, AFTER_NEAR);
        let dates = |days: Vec<i64>| days.into_iter().map(|day| {
            let day = Day::number(clock.wall.div_euclid(DAY) + day);
            (day.month, day.date)
        }).collect();
        (own.quiet, layer.quiet) = (dates(quiet), dates(layer_quiet));
        let other = if same_zone { zone.clone() } else { other.0 };
        let own_open = own.open(&clock, -BEFORE_NEAR, AFTER_NEAR);
        let other_open = layer.open(&Clock::around(at, &other, BEFORE_NEAR, AFTER_NEAR), -BEFORE_NEAR, AFTER_NEAR);
        let (window, upon) = (own.window(), layer.window());
        let alone = Hours::new([(&window, zone.clone())]);
        let layered = Hours::new([(&window, zone.clone()), (&upon, other.clone())]);
        let case = format!("{window} in {:?} and {upon} in {:?} at {at}", zone.iana_name(), other.iana_name());
        let narrowed = both(&own_open, &other_open);
        for (hours, open) in [(&alone, &own_open), (&layered, &narrowed)] {
            walk(hours, open, at).map_err(|why| TestCaseError::fail(format!("{case}: {why}")))?;
            times.sort_unstable();
            let mut earlier = None;
            for time in &times {
                let found = hours.next_open_until(at + Millis(*time), at + Millis(seen));
                let wanted = next(open, *time).filter(|wanted| *wanted <= seen);
                prop_assert_eq!(found, wanted.map(|wanted| at + Millis(wanted)), "{}, asked {}", case, time);
                prop_assert!(found.is_none_or(|found| hours.is_open(found)) && earlier <= found.or(earlier), "{}", case);
                earlier = found.or(earlier);
            }
        }
        // Another window upon it only narrows.
        let (first, later) = (alone.next_open_until(at, at + Millis(seen)), layered.next_open_until(at, at + Millis(seen)));
        prop_assert!(later.is_none_or(|later| first.is_some_and(|first| first <= later) && alone.is_open(later)), "{}", case);
    }
}
