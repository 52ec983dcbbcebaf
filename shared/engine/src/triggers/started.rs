//! `started: by hand` has people enter only when they are put in: by a person, by the API, in bulk, or by another
//! workflow. Any active workflow can be entered so; one with no other trigger says it with this.

use crate::workflow::shape::Shape;
use serde_json::{Map, Value};

use super::{Kind, Trigger};
use crate::condition::Truth;
use crate::definitions::Definitions;
use crate::workflow::problem::Problems;
use crate::workflow::reader::MapReader;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "started",
    says: "People enter only when they are put in: by a person, the API or another workflow.",
    shape: Shape::Words(&["by hand"]),
    read,
};

/// The event by which somebody is put into a workflow.
pub const REQUESTED: &str = "enrollment.requested";

#[derive(Debug)]
struct Started;

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Trigger>> {
    if node.as_text() != Some("by hand") {
        problems.error(node.place, "started.by", "`started:` is `by hand`");
        return None;
    }
    Some(Box::new(Started))
}

impl Trigger for Started {
    fn listens(&self) -> &'static str {
        REQUESTED
    }

    // Whoever is put in enters without being asked here.
    fn fires(&self, _: &Map<String, Value>) -> Truth {
        Truth::No
    }

    fn provides(&self, _: &str, _: &Definitions) -> Option<bool> {
        None
    }
}
