//! `event: webinar.attended` fires on any event of that type: the account's own events need no code.

use crate::workflow::shape::Shape;
use serde_json::{Map, Value};

use super::{Kind, Trigger};
use crate::condition::Truth;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, text};
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind { key: "event", says: "Any event of that type.", shape: Shape::Text, read };

#[derive(Debug)]
struct Event(String);

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Trigger>> {
    let kind = text(node, "event", problems)?;
    if !crate::event::is_kind(kind) {
        let message =
            format!("`{kind}` is no event type; a type is lower case with a dot, such as order.completed");
        problems.error(node.place, "event.type", message);
        return None;
    }
    Some(Box::new(Event(kind.to_owned())))
}

impl Trigger for Event {
    fn listens(&self) -> &str {
        &self.0
    }

    fn fires(&self, _: &Map<String, Value>) -> Truth {
        Truth::Yes
    }
}
