//! `add to group: allievi` and `remove from group: allievi`; being there already is no event.

use super::{Kind, Next, Step, StepReader};
use crate::react::{Need, Visit};
use crate::workflow::shape::Shape;
use crate::yaml::Node;

/// How joining is written.
pub const ADD: Kind = Kind {
    key: "add to group",
    says: "Puts the contact into a group.",
    shape: Shape::Texts,
    read: |node, reader| read(node, true, reader),
};

/// How leaving is written.
pub const REMOVE: Kind = Kind {
    key: "remove from group",
    says: "Takes the contact out of a group.",
    shape: Shape::Texts,
    read: |node, reader| read(node, false, reader),
};

#[derive(Debug)]
struct Group {
    names: Vec<String>,
    inside: bool,
}

fn read(node: &Node, inside: bool, reader: &mut StepReader<'_, '_, '_>) -> Option<Box<dyn Step>> {
    reader.names(node, "group").map(|names| Box::new(Group { names, inside }) as Box<dyn Step>)
}

impl Step for Group {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let cause = visit.cause();
        for name in &self.names {
            visit.turn.set_group(&cause, name, self.inside);
        }
        Ok(Next::Continue)
    }
}
