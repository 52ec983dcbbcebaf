//! `create task: { title: Chiamata di benvenuto, assignee: owner, due: 2 days }` gives a colleague something to do. It is
//! due so long after the step before was completed.

use super::said::Said;
use super::{Kind, Next, Step, StepReader};
use crate::calendar::{self, Duration};
use crate::contact::record::Sort;
use crate::react::{Need, Visit};
use crate::template::Template;
use crate::workflow::reader::MapReader;
use crate::workflow::shape::{Field, Shape};
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "create task",
    says: "Gives a colleague something to do.",
    shape: Shape::Map(&[
        Field::must("title", Shape::Value, "What."),
        Field::may("assignee", Shape::Value, "Who; `owner` is the contact's."),
        Field::may("due", Shape::Length, "So long after the step before."),
    ]),
    read,
};

#[derive(Debug)]
struct CreateTask {
    values: Vec<Said>,
    due: Option<Duration>,
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let mut map = MapReader::open(node, "`create task:`", reader.problems())?;
    map.need("title", reader.problems());
    let due = map.duration("due", reader.problems());
    let values = Said::read_all(&mut map, Sort::Task, &["title", "assignee"], reader);
    map.finish(&["title", "assignee", "due"], reader.problems());
    Some(Box::new(CreateTask { values: values?, due }))
}

impl Step for CreateTask {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let mut values = match Said::values(&self.values, visit) {
            Ok(values) => values,
            Err(reason) => {
                visit.skip(&reason);
                return Ok(Next::Continue);
            }
        };
        let due = self.due.map(|due| calendar::add(visit.enrollment.anchor, due, &visit.zone()));
        values.extend(due.map(|due| ("due", due.millis().into())));
        let (id, cause) = (visit.made_id(Sort::Task), visit.cause());
        visit.turn.do_to(&cause, Sort::Task, &id, "created", values);
        Ok(Next::Continue)
    }

    fn templates(&self) -> Vec<&Template> {
        self.values.iter().filter_map(Said::template).collect()
    }
}
