//! `segment entered: clienti-attivi` fires when a contact becomes a member of that smart list, `segment left:` when it is
//! none any more; a list names several.

use crate::workflow::shape::Shape;
use serde_json::{Map, Value};

use super::{Kind, Trigger};
use crate::condition::Truth;
use crate::definitions::Definitions;
use crate::react::standing;
use crate::workflow::problem::Problems;
use crate::workflow::reader::texts;
use crate::yaml::{Node, Place};

/// `segment entered: …`
pub const ENTERED: Kind = Kind {
    key: "segment entered",
    says: "The contact becomes a member of that smart list.",
    shape: Shape::Texts,
    read: |node, _, problems| read(node, "segment entered", standing::ENTERED, problems),
};

/// `segment left: …`
pub const LEFT: Kind = Kind {
    key: "segment left",
    says: "The contact is no member of that smart list any more.",
    shape: Shape::Texts,
    read: |node, _, problems| read(node, "segment left", standing::LEFT, problems),
};

#[derive(Debug)]
struct SegmentEdge {
    listens: &'static str,
    names: Vec<String>,
}

fn read(
    node: &Node,
    key: &'static str,
    listens: &'static str,
    problems: &mut Problems,
) -> Option<Box<dyn Trigger>> {
    Some(Box::new(SegmentEdge { listens, names: texts(node, key, problems)? }))
}

impl Trigger for SegmentEdge {
    fn listens(&self) -> &'static str {
        self.listens
    }

    fn fires(&self, data: &Map<String, Value>) -> Truth {
        let segment = data.get("segment").and_then(Value::as_str);
        self.names.iter().any(|name| Some(name.as_str()) == segment).into()
    }

    fn sample(&self) -> Map<String, Value> {
        Map::from_iter([("segment".to_owned(), self.names[0].as_str().into())])
    }

    fn provides(&self, path: &str, _: &Definitions) -> Option<bool> {
        Some(path == "segment")
    }

    fn check(&self, place: Place, definitions: &Definitions, problems: &mut Problems) {
        self.names.iter().for_each(|name| super::check_segment(name, place, definitions, problems));
    }
}
