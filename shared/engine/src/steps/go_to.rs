//! `go to: a-step` goes on at the step with that `id:`, which may stand before this one. Each arrival there is a visit of
//! its own.

use super::{Kind, Next, Step, StepReader};
use crate::ids::StepId;
use crate::react::{Need, Visit};
use crate::workflow::program::Target;
use crate::workflow::reader::text;
use crate::workflow::shape::Shape;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "go to",
    says: "Goes on at the step with that `id:`, which may stand before this one.",
    shape: Shape::Text,
    read,
};

#[derive(Debug)]
struct GoTo(StepId);

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let step = StepId::new(text(node, "go to", reader.problems())?);
    reader.compiler.named(&step, node.place);
    Some(Box::new(GoTo(step)))
}

impl Step for GoTo {
    fn only_leads(&self) -> bool {
        true
    }

    fn run(&self, _: &mut Visit<'_, '_>) -> Result<Next, Need> {
        Ok(Next::GoTo(self.0.clone()))
    }

    fn names(&self) -> Option<&StepId> {
        Some(&self.0)
    }

    fn targets(&self, _: Target) -> Vec<Target> {
        Vec::new()
    }
}
