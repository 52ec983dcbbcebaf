//! `add tag: vip` gives the contact a tag, or several; a tag that is there already is no event.

use super::{Kind, Next, Step, StepReader};
use crate::react::{Label, Need, Visit};
use crate::workflow::shape::Shape;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind =
    Kind { key: "add tag", says: "Gives the contact a tag, or several.", shape: Shape::Texts, read };

#[derive(Debug)]
struct AddTag(Vec<String>);

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    reader.names(node, "add tag").map(|names| Box::new(AddTag(names)) as Box<dyn Step>)
}

impl Step for AddTag {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        self.0.iter().for_each(|name| visit.add_tag(name));
        Ok(Next::Continue)
    }

    fn labels(&self) -> Vec<(Label, &str)> {
        self.0.iter().map(|name| (Label::Tag, name.as_str())).collect()
    }
}
