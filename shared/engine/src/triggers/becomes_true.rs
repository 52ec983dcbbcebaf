//! `becomes true: { … }` fires when a condition that was not true becomes so, by whatever happened or by time alone;
//! `field value: { city: Roma }` is the same for fields, and `no activity for: 30 days` for people who are silent.

use crate::workflow::shape::Shape;
use serde_json::{Map, Value};

use super::{Kind, Trigger};
use crate::calendar::Duration;
use crate::condition::{self, Predicate, Truth};
use crate::definitions::Definitions;
use crate::ids::StandingId;
use crate::react::standing;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, duration};
use crate::yaml::{Node, canonical};

/// How any condition is written.
pub const KIND: Kind = Kind {
    key: "becomes true",
    says: "A condition that did not hold holds now, by an event or by time alone.",
    shape: Shape::Condition,
    read,
};
/// How fields are written.
pub const FIELD_VALUE: Kind = Kind {
    key: "field value",
    says: "Fields that were not so are so now.",
    shape: Shape::Open(&Shape::Tests),
    read: read_fields,
};
/// How silence is written.
pub const NO_ACTIVITY: Kind = Kind {
    key: "no activity for",
    says: "The person has done nothing for so long.",
    shape: Shape::Length,
    read: read_silence,
};

#[derive(Debug)]
struct BecomesTrue {
    id: StandingId,
    condition: Predicate,
}

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Trigger>> {
    let condition = Predicate::read(node, problems)?;
    Some(Box::new(BecomesTrue { id: StandingId::trigger(&canonical(node)), condition }))
}

fn read_fields<'d>(
    node: &'d Node,
    _: &mut MapReader<'d>,
    problems: &mut Problems,
) -> Option<Box<dyn Trigger>> {
    let condition = condition::fields(node, problems)?;
    Some(Box::new(BecomesTrue { id: StandingId::trigger(&format!("field {}", canonical(node))), condition }))
}

fn read_silence<'d>(
    node: &'d Node,
    _: &mut MapReader<'d>,
    problems: &mut Problems,
) -> Option<Box<dyn Trigger>> {
    let within: Duration = duration(node, problems)?;
    let condition = Predicate::Not(Box::new(condition::happened(crate::event::ACTIVE, within)));
    Some(Box::new(BecomesTrue { id: StandingId::trigger(&format!("no activity for {within}")), condition }))
}

impl Trigger for BecomesTrue {
    fn listens(&self) -> &'static str {
        standing::MET
    }

    fn fires(&self, data: &Map<String, Value>) -> Truth {
        (data.get("condition").and_then(Value::as_str) == Some(self.id.as_str())).into()
    }

    fn sample(&self) -> Map<String, Value> {
        Map::from_iter([("condition".to_owned(), self.id.as_str().into())])
    }

    fn provides(&self, path: &str, _: &Definitions) -> Option<bool> {
        Some(path == "condition")
    }

    fn becomes(&self) -> Option<(&StandingId, &Predicate)> {
        Some((&self.id, &self.condition))
    }
}
