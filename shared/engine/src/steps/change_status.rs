//! `change status: cliente` sets the contact's status; `set owner: giulia` its owner, and `{ to: giulia, keep: yes }`
//! only where it has none.

use super::said::Said;
use super::{Kind, Next, Step, StepReader};
use crate::contact::record::Is;
use crate::react::{Need, Visit};
use crate::template::Template;
use crate::workflow::reader::{MapReader, yes_or_no};
use crate::workflow::shape::{Field, Shape};
use crate::yaml::{self, Node};

/// How the status is written.
pub const STATUS: Kind =
    Kind { key: "change status", says: "Sets the contact's status.", shape: Shape::Value, read: read_status };

/// How the owner is written.
pub const OWNER: Kind = Kind {
    key: "set owner",
    says: "Sets the contact's owner.",
    shape: Shape::Either(&[
        Shape::Value,
        Shape::Map(&[
            Field::must("to", Shape::Value, "Who."),
            Field::may("keep", Shape::YesNo, "Only where there is none."),
        ]),
    ]),
    read: read_owner,
};

#[derive(Debug)]
struct Change {
    field: &'static str,
    to: Said,
    /// Whether one that is known stays.
    keep: bool,
}

fn read_status<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let to = Said::read("change status", Is::Text, node, reader)?;
    Some(Box::new(Change { field: "status", to, keep: false }))
}

fn read_owner<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let yaml::Value::Map(_) = node.value else {
        let to = Said::read("set owner", Is::Text, node, reader)?;
        return Some(Box::new(Change { field: "owner", to, keep: false }));
    };
    let mut map = MapReader::open(node, "`set owner:`", reader.problems())?;
    let to = map.need("to", reader.problems()).and_then(|node| Said::read("to", Is::Text, node, reader));
    let keep = map.get("keep").map_or(Some(false), |node| yes_or_no(node, reader.problems()));
    map.finish(&["to", "keep"], reader.problems());
    Some(Box::new(Change { field: "owner", to: to?, keep: keep? }))
}

impl Step for Change {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        if self.keep && visit.turn.contact.profile.field(self.field).is_some() {
            visit.skip("has_owner");
            return Ok(Next::Continue);
        }
        let value = self.to.value(visit).map(Option::unwrap_or_default);
        visit.set_field(self.field, value);
        Ok(Next::Continue)
    }

    fn templates(&self) -> Vec<&Template> {
        self.to.template().into_iter().collect()
    }
}
