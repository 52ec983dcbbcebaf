//! The standard fields and what may stand in them. Parsed at the edge, never checked again.

use serde_json::Value;

use crate::calendar::{self, CalendarDate, country};
use crate::limits;

/// The kind of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An e-mail address; an identity.
    Email,
    /// A phone number; an identity if it is international.
    Phone,
    /// Any text.
    Text,
    /// A day, `2026-11-21`, or without a year, `--02-29`.
    Date,
    /// An IANA time zone.
    Zone,
    /// A country's code, ISO 3166-1 alpha-2.
    Country,
    /// Text, number, yes or no, or a list of texts: the fields that the account invents.
    Free,
}

/// The standard fields.
pub const STANDARD: &[(&str, Kind)] = &[
    ("email", Kind::Email),
    ("phone", Kind::Phone),
    ("first_name", Kind::Text),
    ("last_name", Kind::Text),
    ("birth_date", Kind::Date),
    ("company", Kind::Text),
    ("country", Kind::Country),
    ("language", Kind::Text),
    ("time_zone", Kind::Zone),
    ("status", Kind::Text),
    ("owner", Kind::Text),
    ("source", Kind::Text),
];

/// The kind of a field by its name.
pub fn kind(name: &str) -> Kind {
    STANDARD.iter().find(|(standard, _)| *standard == name).map_or(Kind::Free, |(_, kind)| *kind)
}

/// Whether a field may have this name: `a-z`, digits and `_`, beginning with a letter.
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= limits::NAME_BYTES
        && name.as_bytes()[0].is_ascii_lowercase()
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Reads a value for a field. `Ok(None)` for null or an empty text: nothing was said.
///
/// # Errors
/// A sentence that says what is wrong and what is expected.
pub fn parse(name: &str, value: &Value) -> Result<Option<Value>, String> {
    let value = match value {
        Value::Null => return Ok(None),
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => Value::String(text.trim().to_owned()),
        other => other.clone(),
    };
    let bytes = match &value {
        Value::String(text) => limits::json_bytes(text),
        other => other.to_string().len(),
    };
    if bytes > limits::FIELD_BYTES {
        return Err(format!("{name} has {bytes} bytes; at most {} are kept", limits::FIELD_BYTES));
    }
    let text = |expected: &str| value.as_str().ok_or_else(|| format!("{name} must be {expected}"));
    match kind(name) {
        Kind::Email => {
            let text = text("an e-mail address")?;
            email(text)
                .map(|email| Some(email.into()))
                .ok_or_else(|| format!("{name} is not an e-mail address, such as anna@example.com"))
        }
        Kind::Phone => {
            let text = match &value {
                Value::Number(number) => number.to_string(),
                _ => text("a phone number")?.to_owned(),
            };
            phone(&text)
                .map(|phone| Some(phone.into()))
                .ok_or_else(|| format!("{name} is not a phone number, such as +39 333 1234567"))
        }
        Kind::Text => text("a text").map(|text| Some(text.into())),
        Kind::Date => {
            let date: CalendarDate = text("a date")?.parse().map_err(|_| {
                format!("{name} is not a date, such as 1980-05-17, or --05-17 without the year")
            })?;
            if date.is_placeholder() {
                return Err(format!(
                    "{name}: {date} is what programs write who know no date; leave it empty"
                ));
            }
            Ok(Some(date.to_string().into()))
        }
        Kind::Zone => {
            let text = text("a time zone")?;
            if calendar::zone(text).is_some() {
                Ok(Some(text.into()))
            } else {
                Err(format!("{name} is not a time zone, such as Europe/Rome"))
            }
        }
        Kind::Country => {
            let code = text("a country's code")?.to_ascii_uppercase();
            if country::is_country(&code) {
                Ok(Some(code.into()))
            } else {
                Err(format!("{name} is not a country's code of two letters, such as IT"))
            }
        }
        Kind::Free => match &value {
            Value::Object(_) => {
                Err(format!("{name} must be a text, a number, yes or no, or a list of texts"))
            }
            Value::Array(items) if !items.iter().all(Value::is_string) => {
                Err(format!("{name} must be a list of texts"))
            }
            _ => Ok(Some(value)),
        },
    }
}

/// An e-mail address as it is compared: trimmed, the domain in lower case.
pub fn email(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > 254 || text.bytes().any(|b| b.is_ascii_control()) {
        return None;
    }
    let options =
        email_address::Options::default().without_display_text().without_domain_literal().with_required_tld();
    email_address::EmailAddress::parse_with_options(text, options).ok()?;
    let (local, domain) = text.rsplit_once('@')?;
    Some(format!("{local}@{}", domain.to_lowercase()))
}

/// A phone number without its punctuation: digits, perhaps with a leading plus.
pub fn phone(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix("00").map_or_else(|| text.to_owned(), |rest| format!("+{rest}"));
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '+' if at == 0 => out.push(c),
            '0'..='9' => out.push(c),
            ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' => {}
            _ => return None,
        }
    }
    let digits = out.trim_start_matches('+').len();
    (5..=15).contains(&digits).then_some(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_and_numbers_are_made_comparable() {
        assert_eq!(email(" Anna@Example.COM "), Some("Anna@example.com".into()));
        for bad in [
            "",
            "anna",
            "anna@",
            "@x.it",
            "anna@localhost",
            "a b@x.it",
            "Anna <anna@x.it>",
            "anna@[127.0.0.1]",
        ] {
            assert_eq!(email(bad), None, "{bad}");
        }
        assert_eq!(phone("+39 333 123-4567"), Some("+393331234567".into()));
        assert_eq!(phone("0039 02 1234"), Some("+39021234".into()));
        assert_eq!(phone("call me"), None);
    }

    #[test]
    fn a_bad_value_is_told_with_its_field() {
        assert!(parse("birth_date", &json!("17/05/1980")).is_err_and(|why| why.contains("birth_date")));
        assert_eq!(parse("birth_date", &json!("--02-29")), Ok(Some(json!("--02-29"))));
        for placeholder in ["1970-01-01", "0000-05-17", "0000-00-00"] {
            assert!(parse("birth_date", &json!(placeholder)).is_err(), "{placeholder}");
        }
        assert_eq!(parse("country", &json!(" it ")), Ok(Some(json!("IT"))));
        assert!(parse("country", &json!("Italia")).is_err_and(|why| why.contains("IT")));
        assert_eq!(
            parse("time_zone", &json!("+02:00")),
            Err("time_zone is not a time zone, such as Europe/Rome".into())
        );
        assert_eq!(parse("first_name", &json!("  ")), Ok(None));
        assert_eq!(parse("budget", &json!(12)), Ok(Some(json!(12))));
    }
}
