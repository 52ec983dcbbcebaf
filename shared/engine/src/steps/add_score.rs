//! `add score: { points: 10, valid for: 90 days, once per: message }` adds points, or with a negative number takes
//! them; `add score: 10` adds them for ever.

use super::{Kind, Next, Step, StepReader};
use crate::calendar::{self, Duration};
use crate::react::{Need, Visit};
use crate::workflow::reader::MapReader;
use crate::workflow::shape::{Field, Shape};
use crate::yaml::{self, Node};

/// How it is written.
pub const KIND: Kind = Kind {
    key: "add score",
    says: "Adds points to the score, or with a negative number takes them; for ever, or for a time.",
    shape: Shape::Either(&[
        Shape::Whole,
        Shape::Map(&[
            Field::must("points", Shape::Whole, "How many."),
            Field::may("valid for", Shape::Length, "Then they expire."),
            Field::may(
                "once per",
                Shape::Words(&["message"]),
                "Once for each message that the event speaks of.",
            ),
        ]),
    ]),
    read,
};

/// The most points that one step adds or takes.
const MOST: u64 = 1_000_000;

#[derive(Debug)]
struct AddScore {
    points: i64,
    valid_for: Option<Duration>,
    once_per_message: bool,
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let problems = reader.problems();
    let (points, valid_for, once_per_message) = if let yaml::Value::Map(_) = node.value {
        let mut map = MapReader::open(node, "`add score:`", problems)?;
        let points = map.need("points", problems);
        let valid_for = map.duration("valid for", problems);
        let once = match map.get("once per").map(|node| (node, node.as_text())) {
            None => false,
            Some((_, Some("message"))) => true,
            Some((node, _)) => {
                problems.error(node.place, "score.once_per", "`once per:` is `message`");
                false
            }
        };
        map.finish(&["points", "valid for", "once per"], problems);
        (points?, valid_for, once)
    } else {
        (node, None, false)
    };
    match points.value {
        yaml::Value::Int(points) if points != 0 && points.unsigned_abs() <= MOST => {
            Some(Box::new(AddScore { points, valid_for, once_per_message }))
        }
        _ => {
            problems.error(
                points.place,
                "score.points",
                format!("points are a whole number, not 0, at most {MOST}"),
            );
            None
        }
    }
}

impl Step for AddScore {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        if self.once_per_message && !visit.first_for_message()? {
            return Ok(Next::Continue);
        }
        // Points count from the event, so that one that comes late counts at its own time.
        let from = visit.enrollment.anchor;
        let expires_at =
            self.valid_for.map(|valid_for| calendar::add(from, valid_for, &visit.turn.definitions.zone));
        visit.add_score(self.points, expires_at);
        Ok(Next::Continue)
    }
}
