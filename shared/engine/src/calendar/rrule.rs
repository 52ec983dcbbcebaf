//! Reads the part of RFC 5545's recurrence rules (3.3.10) that says what `every:` can say. Whatever would mean
//! something else there than here is refused with what to write instead.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};

use super::recurrence::{Every, MonthDay, Parts};
use super::{CalendarDate, TimeOfDay, Unreadable, Weekdays};

const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// Reads a rule. `from` is the date from which it counts, and tells the day where the rule does not.
pub(super) fn parse(text: &str, from: Option<Date>) -> Result<Parts, Unreadable> {
    let rule = text.trim();
    let rule = rule.strip_prefix("RRULE:").unwrap_or(rule);
    let mut parts = BTreeMap::new();
    for part in rule.split(';') {
        let (key, value) = part.split_once('=').ok_or_else(|| {
            Unreadable(format!(
                "\"{part}\" is no part of a rule; write such as FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0"
            ))
        })?;
        if parts.insert(key, value).is_some() {
            return Err(Unreadable(format!("{key} stands there twice; leave it once")));
        }
    }
    let every = frequency(&mut parts, from)?;
    let at = time(&mut parts)?;
    week_start(&mut parts)?;
    match parts.first_key_value() {
        Some((key @ &("COUNT" | "UNTIL"), _)) => Err(Unreadable(format!(
            "{key} would end the recurrence; take it out, and stop the workflow's entries at that time"
        ))),
        Some((key, value)) => Err(Unreadable(format!(
            "{key}={value} is not read here; there are FREQ, INTERVAL, BYDAY, BYMONTHDAY, BYMONTH, BYHOUR and BYMINUTE, one value each and several days in BYDAY"
        ))),
        None => Ok(Parts { every, at, from: None }),
    }
}

fn frequency(parts: &mut BTreeMap<&str, &str>, from: Option<Date>) -> Result<Every, Unreadable> {
    let step = number(parts, "INTERVAL", 1, 400)?.unwrap_or(1).unsigned_abs();
    let missing =
        |what: &str| Unreadable(format!("the rule names no day; add {what}, or `from:` with the first date"));
    match parts.remove("FREQ") {
        Some("DAILY") => Ok(Every::Days(step)),
        Some("WEEKLY") => {
            let named = parts.remove("BYDAY").map(weekdays).transpose()?;
            let first = from.map(|from| Weekdays::one(from.weekday()));
            named.or(first).map(|days| Every::Weeks(step, days)).ok_or_else(|| missing("BYDAY=MO"))
        }
        Some("MONTHLY") => {
            let day = match number(parts, "BYMONTHDAY", -1, 31)? {
                Some(day) => day,
                None => from.map(|from| from.day().into()).ok_or_else(|| missing("BYMONTHDAY=1"))?,
            };
            Ok(Every::Months(step, month_day(day)?))
        }
        Some("YEARLY") => {
            let month = number(parts, "BYMONTH", 1, 12)?;
            let day = number(parts, "BYMONTHDAY", 1, 31)?;
            let date = match (month, day, from) {
                (Some(month), Some(day), _) => yearly(month, day)?,
                (None, None, Some(from)) => yearly(from.month().into(), from.day().into())?,
                _ => return Err(missing("BYMONTH=12;BYMONTHDAY=24")),
            };
            Ok(Every::Years(step, date))
        }
        other => Err(Unreadable(format!(
            "FREQ={} is not read here; there are DAILY, WEEKLY, MONTHLY and YEARLY",
            other.unwrap_or_default()
        ))),
    }
}

fn month_day(day: i16) -> Result<MonthDay, Unreadable> {
    match i8::try_from(day) {
        Ok(-1) => Ok(MonthDay::Last),
        Ok(day @ 1..=28) => Ok(MonthDay::Day(day)),
        _ => Err(Unreadable(format!(
            "RFC 5545 leaves out the months that have no day {day}; write BYMONTHDAY=-1 for the last day, or \
             `every: month on {day} at 09:00`, which takes the last day of a shorter month"
        ))),
    }
}

fn yearly(month: i16, day: i16) -> Result<CalendarDate, Unreadable> {
    if (month, day) == (2, 29) {
        return Err(Unreadable(
            "RFC 5545 leaves out the years that have no 29 February; write `every: year on --02-29 at 09:00`, which \
             takes the 28th"
                .to_owned(),
        ));
    }
    CalendarDate::yearly(i8::try_from(month).unwrap_or(0), i8::try_from(day).unwrap_or(0))
}

fn weekdays(list: &str) -> Result<Weekdays, Unreadable> {
    let day = |word: &str| DAYS.iter().position(|day| *day == word);
    let days = list.split(',').map(|word| {
        let at = day(word).and_then(|at| i8::try_from(at).ok());
        at.and_then(|at| Weekday::from_monday_zero_offset(at).ok()).map(Weekdays::one)
    });
    days.reduce(|all, more| Some(all?.and(more?))).flatten().ok_or_else(|| {
        Unreadable(format!("BYDAY={list} is not read here; write days of the week alone, such as MO,TH"))
    })
}

fn time(parts: &mut BTreeMap<&str, &str>) -> Result<Option<TimeOfDay>, Unreadable> {
    let hour = number(parts, "BYHOUR", 0, 23)?;
    let minute = number(parts, "BYMINUTE", 0, 59)?;
    match (hour, minute) {
        (None, None) => Ok(None),
        (Some(hour), minute) => Ok(Some(TimeOfDay::after_midnight(hour * 60 + minute.unwrap_or(0)))),
        (None, Some(_)) => Err(Unreadable("BYMINUTE needs a BYHOUR before it".to_owned())),
    }
}

/// Weeks begin on Monday here, as they do in a rule that does not say.
fn week_start(parts: &mut BTreeMap<&str, &str>) -> Result<(), Unreadable> {
    match parts.remove("WKST") {
        None | Some("MO") => Ok(()),
        Some(day) => Err(Unreadable(format!("WKST={day} is not read here; weeks begin on Monday"))),
    }
}

/// A part with one whole number; never 0 where `least` is negative.
fn number(
    parts: &mut BTreeMap<&str, &str>,
    key: &str,
    least: i16,
    most: i16,
) -> Result<Option<i16>, Unreadable> {
    let Some(value) = parts.remove(key) else { return Ok(None) };
    let number = value
        .parse::<i16>()
        .ok()
        .filter(|number| (least..=most).contains(number) && (*number != 0 || least == 0));
    number.map(Some).ok_or_else(|| {
        Unreadable(format!("{key}={value} is not read here; write one whole number up to {most}"))
    })
}
