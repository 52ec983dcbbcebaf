//! `data.cart.id: …` compares a value of the event in question; unknown where the event has none. In exits and waits
//! `data.cart.id: "{{ entity }}"` compares it with what the workflow is about for this person.

use serde_json::Value;

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

impl Condition for Data {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let value = scope.event.and_then(|event| value_at(event, &self.path));
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
