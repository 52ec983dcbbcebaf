//! `wait until: { event: email.replied, at most: 2 hours }` waits for an event of this contact, or for a condition
//! (`{ tag: customer, at most: 3 days }`), or until that has taken too long. `then:` and `else:` say what is done in
//! either case; without them the workflow just goes on.

use super::{Kind, Next, Step, StepReader};
use crate::calendar::{self, Duration};
use crate::condition::Predicate;
use crate::contact::enrollment::Waiting;
use crate::event;
use crate::react::{Need, Visit};
use crate::workflow::program::Target;
use crate::workflow::reader::{MapReader, text};
use crate::workflow::shape::{Field, Shape};
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "wait until",
    says: "Waits for an event or a condition, at most so long.",
    shape: Shape::Beside(
        &Shape::Waited,
        &[
            Field::may("then", Shape::Steps, "Done if it came."),
            Field::may("else", Shape::Steps, "Done if it took too long."),
        ],
    ),
    read,
};

#[derive(Debug)]
struct WaitUntil {
    what: What,
    at_most: Duration,
    then: Target,
    otherwise: Target,
}

#[derive(Debug)]
enum What {
    Event(String, Predicate),
    Condition(Predicate),
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let problems = reader.problems();
    let mut map = MapReader::open(node, "`wait until:`", problems)?;
    map.need("at most", problems);
    let at_most = map.duration("at most", problems);
    // An event with a count or a time is a condition about the past; alone it is what comes next.
    let counted = ["at least", "within"].iter().any(|key| node.get(key).is_some());
    let what = if let Some(kind) = map.get("event").filter(|_| !counted) {
        let filter = map.get("where").map_or(Some(Predicate::ALWAYS), |node| Predicate::read(node, problems));
        let written = text(kind, "event", problems);
        if let Some(kind) = written.filter(|kind| !event::is_kind(kind)) {
            let message = format!(
                "`{kind}` is no event type; a type is lower case with a dot, such as order.completed"
            );
            problems.error(node.place, "event.type", message);
        }
        map.finish(&["event", "where", "at most"], problems);
        written.zip(filter).map(|(kind, filter)| What::Event(kind.to_owned(), filter))
    } else {
        let mut map = MapReader::open(node, "`wait until:`", problems)?;
        map.get("at most");
        let condition = Predicate::read_rest(&mut map, problems);
        let empty = matches!(&condition, Predicate::All(all) if all.is_empty());
        if empty {
            let message = "`wait until:` needs an `event:` or a condition, such as `tag: customer`";
            problems.error(node.place, "wait.for", message);
        }
        (!empty).then_some(What::Condition(condition))
    };
    reader.beside = &["id", "after", "then", "else"];
    let next = reader.next;
    let then = reader.map.get("then").map_or(next, |node| reader.block(node));
    let otherwise = reader.map.get("else").map_or(next, |node| reader.block(node));
    Some(Box::new(WaitUntil { what: what?, at_most: at_most?, then, otherwise }))
}

impl Step for WaitUntil {
    fn only_leads(&self) -> bool {
        true
    }

    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let at = calendar::add(visit.enrollment.anchor, self.at_most, &visit.zone());
        Ok(Next::Wait(match self.what {
            What::Event(..) => Waiting::Event { at },
            What::Condition(_) => Waiting::Condition { at },
        }))
    }

    fn is_wait(&self) -> bool {
        true
    }

    fn waits(&self) -> bool {
        self.at_most.amount() > 0
    }

    fn due(&self, _: Target) -> Target {
        self.otherwise
    }

    fn listens(&self) -> Option<(&str, &Predicate, Target)> {
        match &self.what {
            What::Event(kind, filter) => Some((kind, filter, self.then)),
            What::Condition(_) => None,
        }
    }

    fn awaits(&self) -> Option<(&Predicate, Target)> {
        match &self.what {
            What::Condition(condition) => Some((condition, self.then)),
            What::Event(..) => None,
        }
    }

    fn targets(&self, _: Target) -> Vec<Target> {
        vec![self.then, self.otherwise]
    }

    fn conditions(&self) -> Vec<&Predicate> {
        match &self.what {
            What::Event(_, predicate) | What::Condition(predicate) => vec![predicate],
        }
    }
}
