//! What is asked of a value: is it this, is it one of these, is it at least so much.

use serde_json::Value;

use super::Truth;
use crate::calendar::CalendarDate;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, one_or_more, text, yes_or_no};
use crate::yaml::{self, Node};

/// A question about one value. The answer for a missing value is unknown, except for `is known`.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// It is one of these.
    Is(Vec<Value>),
    /// It is none of these.
    IsNot(Vec<Value>),
    /// It is a number and at least this.
    AtLeast(f64),
    /// It is a number and at most this.
    AtMost(f64),
    /// It is a date with its year, and this day or later.
    From(CalendarDate),
    /// It is a date with its year, and this day or earlier.
    Until(CalendarDate),
    /// It is a text that begins so.
    StartsWith(String),
    /// It is a text that has this in it, or a list that has it as an item.
    Contains(String),
    /// There is a value, or there is none.
    Known(bool),
}

const KEYS: &[&str] = &["is", "is not", "at least", "at most", "starts with", "contains", "is known"];

impl Test {
    /// Reads the tests of a node: a value, a list of values, or a map of the questions above (all must hold).
    pub fn read(node: &Node, problems: &mut Problems) -> Option<Vec<Self>> {
        if !matches!(node.value, yaml::Value::Map(_)) {
            return Some(vec![Self::Is(values(node, problems)?)]);
        }
        let mut map = MapReader::open(node, "a comparison", problems)?;
        let mut tests = Vec::new();
        for key in KEYS {
            let Some(value) = map.get(key) else { continue };
            tests.push(match *key {
                "is" => Self::Is(values(value, problems)?),
                "is not" => Self::IsNot(values(value, problems)?),
                "at least" => match day(value) {
                    Some(day) => Self::From(day),
                    None => Self::AtLeast(number(value, problems)?),
                },
                "at most" => match day(value) {
                    Some(day) => Self::Until(day),
                    None => Self::AtMost(number(value, problems)?),
                },
                "starts with" => Self::StartsWith(text(value, key, problems)?.to_owned()),
                "contains" => Self::Contains(text(value, key, problems)?.to_owned()),
                _ => Self::Known(yes_or_no(value, problems)?),
            });
        }
        let empty = map.rest().is_empty() && tests.is_empty();
        if empty {
            problems.error(
                node.place,
                "comparison.empty",
                format!("a comparison needs one of: {}", KEYS.join(", ")),
            );
        }
        map.finish(KEYS, problems);
        (!empty).then_some(tests)
    }

    /// The values that it names: those that are wanted, and those that are not.
    pub fn named(&self) -> &[Value] {
        match self {
            Self::Is(values) | Self::IsNot(values) => values,
            _ => &[],
        }
    }

    /// Whether it compares days.
    pub fn is_of_days(&self) -> bool {
        matches!(self, Self::From(_) | Self::Until(_))
    }

    /// A value to which the answer is yes, as far as there is an obvious one.
    pub fn sample(&self) -> Option<Value> {
        match self {
            Self::Is(wanted) => wanted.first().cloned(),
            #[expect(clippy::cast_possible_truncation, reason = "an example")]
            Self::AtLeast(number) | Self::AtMost(number) => Some((*number as i64).into()),
            Self::From(day) | Self::Until(day) => Some(day.to_string().into()),
            Self::StartsWith(text) | Self::Contains(text) => Some(text.as_str().into()),
            Self::IsNot(_) | Self::Known(_) => None,
        }
    }

    /// Puts the question to a value.
    pub fn ask(&self, value: Option<&Value>) -> Truth {
        if let Self::Known(known) = self {
            return (value.is_some_and(|value| !value.is_null()) == *known).into();
        }
        let Some(value) = value.filter(|value| !value.is_null()) else { return Truth::Unknown };
        match self {
            Self::Is(wanted) => wanted.iter().any(|one| same(one, value)).into(),
            Self::IsNot(unwanted) => (!unwanted.iter().any(|one| same(one, value))).into(),
            Self::AtLeast(least) => {
                as_number(value).map_or(Truth::Unknown, |number| (number >= *least).into())
            }
            Self::AtMost(most) => as_number(value).map_or(Truth::Unknown, |number| (number <= *most).into()),
            Self::From(day) => as_day(value).map_or(Truth::Unknown, |own| (own >= *day).into()),
            Self::Until(day) => as_day(value).map_or(Truth::Unknown, |own| (own <= *day).into()),
            Self::StartsWith(start) => {
                value.as_str().is_some_and(|text| text.starts_with(start.as_str())).into()
            }
            Self::Contains(part) => match value {
                Value::String(text) => text.contains(part.as_str()).into(),
                Value::Array(items) => items.iter().any(|item| item.as_str() == Some(part)).into(),
                _ => Truth::No,
            },
            Self::Known(_) => Truth::Unknown,
        }
    }

    /// Whether the answer to all questions is known even of what has no value.
    pub fn ask_known(tests: &[Self]) -> bool {
        tests.contains(&Self::Known(true)) || tests.iter().all(|test| matches!(test, Self::Known(_)))
    }

    /// Puts all questions; all must be answered yes.
    pub fn ask_all(tests: &[Self], value: Option<&Value>) -> Truth {
        let answers: Vec<Truth> = tests.iter().map(|test| test.ask(value)).collect();
        if answers.contains(&Truth::No) {
            return Truth::No;
        }
        if answers.contains(&Truth::Unknown) { Truth::Unknown } else { Truth::Yes }
    }
}

/// Equal as values; a number equals its text, since forms know only text, and a list matches if one item does.
fn same(wanted: &Value, value: &Value) -> bool {
    match (wanted, value) {
        (_, Value::Array(items)) if !wanted.is_array() => items.iter().any(|item| same(wanted, item)),
        (Value::Number(_), Value::String(_) | Value::Number(_)) | (Value::String(_), Value::Number(_)) => {
            as_number(wanted).is_some() && as_number(wanted) == as_number(value)
        }
        // In a document, `yes` and `no` are texts.
        (Value::String(wanted), Value::Bool(value)) => {
            wanted == if *value { "yes" } else { "no" } || wanted == if *value { "true" } else { "false" }
        }
        (Value::Bool(wanted), Value::String(text)) => text == if *wanted { "true" } else { "false" },
        _ => wanted == value,
    }
}

fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

/// A date with its year.
fn as_day(value: &Value) -> Option<CalendarDate> {
    value.as_str()?.parse().ok().filter(|day: &CalendarDate| day.year().is_some())
}

fn day(node: &Node) -> Option<CalendarDate> {
    node.as_text()?.parse().ok().filter(|day: &CalendarDate| day.year().is_some())
}

fn values(node: &Node, problems: &mut Problems) -> Option<Vec<Value>> {
    let mut values = Vec::new();
    for item in one_or_more(node) {
        if matches!(item.value, yaml::Value::Map(_) | yaml::Value::List(_) | yaml::Value::Null) {
            problems.error(
                item.place,
                "value.expected",
                format!("a text, a number or yes or no is expected, not {}", item.kind()),
            );
            return None;
        }
        if item.as_text().is_some_and(|text| text.contains("{{")) {
            problems.error(
                item.place,
                "value.template",
                "a condition compares with a fixed value; `{{ … }}` can't stand here",
            );
            return None;
        }
        values.push(yaml::to_json(item));
    }
    if values.is_empty() {
        problems.error(
            node.place,
            "value.expected",
            "an empty list matches nothing; name at least one value",
        );
        return None;
    }
    Some(values)
}

pub(super) fn number(node: &Node, problems: &mut Problems) -> Option<f64> {
    let number = match &node.value {
        #[expect(clippy::cast_precision_loss, reason = "people compare with small numbers")]
        yaml::Value::Int(int) => Some(*int as f64),
        yaml::Value::Float(float) if float.is_finite() => Some(*float),
        _ => None,
    };
    if number.is_none() {
        problems.error(node.place, "number.expected", format!("a number is expected, not {}", node.kind()));
    }
    number
}
