//! `segment entered: clienti-attivi` fires when a contact becomes a member of that smart list; a list names several.

use crate::workflow::shape::Shape;
use serde_json::{Map, Value};

use super::{Kind, Trigger};
use crate::condition::Truth;
use crate::definitions::Definitions;
use crate::react::standing;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, texts};
use crate::yaml::{Node, Place};

/// How it is written.
pub const KIND: Kind = Kind {
    key: "segment entered",
    says: "The contact becomes a member of that smart list.",
    shape: Shape::Texts,
    read,
};

#[derive(Debug)]
struct SegmentEntered(Vec<String>);

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Trigger>> {
    Some(Box::new(SegmentEntered(texts(node, "segment entered", problems)?)))
}

impl Trigger for SegmentEntered {
    fn listens(&self) -> &'static str {
        standing::ENTERED
    }

    fn fires(&self, data: &Map<String, Value>) -> Truth {
        let segment = data.get("segment").and_then(Value::as_str);
        self.0.iter().any(|name| Some(name.as_str()) == segment).into()
    }

    fn sample(&self) -> Map<String, Value> {
        Map::from_iter([("segment".to_owned(), self.0[0].as_str().into())])
    }

    fn provides(&self, path: &str, _: &Definitions) -> Option<bool> {
        Some(path == "segment")
    }

    fn check(&self, place: Place, definitions: &Definitions, problems: &mut Problems) {
        self.0.iter().for_each(|name| super::check_segment(name, place, definitions, problems));
    }
}
