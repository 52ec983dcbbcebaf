//! `start workflow: benvenuto` has the contact enter another workflow, whose own rules of re-entry apply. With
//! `{ workflow: benvenuto, and: hand over }` this enrollment ends with it.

use super::{Kind, Next, Step, StepReader};
use crate::definitions::Definitions;
use crate::ids::WorkflowId;
use crate::react::{Need, Visit};
use crate::workflow::problem::Problems;
use crate::workflow::program::Target;
use crate::workflow::reader::{MapReader, closest, text};
use crate::workflow::shape::{Field, Shape};
use crate::yaml::{self, Node, Place};

/// How it is written.
pub const KIND: Kind = Kind {
    key: "start workflow",
    says: "Has the contact enter another workflow.",
    shape: Shape::Either(&[
        Shape::Text,
        Shape::Map(&[
            Field::must("workflow", Shape::Text, "Which."),
            Field::may("and", Shape::Words(&["continue", "hand over"]), "Whether this one goes on."),
        ]),
    ]),
    read,
};

#[derive(Debug)]
struct StartWorkflow {
    workflow: String,
    hands_over: bool,
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let problems = reader.problems();
    let yaml::Value::Map(_) = node.value else {
        let workflow = text(node, "start workflow", problems)?.to_owned();
        return Some(Box::new(StartWorkflow { workflow, hands_over: false }));
    };
    let mut map = MapReader::open(node, "`start workflow:`", problems)?;
    let workflow = map.need_text("workflow", problems).map(str::to_owned);
    let hands_over = match map.get("and").map(|node| (node, node.as_text())) {
        None | Some((_, Some("continue"))) => false,
        Some((_, Some("hand over"))) => true,
        Some((node, _)) => {
            problems.error(node.place, "start.and", "`and:` is `continue` or `hand over`");
            false
        }
    };
    map.finish(&["workflow", "and"], problems);
    Some(Box::new(StartWorkflow { workflow: workflow?, hands_over }))
}

impl Step for StartWorkflow {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        visit.start_workflow(&self.workflow);
        Ok(if self.hands_over { Next::Exit("handed_over".to_owned()) } else { Next::Continue })
    }

    fn ends(&self) -> bool {
        self.hands_over
    }

    fn targets(&self, next: Target) -> Vec<Target> {
        if self.hands_over { Vec::new() } else { vec![next] }
    }

    fn check(&self, place: Place, definitions: &Definitions, problems: &mut Problems) {
        check_workflow(&self.workflow, place, definitions, problems);
    }
}

/// Whether there is an active workflow of that name. One that is not active yet may become so.
pub(super) fn check_workflow(name: &str, place: Place, definitions: &Definitions, problems: &mut Problems) {
    if definitions.workflows.contains_key(name) {
        return;
    }
    let known: Vec<&str> = definitions.workflows.keys().map(WorkflowId::as_str).collect();
    let hint = closest(name, &known).map_or_else(
        || "activate it, or nobody enters it".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    problems.warning(place, "workflow.not_active", format!("there is no active workflow `{name}`; {hint}"));
}
