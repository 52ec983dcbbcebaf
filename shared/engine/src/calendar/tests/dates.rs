//! Birthdays, reminders, and times to wait until. BL-12 birthdays, BL-13 their dates, KW-61 reminders, SH-16 fixed
//! dates, KC-07 dates without a year.

use proptest::prelude::*;

use super::windows::any_change;
use super::*;
use crate::calendar::{CalendarDate, DateField, Due, LeapDay, Moment, Target, zone_of};
use crate::workflow::problem::Problems;
use crate::yaml;

fn date(text: &str) -> CalendarDate {
    text.parse().unwrap()
}

fn field(source: &str) -> DateField {
    let documents = yaml::parse(source, &yaml::Limits::default()).unwrap();
    let mut problems = Problems::default();
    let field = DateField::read(&documents[0], &mut problems);
    field.unwrap_or_else(|| panic!("{source}: {:?}", problems.into_sorted()))
}

/// The wall clocks of all firings from one year to another, each with the year that it is for.
fn firings(rule: &str, born: &str, from: i16, to: i16, zone: &TimeZone) -> Vec<String> {
    let (rule, mut now) = (field(rule), wall(&format!("{from}-01-01 00:00"), zone) - Millis(1));
    let until = wall(&format!("{}-01-01 00:00", to + 1), zone);
    let next = std::iter::from_fn(|| {
        let firing = rule.next(date(born), now, zone).filter(|firing| firing.at < until)?;
        now = firing.at;
        let reads = zone.to_datetime(firing.at.timestamp()).strftime("%Y-%m-%d %H:%M");
        Some(format!("{reads} for {}", firing.year))
    });
    next.collect()
}

#[test]
fn a_birthday_comes_once_a_year_bl_12_bl_13() {
    let rome = rome();
    let rule = "{ field: birth_date, every: year, at: \"09:00\", zone: contact, leap day: feb 28 }";
    let three = ["2026-05-14 09:00 for 2026", "2027-05-14 09:00 for 2027", "2028-05-14 09:00 for 2028"];
    assert_eq!(firings(rule, "1987-05-14", 2026, 2028, &rome), three);
    assert_eq!(firings(rule, "--05-14", 2026, 2028, &rome), three);
    // Not before it happened.
    assert_eq!(firings(rule, "2027-05-14", 2025, 2028, &rome), three[1..]);
    // Set today, after nine: next year, unless one looks back.
    let rule = field(rule);
    let ten = wall("2026-05-14 10:00", &rome);
    assert_eq!(rule.next(date("1987-05-14"), ten, &rome).unwrap().year, 2027);
    assert_eq!(rule.next(date("1987-05-14"), days_ago(ten, 2, &rome), &rome).unwrap().year, 2026);
    assert_eq!(
        rule.next(date("1987-05-14"), wall("2026-05-14 09:00", &rome) - Millis(1), &rome).unwrap().year,
        2026
    );
    assert_eq!(rule.next(date("1987-05-14"), wall("2026-05-14 09:00", &rome), &rome).unwrap().year, 2027);
}

#[test]
fn the_29th_of_february_in_every_policy_from_2023_to_2033_bl_12_sem_6() {
    let rome = rome();
    let rule = |policy: &str| format!("{{ field: birth_date, at: \"09:00\", leap day: {policy} }}");
    for born in ["2000-02-29", "--02-29"] {
        for (policy, other) in [("feb 28", Some("02-28")), ("mar 1", Some("03-01")), ("leap years", None)] {
            let expected = (2023..=2033).filter_map(|year| {
                let day = if year % 4 == 0 { "02-29" } else { other? };
                Some(format!("{year}-{day} 09:00 for {year}"))
            });
            let expected: Vec<String> = expected.collect();
            assert_eq!(expected.len(), if other.is_some() { 11 } else { 3 });
            assert_eq!(firings(&rule(policy), born, 2023, 2033, &rome), expected, "{born} {policy}");
        }
    }
    // Around 2100, which is no leap year, too.
    assert_eq!(
        firings(&rule("leap years"), "--02-29", 2095, 2105, &rome),
        ["2096-02-29 09:00 for 2096", "2104-02-29 09:00 for 2104"]
    );
    assert_eq!(LeapDay::default(), LeapDay::Feb28);
}

#[test]
fn an_offset_reaches_over_the_end_of_a_year_bl_12_kw_61_sem_6() {
    let rome = rome();
    let rule = |offset: &str| format!("{{ field: birth_date, at: \"09:00\", offset: {offset} }}");
    assert_eq!(
        firings(&rule("3 days before"), "--01-02", 2025, 2026, &rome),
        ["2025-12-30 09:00 for 2026", "2026-12-30 09:00 for 2027"]
    );
    assert_eq!(
        firings(&rule("1 week after"), "--12-28", 2025, 2026, &rome),
        ["2025-01-04 09:00 for 2024", "2026-01-04 09:00 for 2025"]
    );
    assert_eq!(firings(&rule("1 month before"), "--03-31", 2028, 2028, &rome), ["2028-02-29 09:00 for 2028"]);
    assert_eq!(
        firings(&rule("3 days before"), "--02-29", 2027, 2028, &rome),
        ["2027-02-25 09:00 for 2027", "2028-02-26 09:00 for 2028"]
    );
    assert_eq!(
        firings(&rule("10 years after"), "2020-02-29", 2029, 2031, &rome),
        ["2030-02-28 09:00 for 2020", "2031-02-28 09:00 for 2021"]
    );
    assert_eq!(
        firings(&rule("10 years before"), "2040-02-29", 2029, 2030, &rome),
        ["2030-02-28 09:00 for 2040"]
    );
}

#[test]
fn once_is_the_year_of_the_date_sh_16() {
    let rome = rome();
    let rule = |more: &str| format!("{{ field: contract_ends, every: once, at: \"08:00\"{more} }}");
    assert_eq!(firings(&rule(""), "2026-05-14", 2020, 2040, &rome), ["2026-05-14 08:00 for 2026"]);
    assert_eq!(
        firings(&rule(", offset: 6 months before"), "2026-08-31", 2020, 2040, &rome),
        ["2026-02-28 08:00 for 2026"]
    );
    assert_eq!(firings(&rule(""), "--05-14", 2020, 2040, &rome), [""; 0]);
}

#[test]
fn a_birthday_is_a_day_where_the_contact_lives_bl_12_sem_6() {
    let (rome, sydney, apia) = (rome(), zone("Australia/Sydney").unwrap(), zone("Pacific/Apia").unwrap());
    let rule = field("{ field: birth_date, at: \"00:30\", zone: contact }");
    let at = |zone: &TimeZone| rule.firing(date("--03-29"), 2026, zone).unwrap();
    assert_eq!(local_text(at(&sydney), &sydney), "2026-03-29 00:30:00 Australia/Sydney");
    assert_eq!(at(&rome).since(at(&sydney)), Millis::hours(10));
    // A day that does not exist is kept on the next.
    let kept = rule.firing(date("--12-30"), 2011, &apia).unwrap();
    assert_eq!(local_text(kept, &apia), "2011-12-31 00:30:00 Pacific/Apia");
}

#[test]
fn dates_without_a_year_and_placeholders_kc_07() {
    for text in ["1987-05-14", "--05-14", "--02-29", "2000-02-29", "0001-01-01", "9999-12-31", "--01-01"] {
        let read = date(text);
        assert_eq!(read.to_string(), text);
        assert_eq!(serde_json::from_value::<CalendarDate>(text.into()).unwrap(), read);
        assert!(!read.is_placeholder(), "{text}");
    }
    for text in ["1970-01-01", "0000-01-01", "0000-05-14"] {
        assert!(date(text).is_placeholder() && Moment::parse(text).is_none(), "{text}");
    }
    assert_eq!((Moment::parse("1970-01-01T00:00:00Z"), Moment::parse("0000-05-14T09:00")), (None, None));
    for text in [
        "",
        "2026",
        "2026-13-01",
        "2026-02-29",
        "--02-30",
        "--00-10",
        "26-02-01",
        "2026-2-1",
        "2026-02-01T00:00",
        "-05-14",
        "---05-14",
        "2026/02/01",
        "١٩٨٧-05-14",
        "+2026-02-01",
        "2026-+2-01",
    ] {
        assert!(text.parse::<CalendarDate>().is_err(), "{text}");
    }
}

fn target(source: &str) -> Target {
    let documents = yaml::parse(&format!("until: {source}"), &yaml::Limits::default()).unwrap();
    let mut problems = Problems::default();
    let target = Target::read(documents[0].get("until").unwrap(), &mut problems);
    target.unwrap_or_else(|| panic!("{source}: {:?}", problems.into_sorted()))
}

/// What a target is at a wall clock: the wall clock that it waits for, or one that has passed.
fn due(source: &str, now: &str, value: Option<&str>, zone: &TimeZone) -> String {
    let show = |at: Instant| zone.to_datetime(at.timestamp()).strftime("%a %Y-%m-%d %H:%M").to_string();
    match target(source).due(wall(now, zone), value, zone) {
        Due::At(at) => show(at),
        Due::Past(at) => format!("past {}", show(at)),
        Due::Unknown => "unknown".to_owned(),
    }
}

#[test]
fn a_time_that_equals_now_is_now_sem_5() {
    let rome = rome();
    assert_eq!(due("2026-12-24 09:00", "2026-12-24 09:00", None, &rome), "Thu 2026-12-24 09:00");
    assert_eq!(due("2026-12-24 09:00", "2026-12-24 09:00:00.001", None, &rome), "past Thu 2026-12-24 09:00");
    assert_eq!(due("2026-12-24", "2026-11-01 00:00", None, &rome), "Thu 2026-12-24 00:00");
    assert_eq!(due("friday at 10:00", "2026-11-20 10:00", None, &rome), "Fri 2026-11-20 10:00");
    assert_eq!(due("friday at 10:00", "2026-11-20 10:01", None, &rome), "Fri 2026-11-27 10:00");
    assert_eq!(due("mon-fri at 10:00", "2026-11-20 10:01", None, &rome), "Mon 2026-11-23 10:00");
    assert_eq!(due("\"10:00\"", "2026-11-20 10:00", None, &rome), "Fri 2026-11-20 10:00");
    assert_eq!(due("\"10:00\"", "2026-11-20 10:00:00.001", None, &rome), "Sat 2026-11-21 10:00");
    assert_eq!(due("--12-24 09:00", "2026-12-25 09:00", None, &rome), "Fri 2027-12-24 09:00");
    assert_eq!(due("month on last at 09:00", "2027-02-01 09:00", None, &rome), "Sun 2027-02-28 09:00");
}

#[test]
fn a_reminder_is_told_when_it_has_passed_kw_61() {
    let rome = rome();
    let reminder = "{ field: appointment_at, offset: 1 day before, at: \"09:00\" }";
    let day = Some("2026-11-27");
    assert_eq!(due(reminder, "2026-11-20 10:00", day, &rome), "Thu 2026-11-26 09:00");
    assert_eq!(due(reminder, "2026-11-26 09:00", day, &rome), "Thu 2026-11-26 09:00");
    assert_eq!(due(reminder, "2026-11-26 09:01", day, &rome), "past Thu 2026-11-26 09:00");
    // An instant, and a wall clock without a zone.
    for value in ["2026-11-27T14:00:00Z", "2026-11-27T15:00:00+01:00", "2026-11-27T15:00"] {
        assert_eq!(due(reminder, "2026-11-20 10:00", Some(value), &rome), "Thu 2026-11-26 09:00");
        let before = |offset: &str| {
            due(
                &format!("{{ field: appointment_at, offset: {offset} }}"),
                "2026-11-20 10:00",
                Some(value),
                &rome,
            )
        };
        assert_eq!(before("2 hours before"), "Fri 2026-11-27 13:00");
        assert_eq!(before("1 day before"), "Thu 2026-11-26 15:00");
        assert_eq!(before("2 weeks before"), "past Fri 2026-11-13 15:00");
        assert_eq!(before("3 months after"), "Sat 2027-02-27 15:00");
    }
    assert_eq!(due("{ field: appointment_at }", "2026-11-20 10:00", day, &rome), "Fri 2026-11-27 00:00");
    assert_eq!(
        due("{ field: appointment_at, offset: 2 hours before }", "2026-11-20 10:00", day, &rome),
        "Thu 2026-11-26 22:00"
    );
    for value in [None, Some("soon"), Some(""), Some("17")] {
        assert_eq!(due(reminder, "2026-11-20 10:00", value, &rome), "unknown");
    }
    // A date without a year is its next one; with its year it is that day.
    let birthday = "{ field: birth_date, offset: 2 days before, at: \"09:00\" }";
    assert_eq!(due(birthday, "2026-12-29 10:00", Some("--12-31"), &rome), "Wed 2027-12-29 09:00");
    assert_eq!(due(birthday, "2026-12-29 09:00", Some("--01-01"), &rome), "Wed 2026-12-30 09:00");
    assert_eq!(due(birthday, "2026-12-29 09:00", Some("1987-12-31"), &rome), "past Tue 1987-12-29 09:00");
    assert_eq!(due(birthday, "2026-12-29 09:00", Some("--02-29"), &rome), "Fri 2027-02-26 09:00");
}

#[test]
fn month_ends_clamp_from_the_anchor_of_a_target_sem_5() {
    let rome = rome();
    let after = |offset: &str| {
        due(
            &format!("{{ field: paid_on, offset: {offset}, at: \"09:00\" }}"),
            "2026-01-31 10:00",
            Some("2026-01-31"),
            &rome,
        )
    };
    assert_eq!(after("1 month after"), "Sat 2026-02-28 09:00");
    assert_eq!(after("2 months after"), "Tue 2026-03-31 09:00");
    assert_eq!(after("3 months after"), "Thu 2026-04-30 09:00");
    assert_eq!(after("2 months before"), "past Sun 2025-11-30 09:00");
    assert_eq!(after("1 year after"), "Sun 2027-01-31 09:00");
}

#[test]
fn targets_follow_the_clock_through_its_changes_sem_5() {
    let rome = rome();
    assert_eq!(due("\"02:30\"", "2026-03-29 01:00", None, &rome), "Sun 2026-03-29 03:30");
    assert_eq!(due("2026-03-29 02:30", "2026-03-29 01:00", None, &rome), "Sun 2026-03-29 03:30");
    // In a repeated hour the first counts.
    let half_past = target("\"02:30\"");
    assert_eq!(
        half_past.due(instant("2026-10-25T00:30:00Z"), None, &rome),
        Due::At(instant("2026-10-25T00:30:00Z"))
    );
    assert_eq!(
        half_past.due(instant("2026-10-25T00:30:00.001Z"), None, &rome),
        Due::At(instant("2026-10-26T01:30:00Z"))
    );
    // Hours before an instant in the second of two equal hours elapse from that one.
    let before = target("{ field: at, offset: 1 hour before }");
    assert_eq!(
        before.due(instant("2026-10-01T00:00:00Z"), Some("2026-10-25T01:30:00Z"), &rome),
        Due::At(instant("2026-10-25T00:30:00Z"))
    );
}

#[test]
fn targets_read_as_they_are_shown() {
    for source in [
        "2026-12-24 09:00",
        "fri at 10:00",
        "10:00",
        "{ field: appointment_at, offset: 1 day before, at: \"09:00\" }",
        "{ field: appointment_at }",
        "year on --12-24 at 09:00",
    ] {
        let quoted = if source == "10:00" { "\"10:00\"" } else { source };
        assert_eq!(target(quoted).to_string(), source);
    }
    assert_eq!(target("2026-12-24T09:00"), target("2026-12-24 09:00"));
    assert_eq!(target("{ field: at }").field(), Some("at"));
    assert_eq!((Moment::parse("x"), Moment::parse("--02-30")), (None, None));
}

#[test]
fn a_contact_s_zone_is_found_in_order_kw_58_sem_7() {
    let rome = rome();
    let found = |zone: Option<&str>, phone: Option<&str>, country: Option<&str>| {
        let found = zone_of(zone, phone, country, &rome);
        format!("{} {}", found.zone.iana_name().unwrap(), serde_json::to_value(found.source).unwrap())
    };
    let all = (Some("Asia/Tokyo"), Some("+441481960000"), Some("GR"));
    assert_eq!(found(all.0, all.1, all.2), "Asia/Tokyo \"contact\"");
    assert_eq!(found(None, all.1, all.2), "Europe/London \"phone\"");
    assert_eq!(found(None, None, all.2), "Europe/Athens \"address\"");
    assert_eq!(found(None, None, None), "Europe/Rome \"account\"");
    // Of several zones none is guessed; what can't be read is passed over.
    assert_eq!(found(None, Some("+12125551234"), Some("US")), "Europe/Rome \"account\"");
    assert_eq!(found(None, Some("+12125551234"), Some("DE")), "Europe/Berlin \"address\"");
    assert_eq!(found(Some("Mars/Olympus"), Some("333 1234567"), Some("JP")), "Asia/Tokyo \"address\"");
}

proptest! {
    /// However often one looks and changes one's mind about when, a year has one firing, and no year is left out.
    #[test]
    fn every_year_fires_once_bl_12_sem_6(
        month in 1..=12_i8, day in 1..=31_i8,
        policy in prop::sample::select(&["feb 28", "mar 1"][..]),
        offset in prop::sample::select(&["", ", offset: 3 days before", ", offset: 45 days after", ", offset: 2 months before"][..]),
        (hour, minute) in (0..24_u8, 0..60_u8),
        (zone, at) in any_change(),
    ) {
        let rule = field(&format!("{{ field: birth_date, at: \"{hour:02}:{minute:02}\", leap day: {policy}{offset} }}"));
        let born = format!("--{month:02}-{day:02}").parse::<CalendarDate>();
        prop_assume!(born.is_ok());
        let born = born.unwrap();
        let mut now = at - Millis::hours(24 * 366);
        let first = rule.next(born, now, &zone).unwrap();
        for year in first.year..first.year + 4 {
            let firing = rule.next(born, now, &zone).unwrap();
            prop_assert_eq!(firing.year, year);
            prop_assert_eq!(rule.firing(born, year, &zone), Some(firing.at));
            prop_assert!(firing.at > now);
            prop_assert_eq!(rule.next(born, firing.at - Millis(1), &zone), Some(firing));
            now = firing.at;
        }
    }
}
