//! `add to audience: { facebook: clienti }` puts the contact on a list of people at an advertiser's, if the contact has
//! agreed to that (consent for `advertising`); `remove from audience: { facebook: clienti }` takes them off it.

use super::{Kind, Next, Step, StepReader};
use crate::contact::send::{Class, Via};
use crate::message::Content;
use crate::react::{Need, Visit};
use crate::workflow::reader::MapReader;
use crate::workflow::shape::{Field, Shape};
use crate::yaml::Node;

/// How joining is written.
pub const ADD: Kind = Kind {
    key: "add to audience",
    says: "Puts the contact on a list of people at an advertiser's.",
    shape: SHAPE,
    read: |node, reader| read(node, true, reader),
};
/// How leaving is written.
pub const REMOVE: Kind = Kind {
    key: "remove from audience",
    says: "Takes the contact off a list of people at an advertiser's.",
    shape: SHAPE,
    read: |node, reader| read(node, false, reader),
};

const SHAPE: Shape = Shape::Map(&[Field::must("facebook", Shape::Text, "The audience.")]);

#[derive(Debug)]
struct Audience {
    name: String,
    joins: bool,
}

fn read<'d>(node: &'d Node, joins: bool, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let what = if joins { "`add to audience:`" } else { "`remove from audience:`" };
    let mut map = MapReader::open(node, what, reader.problems())?;
    let name = map.need("facebook", reader.problems()).and_then(|node| reader.names(node, "facebook"));
    map.finish(&["facebook"], reader.problems());
    Some(Box::new(Audience { name: name?.remove(0), joins }))
}

impl Step for Audience {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        // No message to the contact: windows, caps and pace don't apply. The gate asks for the consent.
        Ok(visit.plan(Class::Internal, vec![(Via::Audience, None)]))
    }

    fn content(&self) -> Option<Content<'_>> {
        Some(Content::Audience { name: &self.name, joins: self.joins })
    }
}
