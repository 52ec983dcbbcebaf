//! `remove tag: interessato` takes a tag away, or several; a tag that is not there is no event.

use super::{Kind, Next, Step, StepReader};
use crate::react::{Label, Need, Visit};
use crate::workflow::shape::Shape;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind =
    Kind { key: "remove tag", says: "Takes a tag, or several.", shape: Shape::Texts, read };

#[derive(Debug)]
struct RemoveTag(Vec<String>);

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    reader.names(node, "remove tag").map(|names| Box::new(RemoveTag(names)) as Box<dyn Step>)
}

impl Step for RemoveTag {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        self.0.iter().for_each(|name| visit.remove_tag(name));
        Ok(Next::Continue)
    }

    fn labels(&self) -> Vec<(Label, &str)> {
        self.0.iter().map(|name| (Label::Tag, name.as_str())).collect()
    }
}
