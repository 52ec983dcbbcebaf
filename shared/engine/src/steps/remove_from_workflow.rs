//! `remove from workflow: benvenuto` ends the contact's enrollments in other workflows, one or several in a list.

use super::start_workflow::check_workflow;
use super::{Kind, Next, Step, StepReader};
use crate::definitions::Definitions;
use crate::react::{Need, Visit};
use crate::workflow::problem::Problems;
use crate::workflow::shape::Shape;
use crate::yaml::{Node, Place};

/// How it is written.
pub const KIND: Kind = Kind {
    key: "remove from workflow",
    says: "Ends what the contact does in another workflow, or in several.",
    shape: Shape::Texts,
    read,
};

#[derive(Debug)]
struct RemoveFromWorkflow(Vec<String>);

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    Some(Box::new(RemoveFromWorkflow(reader.names(node, "remove from workflow")?)))
}

impl Step for RemoveFromWorkflow {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        for workflow in &self.0 {
            visit.remove_from_workflow(workflow);
        }
        Ok(Next::Continue)
    }

    fn check(&self, place: Place, definitions: &Definitions, problems: &mut Problems) {
        for workflow in &self.0 {
            check_workflow(workflow, place, definitions, problems);
        }
    }
}
