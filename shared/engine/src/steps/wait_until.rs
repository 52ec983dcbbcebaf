//! `wait until: { event: email.replied, at most: 2 hours }` waits for an event of this contact, or until that has taken
//! too long. `then:` and `else:` say what is done in either case; without them the workflow just goes on.

use super::{Kind, Next, Step, StepReader};
use crate::calendar::{self, Duration};
use crate::condition::Predicate;
use crate::contact::enrollment::Waiting;
use crate::event;
use crate::react::{Need, Visit};
use crate::workflow::program::Target;
use crate::workflow::reader::MapReader;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind { key: "wait until", read };

#[derive(Debug)]
struct WaitUntil {
    kind: String,
    filter: Predicate,
    at_most: Duration,
    then: Target,
    otherwise: Target,
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let problems = reader.problems();
    let mut map = MapReader::open(node, "`wait until:`", problems)?;
    let kind = map.need_text("event", problems);
    let filter = map.get("where").map_or(Some(Predicate::ALWAYS), |node| Predicate::read(node, problems));
    map.need("at most", problems);
    let at_most = map.duration("at most", problems);
    map.finish(&["event", "where", "at most"], problems);
    if let Some(kind) = kind.filter(|kind| !event::is_kind(kind)) {
        let message =
            format!("`{kind}` is no event type; a type is lower case with a dot, such as order.completed");
        problems.error(node.place, "event.type", message);
    }
    reader.beside = &["id", "after", "then", "else"];
    let next = reader.next;
    let then = reader.map.get("then").map_or(next, |node| reader.block(node));
    let otherwise = reader.map.get("else").map_or(next, |node| reader.block(node));
    Some(Box::new(WaitUntil { kind: kind?.to_owned(), filter: filter?, at_most: at_most?, then, otherwise }))
}

impl Step for WaitUntil {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let at = calendar::add(visit.enrollment.anchor, self.at_most, &visit.zone());
        Ok(Next::Wait(Waiting::Event { at }))
    }

    fn due(&self, _: Target) -> Target {
        self.otherwise
    }

    fn listens(&self) -> Option<(&str, &Predicate, Target)> {
        Some((&self.kind, &self.filter, self.then))
    }

    fn targets(&self, _: Target) -> Vec<Target> {
        vec![self.then, self.otherwise]
    }

    fn conditions(&self) -> Vec<&Predicate> {
        vec![&self.filter]
    }
}
