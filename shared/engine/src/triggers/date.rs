//! `date: { field: birth_date, every: year, at: "09:00" }` fires when a date of the contact comes round: once for each year,
//! also if the date is corrected afterwards.

use crate::workflow::shape::{Field, Shape};
use serde_json::{Map, Value};

use super::{Kind, Trigger};
use crate::calendar::DateField;
use crate::condition::Truth;
use crate::definitions::Definitions;
use crate::workflow::problem::Problems;
use crate::workflow::reader::MapReader;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "date",
    says: "A date of the contact comes round.",
    shape: Shape::Map(&[
        Field::must("field", Shape::Text, "The field."),
        Field::may("every", Shape::Words(&["year", "once"]), "How often."),
        Field::must("at", Shape::Text, "At which time of the day."),
        Field::may("zone", Shape::Text, "On whose clock: contact, account, or a zone."),
        Field::may(
            "leap day",
            Shape::Words(&["feb 28", "mar 1", "leap years"]),
            "When 29 February is kept in other years.",
        ),
        Field::may("offset", Shape::Text, "How far from it, such as `3 days before`."),
    ]),
    read,
};

/// The event of a date that comes round.
pub const REACHED: &str = "date.reached";

#[derive(Debug)]
struct Date(DateField);

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Trigger>> {
    Some(Box::new(Date(DateField::read(node, problems)?)))
}

/// What tells a rule of a workflow from its others: correcting the hour is no other date.
pub(crate) fn name(rule: &DateField) -> String {
    format!("{} {}", rule.field, rule.offset.map(|offset| offset.to_string()).unwrap_or_default())
}

impl Trigger for Date {
    fn listens(&self) -> &'static str {
        REACHED
    }

    fn fires(&self, data: &Map<String, Value>) -> Truth {
        (data.get("date").and_then(Value::as_str) == Some(&name(&self.0))).into()
    }

    fn sample(&self) -> Map<String, Value> {
        Map::from_iter([
            ("date".to_owned(), name(&self.0).into()),
            ("field".to_owned(), self.0.field.as_str().into()),
            ("year".to_owned(), 2026.into()),
        ])
    }

    fn provides(&self, path: &str, _: &Definitions) -> Option<bool> {
        Some(["date", "field", "year", "workflow"].contains(&path))
    }

    fn date(&self) -> Option<&DateField> {
        Some(&self.0)
    }
}
