//! `wait: 1 day` waits so long after the step before; `wait: { until: friday at 10:00 }` until a time, which may be that
//! of a field of the contact. `if past:` says what is done when that time is over: `skip` the next step (the default),
//! `go on`, or `exit`.

use crate::workflow::shape::{Field, Shape};
use serde_json::Value;

use super::{Kind, Next, Step, StepReader};
use crate::calendar::{self, Due, Duration, Target as Time};
use crate::contact::enrollment::Waiting;
use crate::react::{Need, Visit};
use crate::timeline::What;
use crate::workflow::reader::{MapReader, duration};
use crate::yaml::{self, Node};

/// How it is written.
pub const KIND: Kind = Kind {
    key: "wait",
    says: "Waits so long after the step before, or until a time.",
    shape: Shape::Either(&[
        Shape::Length,
        Shape::Map(&[
            Field::must(
                "until",
                Shape::Either(&[
                    Shape::Text,
                    Shape::Map(&[
                        Field::must("field", Shape::Text, "The field with the date."),
                        Field::may("offset", Shape::Text, "How far from it, such as `1 day before`."),
                        Field::may("at", Shape::Text, "At which time of that day."),
                    ]),
                ]),
                "Which time.",
            ),
            Field::may(
                "if past",
                Shape::Words(&["skip", "go on", "exit"]),
                "What is done when it has passed: skip the next step, go on, or end.",
            ),
        ]),
    ]),
    read,
};

/// A wait of some length.
#[derive(Debug)]
pub(crate) struct Wait {
    pub duration: Duration,
}

/// A wait until some time.
#[derive(Debug)]
struct WaitFor {
    time: Time,
    past: Past,
}

/// What is done when the time is over.
#[derive(Clone, Copy, Debug)]
enum Past {
    Skip,
    GoOn,
    Exit,
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let problems = reader.problems();
    let yaml::Value::Map(_) = node.value else {
        return Some(Box::new(Wait { duration: duration(node, problems)? }));
    };
    let mut map = MapReader::open(node, "`wait:`", problems)?;
    let time = map.need("until", problems).and_then(|node| Time::read(node, problems));
    let past = match map.get("if past").map(|node| (node, node.as_text())) {
        None | Some((_, Some("skip"))) => Past::Skip,
        Some((_, Some("go on"))) => Past::GoOn,
        Some((_, Some("exit"))) => Past::Exit,
        Some((node, _)) => {
            problems.error(
                node.place,
                "wait.past",
                "`if past:` is `skip` (the next step), `go on` or `exit`",
            );
            Past::Skip
        }
    };
    map.finish(&["until", "if past"], problems);
    Some(Box::new(WaitFor { time: time?, past }))
}

impl Step for Wait {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let at = calendar::add(visit.enrollment.anchor, self.duration, &visit.zone());
        Ok(Next::Wait(Waiting::Until { at }))
    }

    fn is_wait(&self) -> bool {
        true
    }

    fn waits(&self) -> bool {
        self.duration.amount() > 0
    }
}

impl Step for WaitFor {
    fn fields(&self) -> Vec<&str> {
        self.time.field().into_iter().collect()
    }

    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let field = self.time.field().and_then(|field| visit.turn.contact.profile.field(field));
        let value = field.and_then(Value::as_str).map(str::to_owned);
        // From when the step before was completed: how late it is looked at changes nothing.
        let from = visit.enrollment.anchor;
        let reason = match self.time.due(from, value.as_deref(), &visit.zone()) {
            Due::At(at) => return Ok(Next::Wait(Waiting::Until { at })),
            Due::Past(_) => "past",
            Due::Unknown => "no_date",
        };
        Ok(match self.past {
            Past::Skip => {
                visit.log(What::NextSkipped { reason: reason.to_owned() });
                Next::Skip
            }
            Past::GoOn => Next::Continue,
            Past::Exit => Next::Exit(reason.to_owned()),
        })
    }

    fn is_wait(&self) -> bool {
        true
    }

    fn waits(&self) -> bool {
        true
    }

    fn ends(&self) -> bool {
        matches!(self.past, Past::Exit)
    }
}
