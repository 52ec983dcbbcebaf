//! `score reaches: 100` fires when the score goes from below to at least that, and again only after it fell below.

use serde_json::{Map, Value};

use super::{Kind, Trigger};
use crate::condition::Truth;
use crate::definitions::Definitions;
use crate::workflow::problem::Problems;
use crate::workflow::reader::MapReader;
use crate::yaml::{self, Node};

/// How it is written.
pub const KIND: Kind = Kind { key: "score reaches", read };

/// The type of the event.
pub const CHANGED: &str = "score.changed";

#[derive(Debug)]
struct ScoreReaches(i64);

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Trigger>> {
    let yaml::Value::Int(points) = node.value else {
        problems.error(
            node.place,
            "number.expected",
            format!("`score reaches:` is a whole number, not {}", node.kind()),
        );
        return None;
    };
    Some(Box::new(ScoreReaches(points)))
}

impl Trigger for ScoreReaches {
    fn listens(&self) -> &'static str {
        CHANGED
    }

    fn fires(&self, data: &Map<String, Value>) -> Truth {
        let score = |name| data.get(name).and_then(Value::as_i64);
        let (Some(before), Some(after)) = (score("before"), score("after")) else { return Truth::Unknown };
        (before < self.0 && after >= self.0).into()
    }

    fn sample(&self) -> Map<String, Value> {
        Map::from_iter([("before".to_owned(), (self.0 - 1).into()), ("after".to_owned(), self.0.into())])
    }

    fn provides(&self, path: &str, _: &Definitions) -> Option<bool> {
        Some(["before", "after"].contains(&path))
    }
}
