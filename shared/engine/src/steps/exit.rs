//! `exit: replied` ends the enrollment for that reason.

use super::{Kind, Next, Step, StepReader};
use crate::react::{Need, Visit};
use crate::workflow::program::Target;
use crate::workflow::shape::Shape;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind { key: "exit", says: "Ends here, for this reason.", shape: Shape::Text, read };

#[derive(Debug)]
struct Exit(String);

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let reason = reader.names(node, "exit")?.remove(0);
    Some(Box::new(Exit(reason)))
}

impl Step for Exit {
    fn only_leads(&self) -> bool {
        true
    }

    fn run(&self, _: &mut Visit<'_, '_>) -> Result<Next, Need> {
        Ok(Next::Exit(self.0.clone()))
    }

    fn ends(&self) -> bool {
        true
    }

    fn targets(&self, _: Target) -> Vec<Target> {
        Vec::new()
    }
}
