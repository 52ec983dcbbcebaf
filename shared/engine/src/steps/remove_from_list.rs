//! `remove from list: Novità` takes the contact off a list, or several; not being there is no event.

use super::{Kind, Next, Step, StepReader};
use crate::react::{Label, Need, Visit};
use crate::workflow::shape::Shape;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "remove from list",
    says: "Takes the contact off a list, or several.",
    shape: Shape::Texts,
    read,
};

#[derive(Debug)]
struct RemoveFromList(Vec<String>);

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    reader.names(node, "remove from list").map(|names| Box::new(RemoveFromList(names)) as Box<dyn Step>)
}

impl Step for RemoveFromList {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        self.0.iter().for_each(|name| visit.leave_list(name));
        Ok(Next::Continue)
    }

    fn labels(&self) -> Vec<(Label, &str)> {
        self.0.iter().map(|name| (Label::List, name.as_str())).collect()
    }
}
