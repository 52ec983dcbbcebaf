//! `data.cart.id: …` compares a value of the event in question; unknown where the event has none.

use super::{Condition, Facets, Scope, Test, Verdict, value_at};
use crate::workflow::problem::Problems;
use crate::yaml::Node;

#[derive(Debug)]
struct Data {
    path: String,
    tests: Vec<Test>,
}

pub(super) fn read(path: &str, node: &Node, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    Some(Box::new(Data { path: path.to_owned(), tests: Test::read(node, problems)? }))
}

/// The condition that the event's value at `path` is this text.
pub fn data_is(path: &str, value: &str) -> super::Predicate {
    let data = Data { path: path.to_owned(), tests: vec![Test::Is(vec![value.into()])] };
    super::Predicate::One(std::sync::Arc::new(data))
}

impl Condition for Data {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        Verdict::steady(Test::ask_all(&self.tests, scope.event.and_then(|event| value_at(event, &self.path))))
    }

    fn unknown(&self) -> Vec<String> {
        if Test::ask_known(&self.tests) { Vec::new() } else { vec![format!("event.{}", self.path)] }
    }

    fn facets(&self) -> Facets {
        Facets::NONE
    }

    fn event_paths(&self) -> Vec<String> {
        vec![self.path.clone()]
    }
}
