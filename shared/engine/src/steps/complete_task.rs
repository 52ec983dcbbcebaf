//! `complete task: newest open`, `all open`, `trigger`, or the title of open tasks.

use super::which::Which;
use super::{Kind, Next, Step, StepReader};
use crate::contact::record::Sort;
use crate::react::{Need, Visit};
use crate::template::Template;
use crate::workflow::shape::Shape;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "complete task",
    says: "Completes a task: `newest open`, `all open`, `trigger`, or by its title.",
    shape: Shape::Text,
    read,
};

#[derive(Debug)]
enum CompleteTask {
    Which(Which),
    Title(String),
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let title = reader.names(node, "complete task")?.remove(0);
    let which = Which::parse(&title, Sort::Task);
    Some(Box::new(which.map_or(CompleteTask::Title(title), CompleteTask::Which)))
}

impl Step for CompleteTask {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let tasks = match self {
            Self::Which(which) => which.among(Sort::Task, visit),
            Self::Title(title) => {
                let mut open = visit.open_records(Sort::Task);
                let records = &visit.turn.contact.profile.objects.records;
                open.retain(|id| {
                    records.get(Sort::Task, id).and_then(|task| task.text("title")) == Some(title)
                });
                open
            }
        };
        if tasks.is_empty() {
            visit.skip("no_task");
        }
        let cause = visit.cause();
        for id in tasks {
            visit.turn.do_to(&cause, Sort::Task, &id, "completed", Vec::new());
        }
        Ok(Next::Continue)
    }

    fn templates(&self) -> Vec<&Template> {
        if let Self::Which(which) = self { which.template().into_iter().collect() } else { Vec::new() }
    }
}
