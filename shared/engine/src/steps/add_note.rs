//! `add note: "Ha comprato {{ event.product }}"` writes a note about the contact, with the values of the moment.

use super::{Kind, Next, Step, StepReader};
use crate::react::{Need, Visit};
use crate::template::Template;
use crate::workflow::shape::Shape;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "add note",
    says: "Writes a note about the contact, with the values of the moment.",
    shape: Shape::Text,
    read,
};

#[derive(Debug)]
struct AddNote(Template);

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    reader.template(node, "add note").map(|text| Box::new(AddNote(text)) as Box<dyn Step>)
}

impl Step for AddNote {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        match visit.render(&self.0) {
            Ok(text) => {
                let cause = visit.cause();
                visit.turn.add_note(&cause, text);
            }
            Err(reason) => visit.skip(&reason),
        }
        Ok(Next::Continue)
    }

    fn templates(&self) -> Vec<&Template> {
        vec![&self.0]
    }
}
