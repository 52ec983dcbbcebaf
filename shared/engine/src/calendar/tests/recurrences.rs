//! Times that come again against the oracle: each occurrence once, in every zone across every change of its clocks.
//! KW-15 a specific time, such as every Monday at 9:00.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::oracle::{Clock, DAY, Day, HOUR, MINUTE, days_of_month};
use super::windows::{TIMES, any_change, changes};
use super::*;
use crate::calendar::Recurrence;

fn recurrence(text: &str) -> Recurrence {
    text.parse().unwrap()
}

/// The wall clocks and ids of the next occurrences.
fn next(text: &str, from: &str, count: usize, zone: &TimeZone) -> Vec<String> {
    let recurrence = recurrence(text);
    let all = recurrence.between(wall(from, zone), Instant::MAX, zone).take(count);
    all.map(|next| zone.to_datetime(next.at.timestamp()).strftime("%a %Y-%m-%d %H:%M").to_string()).collect()
}

#[test]
fn every_monday_at_nine_kw_15() {
    let rome = rome();
    let mondays = ["Mon 2026-03-23 09:00", "Mon 2026-03-30 09:00", "Mon 2026-04-06 09:00"];
    assert_eq!(next("monday at 09:00", "2026-03-16 09:00", 3, &rome), mondays);
    assert_eq!(
        next("mon, thu at 09:00", "2026-03-26 10:00", 2, &rome),
        ["Mon 2026-03-30 09:00", "Thu 2026-04-02 09:00"]
    );
    assert_eq!(
        next("day at 02:30", "2026-03-28 02:30", 2, &rome),
        ["Sun 2026-03-29 03:30", "Mon 2026-03-30 02:30"]
    );
    let fridays = ["Fri 2026-01-02 10:00", "Fri 2026-01-16 10:00", "Fri 2026-01-30 10:00"];
    assert_eq!(next("2 weeks on friday at 10:00 from 2026-01-02", "2025-06-01 00:00", 3, &rome), fridays);
    assert_eq!(
        next("3 weeks on mon-tue at 10:00 from 2026-01-06", "2025-06-01 00:00", 3, &rome),
        ["Tue 2026-01-06 10:00", "Mon 2026-01-26 10:00", "Tue 2026-01-27 10:00"]
    );
    assert_eq!(
        next("10 days at 10:00 from 2026-02-25", "2026-02-25 10:00", 2, &rome),
        ["Sat 2026-03-07 10:00", "Tue 2026-03-17 10:00"]
    );
}

#[test]
fn month_ends_clamp_from_the_anchor_kw_15() {
    let rome = rome();
    let ends =
        ["Sat 2026-01-31 09:00", "Sat 2026-02-28 09:00", "Tue 2026-03-31 09:00", "Thu 2026-04-30 09:00"];
    assert_eq!(next("month on 31 at 09:00", "2026-01-01 00:00", 4, &rome), ends);
    assert_eq!(next("month on last at 09:00", "2026-01-01 00:00", 4, &rome), ends);
    assert_eq!(
        next("month on 30 at 09:00", "2028-01-30 09:00", 2, &rome),
        ["Tue 2028-02-29 09:00", "Thu 2028-03-30 09:00"]
    );
    assert_eq!(
        next("3 months on 31 at 09:00 from 2026-01-31", "2026-01-31 09:00", 3, &rome),
        ["Thu 2026-04-30 09:00", "Fri 2026-07-31 09:00", "Sat 2026-10-31 09:00"]
    );
    assert_eq!(
        next("year on --02-29 at 09:00", "2026-01-01 00:00", 3, &rome),
        ["Sat 2026-02-28 09:00", "Sun 2027-02-28 09:00", "Tue 2028-02-29 09:00"]
    );
    assert_eq!(
        next("2 years on --12-24 at 09:00 from 2026-06-01", "2026-01-01 00:00", 2, &rome),
        ["Thu 2026-12-24 09:00", "Sun 2028-12-24 09:00"]
    );
    // Its first year's has passed when it begins.
    assert_eq!(
        next("2 years on --03-01 at 09:00 from 2026-06-01", "2026-01-01 00:00", 1, &rome),
        ["Wed 2028-03-01 09:00"]
    );
}

#[test]
fn a_day_that_does_not_exist_shares_the_next_kw_15() {
    let apia = zone("Pacific/Apia").unwrap();
    let days = ["Thu 2011-12-29 10:00", "Sat 2011-12-31 10:00", "Sun 2012-01-01 10:00"];
    assert_eq!(next("day at 10:00", "2011-12-28 10:00", 3, &apia), days);
    let ids: Vec<_> = recurrence("day at 10:00")
        .between(wall("2011-12-28 10:00", &apia), wall("2011-12-31 10:00", &apia), &apia)
        .map(|next| next.id())
        .collect();
    assert_eq!(ids, ["2011-12-29T10:00", "2011-12-31T10:00"]);
    // A month's only day is not lost.
    assert_eq!(
        next("month on 30 at 10:00", "2011-12-01 10:00", 2, &apia),
        ["Sat 2011-12-31 10:00", "Mon 2012-01-30 10:00"]
    );
}

#[test]
fn an_occurrence_is_known_by_its_date_kw_15() {
    let rome = rome();
    let mondays = recurrence("monday at 09:00");
    let next = mondays.next(wall("2026-03-29 00:00", &rome), &rome).unwrap();
    assert_eq!((next.id(), next.at), ("2026-03-30T09:00".to_owned(), instant("2026-03-30T07:00:00Z")));
    assert_eq!(mondays.on(next.date, &rome), Some(next));
    assert_eq!(mondays.on(next.date.tomorrow().unwrap(), &rome), None);
    assert_eq!(mondays.next_from(next.at, &rome), Some(next));
    // The same id on another clock.
    assert_eq!(mondays.on(next.date, &zone("Australia/Sydney").unwrap()).unwrap().id(), next.id());
    assert_eq!(mondays.next(Instant::MAX, &rome), None);
    assert!(mondays.next(Instant::from_millis(i64::MIN), &rome).is_some());
}

/// A recurrence in the oracle's own words: which days, and the minute.
struct Rule {
    text: &'static str,
    minute: i64,
    falls: fn(i64) -> bool,
}

/// Days since 1 January 1970, which was a Thursday.
const RULES: [Rule; 12] = [
    Rule { text: "day at 02:30", minute: 150, falls: |_| true },
    Rule { text: "day at 00:00", minute: 0, falls: |_| true },
    Rule { text: "day at 23:30", minute: 1410, falls: |_| true },
    Rule { text: "sun at 02:00", minute: 120, falls: |day| day % 7 == 3 },
    Rule { text: "monday at 09:00", minute: 540, falls: |day| day % 7 == 4 },
    Rule { text: "mon-fri at 00:30", minute: 30, falls: |day| ![2, 3].contains(&(day % 7)) },
    Rule { text: "sat, sun at 01:00", minute: 60, falls: |day| [2, 3].contains(&(day % 7)) },
    Rule { text: "month on last at 02:15", minute: 135, falls: |day| Day::number(day).is_last_of_month() },
    Rule {
        text: "month on 30 at 03:00",
        minute: 180,
        falls: |day| {
            let day = Day::number(day);
            day.date == days_of_month(day.year, day.month).min(30)
        },
    },
    Rule {
        text: "2 weeks on sun, wed at 02:45 from 1970-01-01",
        minute: 165,
        // The week of 1 January 1970 began on the Monday before it.
        falls: |day| [3, 6].contains(&(day % 7)) && (day + 3) / 7 % 2 == 0,
    },
    Rule { text: "3 days at 01:30 from 1970-01-01", minute: 90, falls: |day| day % 3 == 0 },
    Rule {
        text: "year on --03-29 at 02:00",
        minute: 120,
        falls: |day| {
            let day = Day::number(day);
            (day.month, day.date) == (3, 29)
        },
    },
];

/// The occurrences around a change, as times and days; of two at the same time, the later day's.
fn expected(rule: &Rule, clock: &Clock, from: i64, to: i64) -> Vec<(i64, i64)> {
    let days = clock.reads(from).div_euclid(DAY) - 2..=clock.reads(to).div_euclid(DAY) + 2;
    let times = days
        .filter(|day| (rule.falls)(*day))
        .map(|day| (clock.time_of(day * DAY + rule.minute * MINUTE), day));
    let by_time: BTreeMap<i64, i64> = times.filter(|(time, _)| from < *time && *time <= to).collect();
    by_time.into_iter().collect()
}

#[test]
fn every_occurrence_once_across_every_change_in_every_zone_kw_15_sem_5() {
    let rules = RULES.map(|rule| (recurrence(rule.text), rule));
    let (mut asked, mut met) = (0_usize, 0_usize);
    let (zones, changes) = changes(|name, zone, at| {
        let clock = Clock::around(at, zone, 6 * DAY, 6 * DAY);
        for _ in 0..if thorough() { rules.len() } else { 4 } {
            asked += 1;
            let (recurrence, rule) = &rules[asked * 5 % rules.len()];
            let (from, to) = (-2 * DAY - HOUR, 2 * DAY + HOUR);
            let found = recurrence.between(at + Millis(from), at + Millis(to), zone);
            let found: Vec<_> = found.map(|next| (next.at, next.id())).collect();
            met += found.len();
            let wanted: Vec<_> = expected(rule, &clock, from, to)
                .into_iter()
                .map(|(time, day)| {
                    let Day { year, month, date, .. } = Day::number(day);
                    (at + Millis(time), format!("{year}-{month:02}-{date:02}T{}", recurrence.at))
                })
                .collect();
            assert_eq!(found, wanted, "{name} {at} {recurrence}");
            // And asked at any time, not only at one of its own.
            let now = at + Millis(TIMES[(asked + asked / TIMES.len()) % TIMES.len()]);
            let next = recurrence.next(now, zone).unwrap();
            let first = wanted.into_iter().find(|(at, _)| now < *at);
            let same = first
                .as_ref()
                .map_or(next.at > at + Millis(to), |(at, id)| (next.at, next.id()) == (*at, id.clone()));
            assert!(same, "{name} {now} {recurrence}: {next:?} and not {first:?}");
        }
    });
    println!("{zones} zones, {changes} changes, {asked} times, {met} occurrences");
    assert!(
        zones > 590 && changes > 50_000 && met > 300_000,
        "{zones} zones, {changes} changes, {met} occurrences"
    );
}

fn any_recurrence() -> impl Strategy<Value = String> {
    let days = prop::sample::subsequence(vec!["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 1..=7)
        .prop_map(|days| days.join(", "));
    let on = prop_oneof![Just("last".to_owned()), (1..=31_u8).prop_map(|day| day.to_string())];
    let date = (1..=12_u8, 1..=28_u8).prop_map(|(month, day)| format!("--{month:02}-{day:02}"));
    let every = prop_oneof![
        (1..40_u8).prop_map(|step| format!("{step} days")),
        days.clone(),
        (1..9_u8, days).prop_map(|(step, days)| format!("{step} weeks on {days}")),
        (1..30_u8, on).prop_map(|(step, on)| format!("{step} months on {on}")),
        (1..5_u8, date).prop_map(|(step, date)| format!("{step} years on {date}")),
    ];
    let from = (1970..2090_i16, 1..=12_u8, 1..=28_u8)
        .prop_map(|(year, month, day)| format!("{year}-{month:02}-{day:02}"));
    (every, 0..24_u8, 0..60_u8, from)
        .prop_map(|(every, hour, minute, from)| format!("{every} at {hour:02}:{minute:02} from {from}"))
}

proptest! {
    /// One that looks at every time, and one that is away now and then for up to 40 days.
    #[test]
    fn an_outage_loses_none_and_fires_none_twice_kw_15_sem_5(
        text in any_recurrence(),
        (zone, at) in any_change(),
        looks in prop::collection::vec(prop_oneof![1..2 * HOUR, 1..3 * DAY, 1..40 * DAY], 1..60),
    ) {
        let recurrence = recurrence(&text);
        let start = at - Millis(20 * DAY);
        let mut now = start;
        let mut fired = Vec::new();
        for look in looks {
            fired.extend(recurrence.between(now, now + Millis(look), &zone));
            now = now + Millis(look);
        }
        let all: Vec<_> = recurrence.between(start, now, &zone).collect();
        prop_assert_eq!(&fired, &all);
        prop_assert!(all.windows(2).all(|two| two[0].at < two[1].at && two[0].date < two[1].date));
        // Each date of it is one of them, unless it shares the instant of the next.
        let (mut date, last) = (zone.to_datetime(start.timestamp()).date(), zone.to_datetime(now.timestamp()).date());
        while date <= last {
            let on = recurrence.on(date, &zone).filter(|on| start < on.at && on.at <= now);
            prop_assert!(on.is_none_or(|on| all.iter().any(|one| *one == on || one.at == on.at && one.date > on.date)), "{}", date);
            date = date.tomorrow().unwrap();
        }
    }

    #[test]
    fn a_recurrence_reads_as_it_is_shown(text in any_recurrence()) {
        let read = recurrence(&text);
        prop_assert_eq!(recurrence(&read.to_string()), read);
        prop_assert_eq!(serde_json::from_str::<Recurrence>(&serde_json::to_string(&read).unwrap()).unwrap(), read);
    }

    /// Several days, weeks, months or years: the steps between dates are right.
    #[test]
    fn steps_are_counted_from_the_first_date(step in 1..30_u16, year in 1970..2090_i16, month in 1..=12_i8, day in 1..=28_i8) {
        let from = jiff::civil::Date::new(year, month, day).unwrap();
        let utc = TimeZone::UTC;
        let start = at_wall(from.to_datetime(jiff::civil::Time::midnight()), &utc).unwrap() - Millis(1);
        let dates = |text: String| recurrence(&text).between(start, Instant::MAX, &utc).take(5).map(|one| one.date).collect::<Vec<_>>();
        let weekday = from.strftime("%a").to_string();
        let (weeks, days) = (dates(format!("{step} weeks on {weekday} at 10:00 from {from}")), dates(format!("{step} days at 10:00 from {from}")));
        let months = dates(format!("{step} months on {day} at 10:00 from {from}"));
        for at in 0..5 {
            let times = i64::from(step) * i64::try_from(at).unwrap();
            prop_assert_eq!(weeks[at], from + jiff::Span::new().weeks(times));
            prop_assert_eq!(days[at], from + jiff::Span::new().days(times));
            prop_assert_eq!(months[at], from + jiff::Span::new().months(times));
        }
    }
}
