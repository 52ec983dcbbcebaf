//! A number that goes up to a threshold, or falls below it: `score reaches: 100` fires when the score goes from below to
//! at least that, and again only after it fell below.

use serde_json::{Map, Value};

use super::Trigger;
use crate::condition::Truth;
use crate::definitions::Definitions;
use crate::workflow::problem::Problems;
use crate::yaml::{self, Node};

/// Which way it goes.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// From below to at least the threshold.
    Up,
    /// From at least the threshold to below.
    Down,
}

#[derive(Debug)]
struct Crossing {
    kind: &'static str,
    way: Way,
    threshold: i64,
}

/// Reads the threshold. The events of `kind` carry `before` and `after`.
pub fn read(
    key: &str,
    kind: &'static str,
    way: Way,
    node: &Node,
    problems: &mut Problems,
) -> Option<Box<dyn Trigger>> {
    let yaml::Value::Int(threshold) = node.value else {
        let message = format!("`{key}:` is a whole number, not {}", node.kind());
        problems.error(node.place, "number.expected", message);
        return None;
    };
    Some(Box::new(Crossing { kind, way, threshold }))
}

impl Trigger for Crossing {
    fn listens(&self) -> &str {
        self.kind
    }

    fn fires(&self, data: &Map<String, Value>) -> Truth {
        let value = |name| data.get(name).and_then(Value::as_i64);
        let (Some(before), Some(after)) = (value("before"), value("after")) else { return Truth::Unknown };
        let (was, is) = (before >= self.threshold, after >= self.threshold);
        match self.way {
            Way::Up => !was && is,
            Way::Down => was && !is,
        }
        .into()
    }

    fn sample(&self) -> Map<String, Value> {
        let (before, after) = match self.way {
            Way::Up => (self.threshold.saturating_sub(1), self.threshold),
            Way::Down => (self.threshold, self.threshold.saturating_sub(1)),
        };
        Map::from_iter([("before".to_owned(), before.into()), ("after".to_owned(), after.into())])
    }

    fn provides(&self, path: &str, _: &Definitions) -> Option<bool> {
        Some(["before", "after"].contains(&path))
    }
}
