//! `task: open`, `done` or `overdue`, or `task: { is: open, title: Chiamare, assignee: giulia }`: one of the contact's
//! tasks.

use super::{Condition, Facets, Kind, Scope, Test, Truth, Verdict};
use crate::contact::record::{Record, Sort};
use crate::time::Instant;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, text};
use crate::workflow::shape::{Field, Shape};
use crate::yaml::{self, Node};

/// How it is written.
pub const KIND: Kind = Kind {
    key: "task",
    says: "One of the tasks is so.",
    shape: Shape::Either(&[
        Shape::Words(&["any", "open", "done", "overdue"]),
        Shape::Map(&[
            Field::may("is", Shape::Words(&["any", "open", "done", "overdue"]), "Where it stands."),
            Field::may("title", Shape::Tests, "Its title."),
            Field::may("assignee", Shape::Tests, "Whose it is."),
        ]),
    ]),
    read,
};

#[derive(Clone, Copy, Debug)]
enum Is {
    Any,
    Open,
    Done,
    Overdue,
}

#[derive(Debug)]
struct HasTask {
    is: Is,
    tests: Vec<(&'static str, Vec<Test>)>,
}

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    let yaml::Value::Map(_) = node.value else {
        return Some(Box::new(HasTask { is: read_is(node, problems)?, tests: Vec::new() }));
    };
    let mut map = MapReader::open(node, "`task:`", problems)?;
    let is = map.get("is").map_or(Some(Is::Any), |node| read_is(node, problems));
    let mut tests = Vec::new();
    for key in ["title", "assignee"] {
        if let Some(value) = map.get(key) {
            tests.push((key, Test::read(value, problems)?));
        }
    }
    map.finish(&["is", "title", "assignee"], problems);
    Some(Box::new(HasTask { is: is?, tests }))
}

fn read_is(node: &Node, problems: &mut Problems) -> Option<Is> {
    match text(node, "task", problems)? {
        "any" => Some(Is::Any),
        "open" => Some(Is::Open),
        "done" => Some(Is::Done),
        "overdue" => Some(Is::Overdue),
        other => {
            let message = format!("a task is open, done, overdue or any, not `{other}`");
            problems.error(node.place, "task.unknown", message);
            None
        }
    }
}

impl HasTask {
    /// Whether a task stands so now, and when that changes by itself.
    fn stands(&self, task: &Record, now: Instant) -> (bool, Option<Instant>) {
        let done = task.has_ended(Sort::Task);
        match (self.is, task.instant("due").filter(|_| !done)) {
            (Is::Any, _) => (true, None),
            (Is::Open, _) => (!done, None),
            (Is::Done, _) => (done, None),
            (Is::Overdue, Some(due)) => (due <= now, Some(due).filter(|due| *due > now)),
            (Is::Overdue, None) => (false, None),
        }
    }
}

impl Condition for HasTask {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let mut verdict = Verdict::steady(Truth::No);
        for (_, task) in scope.contact.profile.objects.records.of(Sort::Task) {
            let asked = self.tests.iter().map(|(name, tests)| Test::ask_all(tests, task.value(name)));
            if asked.into_iter().any(|answer| answer != Truth::Yes) {
                continue;
            }
            let (stands, changes_at) = self.stands(task, scope.now);
            if stands {
                verdict.truth = Truth::Yes;
            }
            verdict.changes_at = verdict.changes_at.into_iter().chain(changes_at).min();
        }
        verdict
    }

    fn facets(&self) -> Facets {
        Facets::PROFILE
    }
}
