//! Send windows as people meet them: the next opening, layers, spread, and windows that never open.

use super::oracle::read_window;
use super::*;
use crate::calendar::hours::{CYCLE, RULES_ALONE};
use crate::calendar::{Hours, key_hash, spread};

/// The wall clock of the next opening after a wall clock.
fn next(window: &str, from: &str, zone: &TimeZone) -> String {
    let window = read_window(window);
    let hours = Hours::new([(&window, zone.clone())]);
    let opening = hours.next_open(wall(from, zone)).unwrap();
    zone.to_datetime(opening.timestamp()).strftime("%a %Y-%m-%d %H:%M").to_string()
}

#[test]
fn allowed_days_hold_to_the_next_one_sh_55() {
    let rome = rome();
    let weekdays = "{ days: [mon, tue, wed, thu, fri], between: [\"09:00-12:30\", \"15:00-19:00\"] }";
    assert_eq!(next(weekdays, "2026-11-20 18:59", &rome), "Fri 2026-11-20 18:59");
    assert_eq!(next(weekdays, "2026-11-20 19:00", &rome), "Mon 2026-11-23 09:00");
    assert_eq!(next(weekdays, "2026-11-23 12:30", &rome), "Mon 2026-11-23 15:00");
    let holidays = "{ days: mon-fri, quiet dates: [--12-25, 2026-12-28] }";
    assert_eq!(next(holidays, "2026-12-25 10:00", &rome), "Tue 2026-12-29 00:00");
    assert_eq!(next(holidays, "2028-12-24 10:00", &rome), "Tue 2028-12-26 00:00");
    assert_eq!(next("{ quiet dates: --02-29 }", "2028-02-29 10:00", &rome), "Wed 2028-03-01 00:00");
    assert_eq!(next("{ quiet dates: --02-29 }", "2027-02-28 10:00", &rome), "Sun 2027-02-28 10:00");
}

#[test]
fn a_fixed_time_is_an_instant_sh_56() {
    let rome = rome();
    let ten = "{ days: mon-fri, at: \"10:00\" }";
    assert_eq!(next(ten, "2026-11-20 10:00", &rome), "Fri 2026-11-20 10:00");
    assert_eq!(next(ten, "2026-11-20 10:00:00.001", &rome), "Mon 2026-11-23 10:00");
    assert_eq!(next(ten, "2026-11-20 09:59:59.999", &rome), "Fri 2026-11-20 10:00");
    // In a gap as RFC 5545 has it, in a fold the first, and none on a day that does not exist.
    assert_eq!(next("{ at: \"02:30\" }", "2026-03-28 03:00", &rome), "Sun 2026-03-29 03:30");
    let (window, apia) = (read_window("{ days: fri, at: \"10:00\" }"), zone("Pacific/Apia").unwrap());
    let hours = Hours::new([(&window, apia.clone())]);
    assert_eq!(hours.next_open(wall("2011-12-29 10:00", &apia)), Some(wall("2012-01-06 10:00", &apia)));
    let window = read_window("{ at: \"02:30\" }");
    let hours = Hours::new([(&window, rome.clone())]);
    assert_eq!(hours.next_open(wall("2026-10-25 00:00", &rome)), Some(instant("2026-10-25T00:30:00Z")));
    assert_eq!(hours.next_open(instant("2026-10-25T00:30:00.001Z")), Some(instant("2026-10-26T01:30:00Z")));
}

#[test]
fn a_band_belongs_to_the_day_on_which_it_begins_sh_57() {
    let rome = rome();
    let nights = "{ days: [fri, sat], between: \"22:00-04:00\", quiet dates: 2026-11-27 }";
    assert_eq!(next(nights, "2026-11-21 03:59", &rome), "Sat 2026-11-21 03:59");
    assert_eq!(next(nights, "2026-11-21 04:00", &rome), "Sat 2026-11-21 22:00");
    assert_eq!(next(nights, "2026-11-22 03:30", &rome), "Sun 2026-11-22 03:30");
    assert_eq!(next(nights, "2026-11-22 23:00", &rome), "Sat 2026-11-28 22:00");
}

/// What is open of a band on a day of Rome, as instants.
fn stretch(band: &str, from: &str) -> (Instant, Instant) {
    let (window, rome) = (read_window(&format!("{{ between: \"{band}\" }}")), rome());
    let hours = Hours::new([(&window, rome.clone())]);
    let opening = hours.next_open(wall(from, &rome)).unwrap();
    (opening, hours.closes(opening).unwrap())
}

#[test]
fn a_gap_moves_a_beginning_and_a_repeated_hour_is_one_longer_band_sem_7() {
    let at = |from: &str, to: &str| (instant(from), instant(to));
    // 29 March 2026: 02:00 to 03:00 does not exist.
    assert_eq!(
        stretch("02:30-04:00", "2026-03-29 00:00"),
        at("2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z")
    );
    assert_eq!(
        stretch("01:00-02:30", "2026-03-29 00:00"),
        at("2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z")
    );
    assert_eq!(
        stretch("02:00-03:00", "2026-03-29 00:00"),
        at("2026-03-30T00:00:00Z", "2026-03-30T01:00:00Z")
    );
    // 25 October 2026: 02:00 to 03:00 comes twice.
    assert_eq!(
        stretch("01:00-04:00", "2026-10-25 00:00"),
        at("2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z")
    );
    assert_eq!(
        stretch("02:15-02:45", "2026-10-25 00:00"),
        at("2026-10-25T00:15:00Z", "2026-10-25T01:45:00Z")
    );
    assert_eq!(
        stretch("01:00-02:00", "2026-10-25 00:00"),
        at("2026-10-24T23:00:00Z", "2026-10-25T00:00:00Z")
    );
    assert_eq!(
        stretch("03:00-04:00", "2026-10-25 00:00"),
        at("2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z")
    );
}

#[test]
fn monday_in_sydney_is_a_monday_there_sem_7() {
    let sydney = zone("Australia/Sydney").unwrap();
    let (band, fixed) =
        (read_window("{ days: mon, between: \"08:00-08:30\" }"), read_window("{ days: mon, at: \"08:00\" }"));
    for window in [&band, &fixed] {
        let hours = Hours::new([(window, sydney.clone())]);
        let (mut at, mut mondays) = (wall("1970-01-01 00:00", &sydney), 0);
        while let Some(opening) = hours.next_open_until(at, wall("2100-01-01 00:00", &sydney)) {
            let reads = sydney.to_datetime(opening.timestamp());
            assert_eq!(reads.strftime("%a %H:%M:%S").to_string(), "Mon 08:00:00");
            (at, mondays) = (opening + Millis::hours(1), mondays + 1);
        }
        // From 5 January 1970 to 28 December 2099.
        assert_eq!(mondays, 6783);
    }
}

#[test]
fn layers_only_narrow_sem_7() {
    let (rome, sydney) = (rome(), zone("Australia/Sydney").unwrap());
    let (own, account) = (
        read_window("{ between: \"09:00-20:00\" }"),
        read_window("{ days: mon-sat, between: \"08:00-18:00\", zone: account }"),
    );
    let hours = Hours::new([(&own, sydney.clone()), (&account, rome.clone())]);
    let opening = hours.next_open(wall("2026-11-20 00:00", &rome)).unwrap();
    // 18:00 in Sydney is 08:00 in Rome; at 20:00 it is 10:00.
    assert_eq!(opening, wall("2026-11-20 08:00", &rome));
    assert_eq!(hours.closes(opening), Some(wall("2026-11-20 10:00", &rome)));
    assert_eq!(hours.next_open(wall("2026-11-21 10:00", &rome)), Some(wall("2026-11-23 08:00", &rome)));
    assert!(
        Hours::default().is_open(opening)
            && Hours::default().closes(opening) == Some(opening + Millis::hours(168))
    );
}

#[test]
fn windows_that_can_never_open_are_told_sem_7() {
    let (rome, now) = (rome(), instant("2026-11-20T10:00:00Z"));
    let can = |windows: &[&str]| {
        let windows: Vec<_> = windows.iter().map(|window| read_window(window)).collect();
        Hours::new(windows.iter().map(|window| (window, rome.clone()))).can_open(now)
    };
    let every_day: Vec<String> = (1..=12)
        .flat_map(|month| {
            (1..=oracle::days_of_month(2024, month)).map(move |day| format!("--{month:02}-{day:02}"))
        })
        .collect();
    let all = every_day.join(", ");
    let but_leap_day = all.replace("--02-29, ", "");
    assert!(!can(&[&format!("{{ quiet dates: [{all}] }}")]));
    assert!(!can(&["{ days: mon }", "{ days: tue }"]));
    assert!(!can(&["{ between: \"09:00-12:00\" }", "{ between: \"12:00-18:00\" }"]));
    assert!(!can(&["{ at: \"10:00\" }", "{ between: \"10:01-18:00\" }"]));
    assert!(can(&["{ at: \"10:00\" }", "{ between: \"10:00-18:00\" }"]));
    assert!(can(&["{ days: mon, between: \"22:00-02:00\" }", "{ days: tue, between: \"00:00-01:00\" }"]));
    // Where 02:30 does not exist it is 03:30.
    let (early, late) = (read_window("{ at: \"02:30\" }"), read_window("{ at: \"03:30\" }"));
    let hours = Hours::new([(&early, rome.clone()), (&late, rome.clone())]);
    assert_eq!(hours.next_open(now), Some(wall("2027-03-28 03:30", &rome)));
    // A 29 February that is a Monday.
    let rare = read_window(&format!("{{ days: mon, quiet dates: [{but_leap_day}] }}"));
    let hours = Hours::new([(&rare, rome.clone())]);
    assert_eq!(hours.next_open(now), Some(wall("2044-02-29 00:00", &rome)));
    assert_eq!(hours.next_open_until(now, wall("2044-02-28 23:59", &rome)), None);
}

/// Why a search of 400 years from 2100 on is complete: from then on every zone repeats itself.
#[test]
fn every_zone_repeats_after_400_years_from_2100_on() {
    let from = RULES_ALONE.timestamp();
    let later = (RULES_ALONE + CYCLE).timestamp();
    assert_eq!(
        (from.to_string(), later.to_string()),
        ("2100-01-01T00:00:00Z".into(), "2500-01-01T00:00:00Z".into())
    );
    let mut changing = 0;
    for name in TimeZoneDatabase::bundled().available() {
        let Some(zone) = zone(name.as_str()) else { continue };
        assert_eq!(zone.to_offset(from), zone.to_offset(later), "{name}");
        let mut again = zone.following(later);
        for change in zone.following(from).take_while(|change| change.timestamp() < later) {
            changing += 1;
            let at = Instant::from_timestamp(change.timestamp()) + CYCLE;
            let twin = again.next().map(|twin| (Instant::from_timestamp(twin.timestamp()), twin.offset()));
            assert_eq!(twin, Some((at, change.offset())), "{name}");
        }
    }
    assert!(changing > 100_000, "{changing}");
}

#[test]
fn what_waited_goes_out_spread_sem_7() {
    let rome = rome();
    let (window, fixed) = (read_window("{ between: \"09:00-09:10\" }"), read_window("{ at: \"23:30\" }"));
    let hours = Hours::new([(&window, rome.clone())]);
    let (evening, opening) = (wall("2026-11-20 21:00", &rome), wall("2026-11-21 09:00", &rome));
    let until = evening + Millis::hours(24);
    let keys: Vec<u64> = (0..1000).map(|key| key_hash(&format!("enr_{key}"))).collect();
    for most in [Millis::minutes(5), Millis::hours(3)] {
        let releases: Vec<_> =
            keys.iter().map(|key| hours.release(evening, until, *key, most).unwrap()).collect();
        let width = most.min(Millis::minutes(10)).0;
        let mut busiest = [0_usize; 10];
        for (release, key) in releases.iter().zip(&keys) {
            assert_eq!(release.opening, opening);
            assert!(hours.is_open(release.at) && hours.may_go(opening, release.at));
            let wait = release.at.since(opening).0;
            assert!((0..width).contains(&wait));
            busiest[usize::try_from(wait * 10 / width).unwrap()] += 1;
            assert_eq!(Some(*release), hours.release(evening, until, *key, most), "the same again");
        }
        assert!(busiest.iter().all(|tenth| (60..150).contains(tenth)), "{busiest:?}");
    }
    // Who arrives while it is open need not wait; who comes after the end, waits for tomorrow.
    let inside = opening + Millis::minutes(3);
    assert_eq!(hours.release(inside, until, u64::MAX, Millis::hours(1)).unwrap().at, inside);
    assert_eq!(hours.release(evening, opening - Millis(1), 0, Millis(0)), None);
    assert!(!hours.may_go(opening, opening + Millis::minutes(10)));
    // A fixed time: within its day.
    let hours = Hours::new([(&fixed, rome.clone())]);
    let release = hours.release(evening, until, u64::MAX, Millis::hours(2)).unwrap();
    assert_eq!(release.at, wall("2026-11-20 23:59:59.999", &rome));
    assert!(hours.may_go(release.opening, release.at) && !hours.is_open(release.at));
    assert!(!hours.may_go(release.opening, release.at + Millis(1)));
    assert!(!hours.may_go(release.opening, release.opening - Millis(1)));
}

#[test]
fn delays_count_from_the_event_and_from_the_send_that_was_held_sh_22_sh_23() {
    let rome = rome();
    let window = read_window("{ days: mon-fri, between: \"09:00-19:00\" }");
    let hours = Hours::new([(&window, rome.clone())]);
    // On the list on Friday evening: one day later is a Saturday, and the SMS goes on Monday.
    let joined = wall("2026-03-27 20:00", &rome);
    let sms = hours.next_open(add(joined, duration("1 day"), &rome)).unwrap();
    assert_eq!(local_text(sms, &rome), "2026-03-30 09:00:00 Europe/Rome");
    let email = add(sms, duration("3 days"), &rome);
    assert_eq!(local_text(email, &rome), "2026-04-02 09:00:00 Europe/Rome");
    assert_eq!(add(joined, duration("90 minutes"), &rome).since(joined), Millis::minutes(90));
}

proptest! {
    #[test]
    fn a_spread_is_inside_and_in_order(mut keys: [u64; 4], rest in -5_i64..10_000_000, most in -5_i64..10_000_000) {
        keys.sort_unstable();
        let waits = keys.map(|key| spread(key, Millis(rest), Millis(most)).0);
        prop_assert!(waits.is_sorted());
        prop_assert!(waits.iter().all(|wait| *wait == 0 || 0 < *wait && *wait < rest.min(most)));
    }
}

#[test]
fn a_key_has_the_same_hash_everywhere() {
    assert_eq!(key_hash(""), 0xe3b0_c442_98fc_1c14);
    assert_eq!(key_hash("enr_1"), key_hash("enr_1"));
    assert_eq!(spread(u64::MAX, Millis(1), Millis::hours(1)), Millis(0));
}
