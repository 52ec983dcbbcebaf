//! Conversions that are recorded by themselves: what the account counts as one, what it is worth, and how long before it a
//! message may have led to it.
//!
//! ```yaml
//! - conversion: corso-venduto
//!   order completed: { product: corso }
//!   value: amount
//!   within: 30 days
//! ```

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::calendar::Duration;
use crate::condition::Truth;
use crate::contact::purchase::CURRENCY;
use crate::contact::record::Is;
use crate::limits;
use crate::triggers::{self, Trigger};
use crate::workflow::problem::{Problem, Problems};
use crate::workflow::reader::{MapReader, at_most, text};
use crate::workflow::settings;
use crate::yaml::{self, Node};

/// By what a conversion can be recorded: triggers of workflows.
const BY: &[&str] = &["page visited", "purchase", "order completed", "payment completed"];
/// How long before a conversion a message may have led to it, if nothing is said.
pub const WINDOW: &str = "30 days";

/// What the account counts as a conversion.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name.
    pub conversion: Arc<str>,
    /// By what it is recorded.
    pub by: Arc<dyn Trigger>,
    /// What it is worth.
    pub value: Option<Worth>,
    /// Of which currency a fixed value is.
    pub currency: Arc<str>,
    /// How long before it a message may have led to it.
    pub within: Duration,
}

/// What a conversion is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// Always that, in minor units.
    Fixed(i64),
    /// What the event says: its amount.
    Amount,
}

impl Rule {
    /// Whether an event is such a conversion.
    pub fn counts(&self, kind: &str, data: &Map<String, Value>) -> bool {
        self.by.listens() == kind && self.by.fires(data) == Truth::Yes
    }

    /// What it is worth by that event.
    pub fn worth(&self, data: &Map<String, Value>) -> Option<(i64, String)> {
        match self.value? {
            Worth::Fixed(value) => Some((value, self.currency.to_string())),
            Worth::Amount => {
                let read = |name: &str, is: Is| is.read(data.get(name)?).ok().flatten();
                let currency = read("currency", Is::Currency);
                let currency = currency.as_ref().and_then(Value::as_str).unwrap_or(&self.currency);
                Some((read("amount", Is::Whole)?.as_i64()?, currency.to_owned()))
            }
        }
    }
}

/// Reads a list of them, from JSON or YAML.
///
/// # Errors
/// What is wrong with them.
pub fn parse(source: &str) -> Result<Vec<Rule>, Vec<Problem>> {
    settings::parse(source, |node, problems| {
        let rules = at_most(node, limits::CONVERSIONS, "conversions", problems);
        Some(rules.iter().filter_map(|rule| read(rule, problems)).collect())
    })
}

fn read(node: &Node, problems: &mut Problems) -> Option<Rule> {
    let mut map = MapReader::open(node, "a conversion", problems)?;
    let conversion = map.need("conversion", problems).and_then(|node| text(node, "conversion", problems))?;
    if limits::json_bytes(conversion) > limits::NAME_BYTES || conversion.contains(char::is_control) {
        let message = format!("a conversion's name is a line of at most {} bytes", limits::NAME_BYTES);
        problems.error(node.place, "name.length", message);
        return None;
    }
    let value = match map.get("value").map(|node| &node.value) {
        None | Some(yaml::Value::Null) => None,
        Some(yaml::Value::Int(value)) => Some(Worth::Fixed(*value)),
        Some(yaml::Value::Text(word)) if word == "amount" => Some(Worth::Amount),
        Some(_) => {
            let message =
                "`value:` is a whole number of minor units (cents), or `amount`: what the event says";
            problems.error(node.place, "conversion.value", message);
            return None;
        }
    };
    let currency = map.text("currency", problems).unwrap_or(CURRENCY).to_owned();
    let within = map.duration("within", problems).or_else(|| WINDOW.parse().ok())?;
    let kinds = triggers::KINDS.iter().filter(|kind| BY.contains(&kind.key));
    let mut by: Vec<Box<dyn Trigger>> = Vec::new();
    for kind in kinds {
        if let Some(node) = map.get(kind.key) {
            by.push((kind.read)(node, &mut map, problems)?);
        }
    }
    let known: Vec<&str> = ["conversion", "value", "currency", "within"].iter().chain(BY).copied().collect();
    map.finish(&known, problems);
    let (Some(by), true) = (by.pop(), by.is_empty()) else {
        let message = format!("a conversion is recorded by one of: {}", BY.join(", "));
        problems.error(node.place, "conversion.by", message);
        return None;
    };
    if by.also().is_some() {
        problems.error(node.place, "conversion.by", "a conversion is no matter of `times:`");
        return None;
    }
    Some(Rule { conversion: conversion.into(), by: by.into(), value, currency: currency.into(), within })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_are_read_and_mistakes_are_named_sem_11() {
        let rules = parse(
            r#"[{ "conversion": "prezzi", "page visited": { "url starts with": "https://a.example/prezzi" }, "value": 100 },
                { "conversion": "venduto", "order completed": "any", "value": "amount", "within": "7 days" }]"#,
        );
        let rules = rules.unwrap();
        let visit = json!({ "url": "https://a.example/prezzi/2" });
        let order = json!({ "amount": 4900, "currency": "usd" });
        let (visit, order) = (visit.as_object().unwrap(), order.as_object().unwrap());
        assert!(rules[0].counts("page.visited", visit) && !rules[1].counts("page.visited", visit));
        assert!(rules[1].counts("order.completed", order));
        assert_eq!(rules[0].worth(visit), Some((100, "EUR".to_owned())));
        assert_eq!(rules[1].worth(order), Some((4900, "USD".to_owned())));
        for (wrong, code) in [
            (r#"[{ "conversion": "a" }]"#, "conversion.by"),
            (r#"[{ "conversion": "a", "form": "x" }]"#, "key.unknown"),
            (r#"[{ "conversion": "a", "purchase": "any", "value": 1.5 }]"#, "conversion.value"),
            (r#"[{ "conversion": "a", "purchase": "any", "order completed": "any" }]"#, "conversion.by"),
        ] {
            let problems = parse(wrong).unwrap_err();
            assert!(problems.iter().any(|problem| problem.code == code), "{wrong}: {problems:?}");
        }
    }
}
