//! `add to list: Listino prezzi` puts the contact on a list, or several; being there already is no event.

use super::{Kind, Next, Step, StepReader};
use crate::react::{Label, Need, Visit};
use crate::workflow::shape::Shape;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind =
    Kind { key: "add to list", says: "Puts the contact on a list, or several.", shape: Shape::Texts, read };

#[derive(Debug)]
struct AddToList(Vec<String>);

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    reader.names(node, "add to list").map(|names| Box::new(AddToList(names)) as Box<dyn Step>)
}

impl Step for AddToList {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        self.0.iter().for_each(|name| visit.join_list(name));
        Ok(Next::Continue)
    }

    fn labels(&self) -> Vec<(Label, &str)> {
        self.0.iter().map(|name| (Label::List, name.as_str())).collect()
    }
}
