use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;
use proptest::prelude::*;

use super::*;

mod dates;
mod openings;
mod oracle;
mod reading;
mod recurrences;
mod windows;

fn rome() -> TimeZone {
    zone("Europe/Rome").unwrap()
}

fn instant(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn duration(text: &str) -> Duration {
    text.parse().unwrap()
}

/// The wall clock `2026-03-28 02:30:00` in a zone, first occurrence.
fn wall(text: &str, zone: &TimeZone) -> Instant {
    at_wall(text.parse().unwrap(), zone).unwrap()
}

/// Whether there is time for everything: `PROPTEST_CASES` asks for more than it does by itself.
fn thorough() -> bool {
    ProptestConfig::default().cases > 256
}

/// Adds on the wall clock of a zone and shows the wall clock reached.
fn plus(from: &str, length: &str, zone: &TimeZone) -> String {
    local_text(add(wall(from, zone), duration(length), zone), zone)
}

#[test]
fn durations_read_as_they_are_written() {
    for text in [
        "0 days",
        "1 day",
        "30 minutes",
        "2 hours",
        "90 days",
        "1 year",
        "10 years",
        "1 second",
        "3 weeks",
        "120 months",
    ] {
        assert_eq!(duration(text).to_string(), text);
        assert_eq!(serde_json::to_string(&duration(text)).unwrap(), format!("\"{text}\""));
    }
    assert_eq!(duration("1 days"), duration("1 day"));
    assert_eq!(duration(" 2   hour ").to_string(), "2 hours");
    assert_eq!(duration("007 days").amount(), 7);
}

#[test]
fn what_is_no_duration_is_told_the_units() {
    for text in [
        "",
        "day",
        "1",
        "1day",
        "1 day 2 hours",
        "-1 day",
        "1.5 hours",
        "1 fortnight",
        "one day",
        "1 dayss",
        "1 Day",
        "+1 day",
    ] {
        let message = text.parse::<Duration>().unwrap_err().to_string();
        assert!(
            message.contains("seconds, minutes, hours, days, weeks, months or years"),
            "{text}: {message}"
        );
    }
    for text in ["11 years", "121 months", "3654 days", "99999999999999 days", "400000000 seconds"] {
        assert!(text.parse::<Duration>().unwrap_err().to_string().contains("10 years"), "{text}");
    }
}

#[test]
fn zones_are_iana_names() {
    assert_eq!(zone("Europe/Rome").unwrap().iana_name(), Some("Europe/Rome"));
    assert_eq!(zone("europe/rome").unwrap().iana_name(), Some("Europe/Rome"));
    assert_eq!(zone("UTC").unwrap().iana_name(), Some("UTC"));
    for name in [
        "",
        "+01:00",
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "Europe/Roma",
        "Etc/Unknown",
        "Factory",
        "../etc",
        "Z",
        "local",
    ] {
        assert!(zone(name).is_none(), "{name}");
    }
}

#[test]
fn months_clamp_from_the_anchor() {
    let rome = rome();
    assert_eq!(plus("2026-01-31 09:00", "1 month", &rome), "2026-02-28 09:00:00 Europe/Rome");
    assert_eq!(plus("2028-01-31 09:00", "1 month", &rome), "2028-02-29 09:00:00 Europe/Rome");
    assert_eq!(plus("2026-01-31 09:00", "2 months", &rome), "2026-03-31 09:00:00 Europe/Rome");
    assert_eq!(plus("2024-02-29 09:00", "1 year", &rome), "2025-02-28 09:00:00 Europe/Rome");
    assert_eq!(plus("2024-02-29 09:00", "4 years", &rome), "2028-02-29 09:00:00 Europe/Rome");
}

#[test]
fn a_gap_shifts_forward() {
    let rome = rome();
    assert_eq!(plus("2026-03-28 02:30", "1 day", &rome), "2026-03-29 03:30:00 Europe/Rome");
    assert_eq!(plus("2026-03-22 02:30", "1 week", &rome), "2026-03-29 03:30:00 Europe/Rome");
    assert_eq!(plus("2026-03-28 02:30", "2 days", &rome), "2026-03-30 02:30:00 Europe/Rome");
    assert_eq!(plus("2026-03-28 02:30", "24 hours", &rome), "2026-03-29 03:30:00 Europe/Rome");
    assert_eq!(plus("2026-03-28 12:00", "24 hours", &rome), "2026-03-29 13:00:00 Europe/Rome");
    let lord_howe = zone("Australia/Lord_Howe").unwrap(); // half an hour
    assert_eq!(plus("2026-10-03 02:15", "1 day", &lord_howe), "2026-10-04 02:45:00 Australia/Lord_Howe");
    let apia = zone("Pacific/Apia").unwrap(); // 30 December 2011 did not exist
    assert_eq!(plus("2011-12-29 10:00", "1 day", &apia), "2011-12-31 10:00:00 Pacific/Apia");
}

#[test]
fn a_fold_takes_the_first() {
    let rome = rome();
    let reached = add(wall("2026-10-24 02:30", &rome), duration("1 day"), &rome);
    assert_eq!(reached, instant("2026-10-25T00:30:00Z"));
    let second = instant("2026-10-25T01:30:00Z");
    assert_eq!(local_text(second, &rome), "2026-10-25 02:30:00 Europe/Rome");
    assert_eq!(add(second, duration("0 days"), &rome), second);
    assert_eq!(add(second, duration("1 day"), &rome), instant("2026-10-26T01:30:00Z"));
    let lord_howe = zone("Australia/Lord_Howe").unwrap();
    let reached = add(wall("2026-04-04 01:45", &lord_howe), duration("1 day"), &lord_howe);
    assert_eq!(reached, instant("2026-04-04T14:45:00Z"));
}

#[test]
fn windows_end_at_the_same_wall_clock() {
    let rome = rome();
    let paid = wall("2026-01-10 15:00", &rome);
    assert_eq!(
        local_text(leaves_window(paid, duration("90 days"), &rome), &rome),
        "2026-04-10 15:00:00 Europe/Rome"
    );
    let later = wall("2026-04-10 15:00", &rome);
    assert!(!within(paid, later, duration("90 days"), &rome));
    assert!(within(paid, later - Millis(1), duration("90 days"), &rome));
    assert!(!within(paid, paid - Millis(1), duration("90 days"), &rome));
    assert!(!within(paid, paid, duration("0 days"), &rome));
    assert_eq!(days_ago(later, 90, &rome), paid);
    assert_eq!(days_ago(wall("2026-03-30 02:30", &rome), 1, &rome), wall("2026-03-29 03:30", &rome));
}

#[test]
fn the_ends_of_the_calendar_hold() {
    let rome = rome();
    assert_eq!(add(Instant::MAX, duration("10 years"), &rome), Instant::MAX);
    assert_eq!(add(Instant::MAX, duration("10 seconds"), &rome), Instant::MAX);
    for extreme in [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX].map(Instant::from_millis) {
        for length in ["0 days", "1 second", "1 day", "10 years", "120 months"].map(duration) {
            assert!(add(extreme, length, &rome) >= extreme);
            let _ = (window_start(extreme, length, &rome), within(extreme, extreme, length, &rome));
        }
        let _ = (days_ago(extreme, u32::MAX, &rome), days_ago(extreme, 1, &rome), local_text(extreme, &rome));
    }
}

/// All zones, at a sample of their transitions between 1970 and 2100 and beside them.
#[test]
fn all_zones_around_their_transitions() {
    let from: Timestamp = "1970-01-01T00:00:00Z".parse().unwrap();
    let until: Timestamp = "2100-01-01T00:00:00Z".parse().unwrap();
    let lengths =
        ["0 days", "1 hour", "1 day", "2 days", "1 week", "1 month", "2 months", "1 year"].map(duration);
    let (mut zones, mut checked) = (0, 0);
    for name in TimeZoneDatabase::bundled().available() {
        let Some(zone) = zone(name.as_str()) else { continue };
        zones += 1;
        let mut transitions: Vec<Timestamp> =
            zone.following(from).map(|t| t.timestamp()).take_while(|t| *t < until).take(400).collect();
        let step = transitions.len() / 5 + 1;
        transitions = transitions.into_iter().step_by(step).collect();
        transitions.push("2026-01-31T12:00:00Z".parse().unwrap());
        for transition in transitions {
            let at = Instant::from_timestamp(transition);
            // Anchors in, before and after the gap or fold, and those that land in it.
            for offset in [
                -86_400_000 * 7,
                -90_000_000,
                -86_400_000,
                -84_600_000,
                -1_800_000,
                -1,
                0,
                1_800_000,
                5_400_000,
            ] {
                checked += 1;
                one_anchor(at + Millis(offset), &lengths, &zone, name.as_str());
            }
        }
    }
    assert!(zones > 400 && checked > 10_000, "{zones} zones, {checked} anchors");
}

fn one_anchor(anchor: Instant, lengths: &[Duration], zone: &TimeZone, name: &str) {
    // No zone ever stepped by more than a day at once; two anchors further apart keep their order.
    let day = Millis::hours(24);
    let (soon, far) = (anchor + Millis::hours(3), anchor + Millis::hours(49));
    for length in lengths {
        let reached = add(anchor, *length, zone);
        let case = || format!("{name} {anchor} {length} {reached}");
        assert!(reached >= anchor, "{}", case());
        assert!(length.elapsed().is_none_or(|elapsed| reached == anchor + elapsed), "{}", case());
        let calendar = matches!(length.unit(), Unit::Days | Unit::Weeks);
        assert!(!calendar || reached <= add(soon, *length, zone) + day, "{}", case());
        assert!(!calendar || reached <= add(far, *length, zone), "{}", case());
        let more = Duration::new(length.amount() + 1, length.unit()).unwrap();
        assert!(reached <= add(anchor, more, zone), "{}", case());
        assert!(!within(anchor, reached, *length, zone), "{}", case());
        let last = reached - Millis(1);
        assert_eq!(within(anchor, last, *length, zone), anchor < reached, "{}", case());
        assert!(anchor >= reached || anchor >= window_start(last, *length, zone), "{}", case());
    }
}

const ZONES: [&str; 8] = [
    "Europe/Rome",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "UTC",
];

fn any_zone() -> impl Strategy<Value = TimeZone> {
    prop::sample::select(&ZONES[..]).prop_map(|name| zone(name).unwrap())
}

/// Any instant between 1970 and 2100, half of them within hours of a day on which Europe changes.
fn any_instant() -> impl Strategy<Value = Instant> {
    let anywhere = 0..4_102_444_800_000_i64;
    let changes =
        prop::sample::select(&["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "2011-12-30T10:00:00Z"][..]);
    prop_oneof![
        anywhere.prop_map(Instant::from_millis),
        (changes, -200_000_000..200_000_000_i64).prop_map(|(at, beside)| instant(at) + Millis(beside)),
    ]
}

fn any_duration() -> impl Strategy<Value = Duration> {
    (0_u32..=40, prop::sample::select(&Unit::ALL[..]))
        .prop_filter_map("longer than 10 years", |(amount, unit)| Duration::new(amount, unit).ok())
}

proptest! {
    #[test]
    fn a_window_is_one_stretch_of_now(at in any_instant(), length in any_duration(), zone in any_zone(), beside in -90_000_000_i64..90_000_000) {
        let leaves = leaves_window(at, length, &zone);
        for now in [at - Millis(1), at, leaves - Millis(1), leaves, at + Millis(beside), leaves + Millis(beside)] {
            let inside = within(at, now, length, &zone);
            prop_assert_eq!(inside, at <= now && now < leaves);
            prop_assert!(!inside || at >= window_start(now, length, &zone));
        }
    }

    #[test]
    fn window_start_is_exact_for_elapsed_time(now in any_instant(), amount in 1_u32..100, zone in any_zone()) {
        let length = Duration::new(amount, Unit::Hours).unwrap();
        let start = window_start(now, length, &zone);
        prop_assert!(within(start, now, length, &zone) && !within(start - Millis(1), now, length, &zone));
    }

    #[test]
    fn nothing_before_the_bound_is_inside(now in any_instant(), length in any_duration(), zone in any_zone(), earlier in 1_i64..400_000_000) {
        prop_assert!(!within(window_start(now, length, &zone) - Millis(earlier), now, length, &zone));
    }

    #[test]
    fn days_keep_the_wall_clock(at in any_instant(), amount in 0_u32..400, zone in any_zone()) {
        let before = zone.to_datetime(at.timestamp());
        let reached = add(at, Duration::new(amount, Unit::Days).unwrap(), &zone);
        let after = zone.to_datetime(reached.timestamp());
        let wanted = before.checked_add(jiff::Span::new().days(i64::from(amount))).unwrap();
        prop_assert!(after == wanted || zone.to_ambiguous_timestamp(wanted).is_ambiguous());
    }

    #[test]
    fn any_text_is_a_duration_or_refused(text in "\\PC{0,20}|[0-9]{1,12} (day|year|second)s?") {
        if let Ok(duration) = text.parse::<Duration>() {
            prop_assert_eq!(duration.to_string().parse::<Duration>().unwrap(), duration);
        }
    }
}
