//! The standard fields and what may stand in them. Parsed at the edge, never checked again.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::catalogue::{Choice, CustomField};
pub use super::phone::{phone, phone_in};
use crate::calendar::{self, CalendarDate, country};
use crate::definitions::Definitions;
use crate::limits;

/// The kind of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// A stage of the contact's life with the business: one of those that the account has set.
    Stage,
    /// A number.
    Number,
    /// Money: a whole number in minor units, such as cents, in the field's currency.
    Money,
    /// One of the field's options.
    Choice,
    /// Some of the field's options, in their order.
    MultiChoice,
    /// Yes or no.
    YesNo,
    /// The address of a page on the web.
    Url,
    /// The address of a file on the web.
    File,
    /// Text, number, yes or no, or a list of texts: a field that nobody defined.
    Free,
}

impl Kind {
    /// The kinds of the fields that accounts define.
    pub const CUSTOM: &[Self] = &[
        Self::Text,
        Self::Number,
        Self::Money,
        Self::Date,
        Self::Choice,
        Self::MultiChoice,
        Self::YesNo,
        Self::Phone,
        Self::Url,
        Self::File,
    ];

    /// Whether a field of this kind has options.
    pub const fn has_options(self) -> bool {
        matches!(self, Self::Choice | Self::MultiChoice)
    }
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
    ("lifecycle", Kind::Stage),
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

/// Reads a value for a field, by what the account has defined; where a document is read alone, that is not known, and a
/// field that is no standard one is free. `Ok(None)` for null, an empty text or an empty list: nothing was said.
///
/// # Errors
/// A sentence that says what is wrong and what is expected.
pub fn parse(name: &str, value: &Value, account: Option<&Definitions>) -> Result<Option<Value>, String> {
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
    let field = account.and_then(|account| account.catalogue.fields.get(name));
    read(&value, field.map_or_else(|| kind(name), |field| field.kind), field, account)
        .map_err(|why| format!("{name} {why}"))
}

/// Reads a value of a kind.
fn read(
    value: &Value,
    kind: Kind,
    field: Option<&CustomField>,
    account: Option<&Definitions>,
) -> Result<Option<Value>, String> {
    let text = |expected: &str| value.as_str().ok_or_else(|| format!("must be {expected}"));
    let read: Value = match kind {
        Kind::Email => {
            let text = text("an e-mail address")?;
            email(text).ok_or("is not an e-mail address, such as anna@example.com")?.into()
        }
        Kind::Phone => {
            let text = match value {
                Value::Number(number) => number.to_string(),
                _ => text("a phone number")?.to_owned(),
            };
            let country = account.map_or("", |account| &account.account.country);
            phone_in(&text, country).ok_or("is not a phone number, such as +39 333 1234567")?.into()
        }
        Kind::Text => text("a text")?.into(),
        Kind::Date => date(text("a date")?)?.into(),
        Kind::Zone => {
            let text = text("a time zone")?;
            calendar::zone(text).ok_or("is not a time zone, such as Europe/Rome")?;
            text.into()
        }
        Kind::Country => {
            let code = text("a country's code")?.to_ascii_uppercase();
            if !country::is_country(&code) {
                return Err("is not a country's code of two letters, such as IT".to_owned());
            }
            code.into()
        }
        Kind::Stage => stage(text("a text")?, account)?,
        Kind::Number => number(value)?.into(),
        Kind::Money => money(value)?.into(),
        Kind::Choice => option(value, options(field))?,
        Kind::MultiChoice => return choices(value, options(field)),
        Kind::YesNo => yes_or_no(value)?.into(),
        Kind::Url | Kind::File => {
            let text = text("an address on the web")?;
            if !is_web_address(text) {
                return Err("is not an address on the web, such as https://shop.example/a".to_owned());
            }
            text.into()
        }
        Kind::Free => free(value)?,
    };
    Ok(Some(read))
}

fn free(value: &Value) -> Result<Value, String> {
    match value {
        Value::Object(_) => Err("must be a text, a number, yes or no, or a list of texts".to_owned()),
        Value::Array(items) if !items.iter().all(Value::is_string) => {
            Err("must be a list of texts".to_owned())
        }
        other => Ok(other.clone()),
    }
}

fn date(text: &str) -> Result<String, String> {
    let date: CalendarDate =
        text.parse().map_err(|_| "is not a date, such as 1980-05-17, or --05-17 without the year")?;
    if date.is_placeholder() {
        return Err(format!("is {date}, which programs write who know no date; leave it empty"));
    }
    Ok(date.to_string())
}

fn stage(text: &str, account: Option<&Definitions>) -> Result<Value, String> {
    let Some(account) = account else { return Ok(text.into()) };
    let stages = &account.account.lifecycle_stages;
    let known = stages.iter().find(|stage| stage.to_lowercase() == text.to_lowercase());
    known.map(|stage| Value::from(&**stage)).ok_or_else(|| {
        let known: Vec<&str> = stages.iter().map(|stage| &**stage).collect();
        format!("is none of the account's stages: {}", known.join(", "))
    })
}

fn number(value: &Value) -> Result<Number, String> {
    let read = match value {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => {
            let whole = text.parse::<i64>().ok().map(Number::from);
            whole.or_else(|| text.parse().ok().and_then(Number::from_f64))
        }
        _ => None,
    };
    read.ok_or_else(|| "is not a number, such as 42 or 3.5".to_owned())
}

fn money(value: &Value) -> Result<i64, String> {
    let read = value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    read.ok_or_else(|| "is not money: a whole number in minor units, such as 1250 for 12.50".to_owned())
}

fn options(field: Option<&CustomField>) -> &[Choice] {
    field.map_or(&[], |field| &field.options)
}

fn option(value: &Value, options: &[Choice]) -> Result<Value, String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return Err("must be one of its options".to_owned()),
    };
    let known = options.iter().find(|option| *option.value == *text);
    known.map(|option| Value::from(&*option.value)).ok_or_else(|| {
        let known: Vec<&str> = options.iter().take(10).map(|option| &*option.value).collect();
        let more = if options.len() > known.len() { ", …" } else { "" };
        format!("is none of its options: {}{more}", known.join(", "))
    })
}

fn choices(value: &Value, options: &[Choice]) -> Result<Option<Value>, String> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let chosen = items.iter().map(|item| option(item, options)).collect::<Result<Vec<Value>, String>>()?;
    let values = options.iter().map(|option| Value::from(&*option.value));
    let chosen: Vec<Value> = values.filter(|value| chosen.contains(value)).collect();
    Ok((!chosen.is_empty()).then_some(Value::Array(chosen)))
}

fn yes_or_no(value: &Value) -> Result<bool, String> {
    let text = match value {
        Value::Bool(answer) => return Ok(*answer),
        Value::String(text) => text.to_lowercase(),
        other => other.to_string(),
    };
    match text.as_str() {
        "yes" | "true" | "on" | "1" | "si" | "sì" | "sí" => Ok(true),
        "no" | "false" | "off" | "0" => Ok(false),
        _ => Err("is neither yes nor no".to_owned()),
    }
}

/// Whether a text is the address of something on the web.
pub fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !text.contains(|c: char| c.is_whitespace() || c.is_control())
    })
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::contact::catalogue::Catalogue;

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
        assert!(parse("birth_date", &json!("17/05/1980"), None).is_err_and(|why| why.contains("birth_date")));
        assert_eq!(parse("birth_date", &json!("--02-29"), None), Ok(Some(json!("--02-29"))));
        for placeholder in ["1970-01-01", "0000-05-17", "0000-00-00"] {
            assert!(parse("birth_date", &json!(placeholder), None).is_err(), "{placeholder}");
        }
        assert_eq!(parse("country", &json!(" it "), None), Ok(Some(json!("IT"))));
        assert!(parse("country", &json!("Italia"), None).is_err_and(|why| why.contains("IT")));
        assert_eq!(
            parse("time_zone", &json!("+02:00"), None),
            Err("time_zone is not a time zone, such as Europe/Rome".into())
        );
        assert_eq!(parse("first_name", &json!("  "), None), Ok(None));
        assert_eq!(parse("budget", &json!(12), None), Ok(Some(json!(12))));
    }

    fn account(kind: Kind) -> Definitions {
        let options = ["web", "shop", "phone"];
        let options = options.map(|value| Choice { value: value.into(), label: value.to_uppercase().into() });
        let field = CustomField {
            label: "Field".into(),
            kind,
            currency: None,
            options: if kind.has_options() { options.to_vec() } else { Vec::new() },
            description: None,
        };
        let mut catalogue = Catalogue::default();
        catalogue.fields.insert("x".into(), field);
        Definitions { catalogue: Arc::new(catalogue.settled()), ..Definitions::empty() }
    }

    /// KC-08: each kind takes its values, as programs and as forms write them, and no others.
    #[test]
    fn each_kind_reads_its_values() {
        for (kind, written, kept) in [
            (Kind::Text, json!(" Roma "), json!("Roma")),
            (Kind::Number, json!("3.5"), json!(3.5)),
            (Kind::Number, json!("42"), json!(42)),
            (Kind::Number, json!(-1), json!(-1)),
            (Kind::Money, json!("1250"), json!(1250)),
            (Kind::Date, json!("2026-11-21"), json!("2026-11-21")),
            (Kind::Date, json!("--11-21"), json!("--11-21")),
            (Kind::Choice, json!("shop"), json!("shop")),
            (Kind::MultiChoice, json!(["shop", "web", "shop"]), json!(["web", "shop"])),
            (Kind::MultiChoice, json!("phone"), json!(["phone"])),
            (Kind::YesNo, json!("on"), json!(true)),
            (Kind::YesNo, json!("Sì"), json!(true)),
            (Kind::YesNo, json!("no"), json!(false)),
            (Kind::YesNo, json!(0), json!(false)),
            (Kind::Phone, json!("333 123 4567"), json!("+393331234567")),
            (Kind::Phone, json!(3_331_234_567_u64), json!("+393331234567")),
            (Kind::Url, json!("https://shop.example/a?b=c"), json!("https://shop.example/a?b=c")),
            (Kind::File, json!("https://shop.example/a.pdf"), json!("https://shop.example/a.pdf")),
        ] {
            assert_eq!(parse("x", &written, Some(&account(kind))), Ok(Some(kept)), "{kind:?} {written}");
        }
        for (kind, written) in [
            (Kind::Text, json!(["a"])),
            (Kind::Number, json!("3,5")),
            (Kind::Number, json!("inf")),
            (Kind::Number, json!(true)),
            (Kind::Money, json!(12.5)),
            (Kind::Money, json!("12.50")),
            (Kind::Date, json!("21/11/2026")),
            (Kind::Date, json!("2026-02-30")),
            (Kind::Choice, json!("Web")),
            (Kind::Choice, json!(["web"])),
            (Kind::MultiChoice, json!(["web", "tv"])),
            (Kind::YesNo, json!("perhaps")),
            (Kind::YesNo, json!(2)),
            (Kind::Phone, json!("call me")),
            (Kind::Url, json!("javascript:alert(1)")),
            (Kind::Url, json!("https://")),
            (Kind::File, json!("a.pdf")),
        ] {
            let read = parse("x", &written, Some(&account(kind)));
            assert!(read.as_ref().is_err_and(|why| why.starts_with("x ")), "{kind:?} {written} {read:?}");
        }
        for kind in Kind::CUSTOM {
            assert_eq!(parse("x", &json!(" "), Some(&account(*kind))), Ok(None), "{kind:?}");
        }
        assert_eq!(parse("x", &json!([]), Some(&account(Kind::MultiChoice))), Ok(None));
    }

    /// CL-10: the stages of a contact's life are the account's.
    #[test]
    fn a_stage_is_one_of_the_account_s() {
        let account = account(Kind::Text);
        assert_eq!(parse("lifecycle", &json!("LEAD"), Some(&account)), Ok(Some(json!("lead"))));
        assert!(parse("lifecycle", &json!("vip"), Some(&account)).is_err_and(|why| why.contains("customer")));
        assert_eq!(parse("lifecycle", &json!("vip"), None), Ok(Some(json!("vip"))));
    }
}
