//! What documents may say of times, and what they are told when it is something else.

use super::*;
use crate::calendar::{
    Band, CalendarDate, DateField, LeapDay, Offset, Recurrence, Target, TimeOfDay, Weekdays, Window,
    ZoneChoice,
};
use crate::workflow::problem::Problems;
use crate::workflow::reader::MapReader;
use crate::yaml::{self, Node};

/// Reads the value of `x:` and shows it, or else what is wrong with it.
fn read<T: ToString>(source: &str, read: fn(&Node, &mut Problems) -> Option<T>) -> String {
    let documents = yaml::parse(&format!("x: {source}"), &yaml::Limits::default()).unwrap();
    let mut problems = Problems::default();
    let value = read(documents[0].get("x").unwrap(), &mut problems);
    let problems = problems.into_sorted();
    match value {
        Some(value) if problems.is_empty() => value.to_string(),
        value => {
            assert!(!problems.is_empty(), "{source}: refused without a word");
            let told = problems.iter().map(|problem| format!("{} {}", problem.code, problem.message));
            let told: Vec<String> = told.collect();
            format!("{}{}", if value.is_some() { "read, but " } else { "" }, told.join("; "))
        }
    }
}

/// Reads `every:` or `rrule:` with what stands beside it.
fn recurrence(source: &str) -> Result<String, String> {
    let documents = yaml::parse(source, &yaml::Limits::default()).unwrap();
    let mut problems = Problems::default();
    let mut map = MapReader::open(&documents[0], "a trigger", &mut problems).unwrap();
    let value = match (map.get("every"), map.get("rrule")) {
        (Some(every), _) => Recurrence::read(every, &mut map, &mut problems),
        (_, Some(rule)) => Recurrence::read_rrule(rule, &mut map, &mut problems),
        _ => None,
    };
    map.finish(&[], &mut problems);
    let told: Vec<String> = problems
        .into_sorted()
        .into_iter()
        .map(|problem| format!("{} {}", problem.code, problem.message))
        .collect();
    value.filter(|_| told.is_empty()).map(|value| value.to_string()).ok_or_else(|| told.join("; "))
}

#[test]
fn small_values_read_as_they_are_shown() {
    for (source, shown) in [("09:00", "09:00"), ("\"9:05\"", "09:05"), ("23:59", "23:59")] {
        assert_eq!(read(source, TimeOfDay::read), shown);
    }
    for (source, shown) in [
        ("monday", "mon"),
        ("[mon, Thursday]", "mon, thu"),
        ("mon-fri", "mon, tue, wed, thu, fri"),
        ("[sat-mon, wed]", "mon, wed, sat, sun"),
        ("sun, mon", "mon, sun"),
    ] {
        assert_eq!(read(source, Weekdays::read), shown);
    }
    for (source, shown) in [
        ("\"09:00-12:30\"", "09:00-12:30"),
        ("\"9:00 - 12:30\"", "09:00-12:30"),
        ("22:00-06:00", "22:00-06:00"),
        ("22:00-00:00", "22:00-24:00"),
        ("00:00-24:00", "00:00-24:00"),
    ] {
        assert_eq!(read(source, Band::read), shown);
    }
    for source in ["contact", "account", "Europe/Rome"] {
        assert_eq!(read(source, ZoneChoice::read), source);
    }
    assert_eq!(read("europe/rome", ZoneChoice::read), "Europe/Rome");
    for source in ["3 days before", "1 week after", "0 days after", "2 hours before"] {
        assert_eq!(read(source, Offset::read), source);
    }
    for source in ["feb 28", "mar 1", "leap years"] {
        assert_eq!(read(source, LeapDay::read), source);
    }
    assert_eq!(read("--12-25", CalendarDate::read), "--12-25");
}

#[test]
fn small_values_say_what_to_write_instead() {
    for source in ["9", "9.5", "24:00", "9:5", "09:60", "morning", "[]", "09:00:00", "~"] {
        let told = read(source, TimeOfDay::read);
        assert!(told.starts_with("time_of_day.unreadable") && told.contains("\"09:00\""), "{source}: {told}");
    }
    for source in ["[]", "lun", "7", "mon-", "{ a: 1 }", "mon-fri-sun"] {
        let told = read(source, Weekdays::read);
        assert!(told.starts_with("weekdays.unreadable") && told.contains("mon"), "{source}: {told}");
    }
    for source in ["09:00", "9-12", "10:00-10:00", "09:00-25:00", "24:00-09:00"] {
        let told = read(source, Band::read);
        assert!(told.starts_with("band.unreadable") && told.contains("write"), "{source}: {told}");
    }
    assert!(read("Europe/Roma", ZoneChoice::read).contains("did you mean Europe/Rome?"));
    assert!(read("+02:00", ZoneChoice::read).contains("write one such as Europe/Rome"));
    for source in ["3 days", "before", "tomorrow", "3 moons before", "11 years before", "3"] {
        assert!(read(source, Offset::read).starts_with("offset.unreadable"), "{source}");
    }
    for source in ["feb 29", "28", "never"] {
        assert!(read(source, LeapDay::read).contains("feb 28, mar 1 or leap years"), "{source}");
    }
    for source in ["2026-02-29", "25/12/2026", "christmas", "2026"] {
        assert!(read(source, CalendarDate::read).starts_with("date.unreadable"), "{source}");
    }
}

#[test]
fn windows_read_as_they_are_shown_sh_55_sh_56_sh_57() {
    for source in [
        "{ zone: contact, days: [mon, tue, wed, thu, fri], between: [\"09:00-12:30\", \"15:00-19:00\"] }",
        "{ zone: Europe/Rome, days: [mon, tue, wed, thu, fri, sat, sun], at: [\"10:00\"] }",
        "{ zone: account, days: [sun], between: [\"22:00-06:00\"], quiet dates: [\"--12-25\", \"2026-08-15\"] }",
        "{ zone: contact, days: [sat], between: [\"00:00-24:00\"] }",
    ] {
        assert_eq!(read(source, Window::read), source);
        let window = oracle::read_window(source);
        let stored = serde_json::to_string(&window).unwrap();
        assert_eq!(serde_json::from_str::<Window>(&stored).unwrap(), window, "{stored}");
        // As JSON it is a document too.
        assert_eq!(oracle::read_window(&stored), window, "{stored}");
    }
    let short = "{ days: mon-fri, at: 10:00, quiet dates: --12-25 }";
    assert_eq!(
        read(short, Window::read),
        "{ zone: contact, days: [mon, tue, wed, thu, fri], at: [\"10:00\"], quiet dates: [\"--12-25\"] }"
    );
}

#[test]
fn windows_say_what_to_write_instead_sh_55_sh_56_sh_57() {
    for (source, told) in [
        ("{}", "read, but window.empty a window without anything is always open"),
        ("mon", "map.expected a send window must be a map"),
        (
            "{ between: 09:00-12:00, at: 10:00 }",
            "window.times a window has either `between:` with bands or `at:`",
        ),
        ("{ between: [] }", "window.list 1 to 400 values belong here, not 0"),
        ("{ day: mon }", "read, but key.unknown a send window has no `day:`; did you mean `days`?"),
        ("{ between: [9-10, 11-x] }", "band.unreadable \"9\" is no time of day"),
        ("{ quiet dates: [2026-13-01] }", "date.unreadable"),
        ("{ days: mon, zone: Europe/Roma }", "zone.unknown"),
    ] {
        let found = read(source, Window::read);
        assert!(found.starts_with(told), "{source}: {found}");
    }
    // Every wrong value is told, not the first alone.
    assert!(read("{ between: [9-10, 11-x] }", Window::read).matches("band.unreadable").count() == 2);
}

#[test]
fn recurrences_read_as_they_are_shown_kw_15() {
    for (source, shown) in [
        ("every: monday at 09:00", "mon at 09:00"),
        ("every: day at 09:00", "day at 09:00"),
        ("every: mon, thu at 09:00", "mon, thu at 09:00"),
        ("every: \"[mon, thu] at 09:00\"", "mon, thu at 09:00"),
        ("{ every: [mon, thu], at: \"09:00\" }", "mon, thu at 09:00"),
        ("every: mon-fri at 9:00", "mon, tue, wed, thu, fri at 09:00"),
        ("every: month on 1 at 09:00", "month on 1 at 09:00"),
        ("every: month on last at 09:00", "month on last at 09:00"),
        ("every: 2 weeks on friday at 10:00 from 2026-01-02", "2 weeks on fri at 10:00 from 2026-01-02"),
        (
            "{ every: 2 weeks on friday, at: 10:00, from: 2026-01-02 }",
            "2 weeks on fri at 10:00 from 2026-01-02",
        ),
        ("every: week on friday at 10:00", "fri at 10:00"),
        ("every: year on --12-24 at 09:00", "year on --12-24 at 09:00"),
        ("every: 3 days at 09:00 from 2026-01-02", "3 days at 09:00 from 2026-01-02"),
        ("rrule: FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0", "mon at 09:00"),
        (
            "rrule: RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=FR,MO;BYHOUR=10;WKST=MO\nfrom: 2026-01-02",
            "2 weeks on mon, fri at 10:00 from 2026-01-02",
        ),
        ("rrule: FREQ=WEEKLY\nat: \"10:00\"\nfrom: 2026-01-02", "fri at 10:00 from 2026-01-02"),
        ("rrule: FREQ=DAILY\nat: \"10:00\"", "day at 10:00"),
        ("rrule: FREQ=MONTHLY;BYMONTHDAY=-1\nat: \"10:00\"", "month on last at 10:00"),
        ("rrule: FREQ=MONTHLY;BYMONTHDAY=28\nat: \"10:00\"", "month on 28 at 10:00"),
        ("rrule: FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24\nat: \"10:00\"", "year on --12-24 at 10:00"),
    ] {
        assert_eq!(recurrence(source).as_deref(), Ok(shown), "{source}");
    }
}

#[test]
fn recurrences_say_what_to_write_instead_kw_15() {
    for (source, told) in [
        ("every: monday", "needs a time of day; add \"at 09:00\""),
        ("every: 2 weeks on friday at 10:00", "add \"from 2026-01-02\""),
        ("every: 0 days at 10:00 from 2026-01-02", "the number is from 1 to 400"),
        ("every: week at 10:00", "names no day; write such as \"week on friday\""),
        ("every: month at 10:00", "\"month on last\""),
        ("every: month on 32 at 10:00", "write 1 to 31, or last"),
        ("every: year on 2026-12-24 at 10:00", "such as --12-24"),
        ("every: lunedì at 10:00", "is no recurring time; write such as \"monday at 09:00\""),
        ("every: 2 fridays at 10:00", "is no recurring time"),
        ("every: hour", "is no recurring time"),
        ("every: day on friday at 10:00", "is no recurring time"),
        ("every: monday at 9", "\"9\" is no time of day"),
        ("every: monday at 09:00 from --01-02", "begins in no year"),
        ("{ every: monday at 09:00, at: \"10:00\" }", "`at:` stands both in the text and beside it"),
        ("{ every: monday at 09:00, from: --01-02 }", "a date with its year"),
        ("every: 5", "must be a text"),
        ("rrule: FREQ=HOURLY", "there are DAILY, WEEKLY, MONTHLY and YEARLY"),
        ("rrule: FREQ=DAILY", "add \"at 09:00\""),
        ("rrule: FREQ=WEEKLY;BYHOUR=9", "add BYDAY=MO, or `from:`"),
        ("rrule: FREQ=MONTHLY;BYDAY=2MO;BYMONTHDAY=1;BYHOUR=9", "BYDAY=2MO is not read here"),
        ("rrule: FREQ=WEEKLY;BYDAY=2MO;BYHOUR=9", "write days of the week alone"),
        ("rrule: FREQ=MONTHLY;BYMONTHDAY=31;BYHOUR=9", "`every: month on 31 at 09:00`"),
        ("rrule: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=9", "`every: year on --02-29 at 09:00`"),
        ("rrule: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31;BYHOUR=9", "there is no such day"),
        ("rrule: FREQ=DAILY;COUNT=3;BYHOUR=9", "COUNT would end the recurrence"),
        ("rrule: FREQ=DAILY;UNTIL=20270101T000000Z;BYHOUR=9", "UNTIL would end the recurrence"),
        ("rrule: FREQ=DAILY;BYHOUR=9,10", "BYHOUR=9,10 is not read here"),
        ("rrule: FREQ=DAILY;BYHOUR=9;BYSETPOS=1", "BYSETPOS=1 is not read here"),
        ("rrule: FREQ=DAILY;FREQ=DAILY", "FREQ stands there twice"),
        ("rrule: FREQ=WEEKLY;BYDAY=MO;WKST=SU;BYHOUR=9", "weeks begin on Monday"),
        ("rrule: FREQ=DAILY;BYMINUTE=9", "BYMINUTE needs a BYHOUR"),
        ("rrule: FREQ=DAILY;INTERVAL=0;BYHOUR=9", "INTERVAL=0 is not read here"),
        ("rrule: every monday", "is no part of a rule"),
    ] {
        let found = recurrence(source).expect_err(source);
        assert!(found.contains(told) && found.contains('.'), "{source}: {found}");
    }
}

#[test]
fn dates_and_targets_say_what_to_write_instead_bl_12_kw_61() {
    let field = |node: &Node, problems: &mut Problems| DateField::read(node, problems).map(|_| "read");
    for (source, told) in [
        ("{ field: birth_date }", "key.missing a date needs `at:`"),
        ("{ at: \"09:00\" }", "key.missing a date needs `field:`"),
        ("{ field: Birth date, at: \"09:00\" }", "field.name `Birth date` is no field's name"),
        (
            "{ field: birth_date, at: \"09:00\", every: month }",
            "date.every `every:` of a date is `year` or `once`",
        ),
        ("{ field: birth_date, at: \"09:00\", leap day: mar 2 }", "leap_day.unknown"),
        (
            "{ field: birth_date, at: \"09:00\", offset: 3 hours before }",
            "read, but offset.unit a date has no hours",
        ),
        ("{ field: birth_date, at: \"09:00\", on: 1 }", "read, but key.unknown a date has no `on:`"),
        ("birth_date", "map.expected"),
    ] {
        let found = read(source, field);
        assert!(found.starts_with(told), "{source}: {found}");
    }
    for (source, told) in [
        ("soon", "until.unreadable \"soon\" is no time to wait until; write such as \"10:00\""),
        ("9", "until.unreadable \"9\" is no time"),
        ("[]", "until.unreadable write a time, such as friday at 10:00"),
        ("2026-02-30 10:00", "until.unreadable"),
        ("2026-12-24 25:00", "until.unreadable"),
        ("{ offset: 1 day before }", "key.missing `until:` needs `field:`"),
        ("{ field: at, offset: 1 day }", "offset.unreadable"),
        ("{ field: at, zone: contact }", "read, but key.unknown"),
    ] {
        let found = read(source, Target::read);
        assert!(found.starts_with(told), "{source}: {found}");
    }
}
