//! `data.cart.id: …` compares a value of the event in question; unknown where the event has none; of a list
//! (`data.items.category: …`) one item is enough. In exits and waits
//! `data.cart.id: "{{ entity }}"` compares it with what the workflow is about for this person.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Condition, Facets, Scope, Test, Truth, Verdict, value_at};
use crate::workflow::problem::Problems;
use crate::yaml::Node;

#[derive(Debug)]
struct Data {
    path: String,
    with: With,
}

#[derive(Debug)]
enum With {
    Values(Vec<Test>),
    Entity,
}

pub(super) fn read(path: &str, node: &Node, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    let is_entity = node.as_text().is_some_and(|text| {
        let inner = text.trim().strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
        inner.is_some_and(|inner| inner.trim() == "entity")
    });
    let with = if is_entity { With::Entity } else { With::Values(Test::read(node, problems)?) };
    Some(Box::new(Data { path: path.to_owned(), with }))
}

/// The condition that the event's value at `path` is this text.
pub fn data_is(path: &str, value: &str) -> super::Predicate {
    let with = With::Values(vec![Test::Is(vec![value.into()])]);
    super::Predicate::One(std::sync::Arc::new(Data { path: path.to_owned(), with }))
}

/// The value at a path; where the path leads through a list, the values of all its items: `items.category`.
fn read_at<'v>(data: &'v Map<String, Value>, path: &str) -> Option<Cow<'v, Value>> {
    if let Some(value) = value_at(data, path) {
        return Some(Cow::Borrowed(value));
    }
    let (first, rest) = path.split_once('.')?;
    let found = all_at(data.get(first)?, rest);
    (!found.is_empty()).then(|| Cow::Owned(Value::Array(found.into_iter().cloned().collect())))
}

fn all_at<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    match (value, rest) {
        (Value::Array(items), _) => items.iter().flat_map(|item| all_at(item, path)).collect(),
        (Value::Object(map), None) => map.get(first).into_iter().collect(),
        (Value::Object(map), Some(rest)) => map.get(first).map_or_else(Vec::new, |value| all_at(value, rest)),
        _ => Vec::new(),
    }
}

impl Condition for Data {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let value = scope.event.and_then(|event| read_at(event, &self.path));
        let value = value.as_deref();
        Verdict::steady(match &self.with {
            With::Values(tests) => Test::ask_all(tests, value),
            With::Entity => {
                let entity = scope.enrollment.and_then(|(_, enrollment)| enrollment.entity.as_deref());
                match entity {
                    Some(entity) => Test::Is(vec![Value::from(entity)]).ask(value),
                    None => Truth::Unknown,
                }
            }
        })
    }

    fn unknown(&self) -> Vec<String> {
        match &self.with {
            With::Values(tests) if Test::ask_known(tests) => Vec::new(),
            _ => vec![format!("event.{}", self.path)],
        }
    }

    fn facets(&self) -> Facets {
        Facets::NONE
    }

    fn event_paths(&self) -> Vec<String> {
        vec![self.path.clone()]
    }

    fn names_entity(&self) -> bool {
        matches!(self.with, With::Entity)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_through_a_list_reads_every_item_sh_05() {
        let data = json!({ "items": [{ "category": "mug", "tags": ["a", "b"] }, { "category": "t-shirt" }, { "n": 1 }], "cart": { "id": 7 } });
        let Value::Object(data) = data else { panic!("a map") };
        let read = |path: &str| read_at(&data, path).map(Cow::into_owned);
        assert_eq!(read("cart.id"), Some(json!(7)));
        assert_eq!(read("items.1.category"), Some(json!("t-shirt")));
        assert_eq!(read("items.category"), Some(json!(["mug", "t-shirt"])));
        assert_eq!(read("items.tags"), Some(json!([["a", "b"]])));
        assert_eq!(read("items.colour"), None);
        assert_eq!(read("cart.id.x"), None);
    }
}
