//! `every: monday at 09:00` with `for: { segment: clienti }` has the members of a segment enter when that time comes;
//! `rrule:` says the time as RFC 5545 does, `on date: 2026-12-24 09:00` is once. `zone:` says whose clock counts.

use serde_json::{Map, Value};

use super::{Kind, Trigger, check_segment};
use crate::calendar::{Recurrence, Target};
use crate::condition::Truth;
use crate::definitions::Definitions;
use crate::schedule::{Among, Schedule, When};
use crate::workflow::problem::Problems;
use crate::workflow::reader::MapReader;
use crate::workflow::shape::{Field, Shape};
use crate::yaml::{Node, Place};

/// How a recurring time is written.
pub const EVERY: Kind = Kind {
    key: "every",
    says: "A time comes round, for everybody of a segment or a list.",
    shape: Shape::Beside(&Shape::Texts, TIMES),
    read: read_every,
};
/// The same as RFC 5545 writes it.
pub const RRULE: Kind = Kind {
    key: "rrule",
    says: "A time as RFC 5545 writes it comes round, for everybody of a segment or a list.",
    shape: Shape::Beside(&Shape::Text, TIMES),
    read: read_rrule,
};
/// How a single time is written.
pub const ON_DATE: Kind = Kind {
    key: "on date",
    says: "A time comes, once, for everybody of a segment or a list.",
    shape: Shape::Beside(&Shape::Text, BESIDE),
    read: read_date,
};

const TIMES: &[Field] = &[ZONE, FOR, AT, FROM];
const BESIDE: &[Field] = &[ZONE, FOR];
const ZONE: Field = Field::may("zone", Shape::Text, "Whose clock: contact, account, or a zone.");
const FOR: Field = Field::must(
    "for",
    Shape::Either(&[
        Shape::Words(&["all"]),
        Shape::Map(&[Field::must("segment", Shape::Text, "The segment.")]),
        Shape::Map(&[Field::must("list", Shape::Text, "The list.")]),
    ]),
    "Who enters: those of a segment or a list, or all.",
);
const AT: Field = Field::may("at", Shape::Text, "At which time of the day, if it is not said before.");
const FROM: Field = Field::may("from", Shape::Text, "The first date.");

/// The event of a schedule whose time has come for a contact.
pub const REACHED: &str = "schedule.reached";
/// The event by which a job tells a contact of a time; if its own clock is not there yet, it waits.
pub const DUE: &str = "schedule.due";

#[derive(Debug)]
struct Scheduled(Schedule);

fn read_every<'d>(
    node: &'d Node,
    map: &mut MapReader<'d>,
    problems: &mut Problems,
) -> Option<Box<dyn Trigger>> {
    let when = Recurrence::read(node, map, problems).map(When::Every);
    finish(when, map, problems)
}

fn read_rrule<'d>(
    node: &'d Node,
    map: &mut MapReader<'d>,
    problems: &mut Problems,
) -> Option<Box<dyn Trigger>> {
    let when = Recurrence::read_rrule(node, map, problems).map(When::Every);
    finish(when, map, problems)
}

fn read_date<'d>(
    node: &'d Node,
    map: &mut MapReader<'d>,
    problems: &mut Problems,
) -> Option<Box<dyn Trigger>> {
    let written = node.as_text().filter(|text| text.contains(':')).and_then(|text| text.parse().ok());
    let when = if let Some(Target::On(date, time)) = written {
        Some(When::On(date, time))
    } else {
        let message = "`on date:` is a date with its year and a time, such as 2026-12-24 09:00";
        problems.error(node.place, "on_date.unreadable", message);
        None
    };
    finish(when, map, problems)
}

fn finish(when: Option<When>, map: &mut MapReader<'_>, problems: &mut Problems) -> Option<Box<dyn Trigger>> {
    Some(Box::new(Scheduled(Schedule::read(when, map, problems)?)))
}

impl Trigger for Scheduled {
    fn listens(&self) -> &'static str {
        REACHED
    }

    fn fires(&self, data: &Map<String, Value>) -> Truth {
        (data.get("schedule").and_then(Value::as_str) == Some(&self.0.to_string())).into()
    }

    fn sample(&self) -> Map<String, Value> {
        Map::from_iter([
            ("schedule".to_owned(), self.0.to_string().into()),
            ("occurrence".to_owned(), "2026-01-05T09:00".into()),
        ])
    }

    fn provides(&self, path: &str, _: &Definitions) -> Option<bool> {
        Some(["schedule", "occurrence", "workflow"].contains(&path))
    }

    fn schedule(&self) -> Option<&Schedule> {
        Some(&self.0)
    }

    fn check(&self, place: Place, definitions: &Definitions, problems: &mut Problems) {
        if let Among::Segment(name) = &self.0.among {
            check_segment(name, place, definitions, problems);
        }
    }
}
