//! What can stand behind a `|`. Each passes a missing value on, so that a `default` further behind still
//! sees it, and none makes a text longer than a rendering may be.

use jiff::civil::Date;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use minijinja::value::{Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value};

use super::MAX_OUTPUT;
use crate::calendar;
use crate::time::Instant;

/// The filters that a template can use.
pub const FILTERS: [&str; 14] = [
    "capitalize",
    "d",
    "date",
    "default",
    "first",
    "int",
    "join",
    "last",
    "length",
    "lower",
    "replace",
    "round",
    "trim",
    "upper",
];

/// The tests that can stand behind `is`.
pub(super) const TESTS: [&str; 6] = ["defined", "even", "number", "odd", "string", "undefined"];

/// The name in a context under which the zone of `date` is found.
pub(super) const ZONE: &str = "zone";

pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_filter("default", default);
    environment.add_filter("d", default);
    environment.add_filter("date", date);
    environment.add_filter("upper", |value: &Value| text(value, str::to_uppercase));
    environment.add_filter("lower", |value: &Value| text(value, str::to_lowercase));
    environment.add_filter("trim", |value: &Value| text(value, |text| text.trim().to_owned()));
    environment.add_filter("capitalize", |value: &Value| text(value, capitalize));
    environment.add_filter("replace", replace);
    environment.add_filter("join", join);
    environment.add_filter("first", |value: &Value| end(value, |items| items.first().cloned()));
    environment.add_filter("last", |value: &Value| end(value, |items| items.last().cloned()));
    environment.add_filter("length", |value: &Value| match value.kind() {
        ValueKind::Undefined => Ok(Value::UNDEFINED),
        _ => value.len().map(Value::from).ok_or_else(|| unfit("length needs a text or a list")),
    });
    environment.add_filter("round", round);
    environment.add_filter("int", |value: &Value| round(value, None));
    environment.add_test("defined", minijinja::tests::is_defined);
    environment.add_test("undefined", minijinja::tests::is_undefined);
    environment.add_test("odd", minijinja::tests::is_odd);
    environment.add_test("even", minijinja::tests::is_even);
    environment.add_test("number", minijinja::tests::is_number);
    environment.add_test("string", minijinja::tests::is_string);
}

pub(super) fn unfit(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// The other value if this one is missing, or a text with nothing in it: nobody wants to read "Hello ,".
///
/// `Rest`, because an optional argument that is itself missing would look like none at all.
#[expect(clippy::needless_pass_by_value, reason = "how a filter takes its arguments")]
fn default(value: &Value, other: Rest<Value>) -> Value {
    let blank = value.as_str().is_some_and(|text| text.trim().is_empty());
    if value.is_undefined() || value.is_none() || blank {
        other.first().cloned().unwrap_or_else(|| Value::from(""))
    } else {
        value.clone()
    }
}

fn text(value: &Value, change: impl Fn(&str) -> String) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Undefined => Ok(Value::UNDEFINED),
        ValueKind::String => Ok(Value::from(change(value.as_str().unwrap_or_default()))),
        ValueKind::Number => Ok(Value::from(change(&value.to_string()))),
        other => Err(unfit(format!("this filter needs a text, not a {other}"))),
    }
}

fn capitalize(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn replace(value: &Value, old: &str, new: &str) -> Result<Value, Error> {
    let found = value.as_str().map_or(0, |text| text.matches(old).count());
    fits(value.len().unwrap_or(0).saturating_add(found.saturating_mul(new.len())))?;
    text(value, |text| text.replace(old, new))
}

fn join(value: &Value, between: Option<&str>) -> Result<Value, Error> {
    if value.is_undefined() {
        return Ok(Value::UNDEFINED);
    }
    let mut joined = String::new();
    for (index, item) in items(value)?.into_iter().enumerate() {
        let part = match item.kind() {
            ValueKind::Undefined => continue,
            ValueKind::String | ValueKind::Number | ValueKind::Bool => item.to_string(),
            other => return Err(unfit(format!("join needs a list of texts, not of a {other}"))),
        };
        if index > 0 {
            joined.push_str(between.unwrap_or(", "));
        }
        joined.push_str(&part);
        fits(joined.len())?;
    }
    Ok(Value::from(joined))
}

fn end(value: &Value, pick: impl Fn(&[Value]) -> Option<Value>) -> Result<Value, Error> {
    if value.is_undefined() {
        return Ok(Value::UNDEFINED);
    }
    Ok(pick(&items(value)?).unwrap_or(Value::UNDEFINED))
}

fn items(value: &Value) -> Result<Vec<Value>, Error> {
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => Ok(value.try_iter()?.collect()),
        other => Err(unfit(format!("this filter needs a list, not a {other}"))),
    }
}

fn fits(bytes: usize) -> Result<(), Error> {
    if bytes > MAX_OUTPUT { Err(ErrorKind::WriteFailure.into()) } else { Ok(()) }
}

/// A number, or a text that is one, with so many digits behind the point (0 to 9, default 0: a whole one).
#[expect(clippy::cast_possible_truncation, reason = "checked to be within")]
fn round(value: &Value, digits: Option<i64>) -> Result<Value, Error> {
    let number = match value.kind() {
        ValueKind::Undefined => return Ok(Value::UNDEFINED),
        ValueKind::Number if value.is_integer() => return Ok(value.clone()),
        ValueKind::Number | ValueKind::String => value.to_string().trim().parse::<f64>().ok(),
        _ => None,
    };
    let Some(number) = number.filter(|number| number.abs() < 1e15) else {
        return Err(unfit("this filter needs a number"));
    };
    match digits.unwrap_or(0) {
        0 => Ok(Value::from(number.round() as i64)),
        digits @ 1..=9 => {
            let scale = 10_f64.powi(digits as i32);
            Ok(Value::from((number * scale).round() / scale))
        }
        _ => Err(unfit("round takes 0 to 9 digits")),
    }
}

/// An instant (RFC 3339, or milliseconds since 1970) on the wall clock of the context's `zone` (UTC without
/// one), or a date without time as it stands; `%d/%m/%Y` or another format of `strftime`.
fn date(state: &State, value: &Value, format: Option<&str>) -> Result<Value, Error> {
    let instant = match value.kind() {
        ValueKind::Undefined => return Ok(Value::UNDEFINED),
        ValueKind::Number => value.as_i64().map(Instant::from_millis),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default().trim();
            // The ten characters of a date alone: no zone moves a birthday.
            if let (10, Ok(date)) = (text.len(), text.parse::<Date>()) {
                return show(format, |format| strtime::format(format, date));
            }
            Instant::parse(text)
        }
        _ => None,
    };
    let instant =
        instant.ok_or_else(|| unfit("date needs an instant (RFC 3339 or milliseconds) or a date"))?;
    let zone = match state.lookup(ZONE).filter(|zone| !zone.is_undefined()) {
        None => TimeZone::UTC,
        Some(name) => {
            name.as_str().and_then(calendar::zone).ok_or_else(|| unfit(format!("{name} is no time zone")))?
        }
    };
    let zoned = instant.timestamp().to_zoned(zone);
    show(format, |format| strtime::format(format, &zoned))
}

fn show(format: Option<&str>, write: impl Fn(&str) -> Result<String, jiff::Error>) -> Result<Value, Error> {
    let format = format.unwrap_or("%d/%m/%Y");
    if format.len() > 100 {
        return Err(unfit("a date format has at most 100 characters"));
    }
    write(format)
        .map(Value::from)
        .map_err(|error| unfit(format!("\"{format}\" cannot show this date: {error}")))
}
