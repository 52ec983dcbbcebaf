//! `field: { city: Roma }`, or for short `city: Roma`, compares a field; unknown where it has no value.

use crate::workflow::shape::Shape;
use std::sync::Arc;

use serde_json::Value;

use super::{Condition, Facets, Kind, Predicate, Scope, Test, Truth, Verdict};
use crate::calendar::CalendarDate;
use crate::contact::fields;
use crate::time::Instant;
use crate::workflow::problem::Problems;
use crate::workflow::reader::MapReader;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind { key: "field", says: "Fields are so.", shape: Shape::Open(&Shape::Tests), read };

#[derive(Debug)]
struct Fields(Vec<(String, Vec<Test>)>);

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    Some(Box::new(read_map(node, problems)?))
}

/// Reads `{ city: Roma, budget: { at least: 100 } }`.
pub fn read_fields(node: &Node, problems: &mut Problems) -> Option<Predicate> {
    Some(Predicate::One(Arc::new(read_map(node, problems)?)))
}

fn read_map(node: &Node, problems: &mut Problems) -> Option<Fields> {
    let mut map = MapReader::open(node, "`field:`", problems)?;
    let mut all = Vec::new();
    for (name, place, value) in map.take_rest() {
        if !fields::is_name(name) {
            problems.error(place, "field.name", format!("`{name}` is no field name: a-z, digits and _ only"));
            continue;
        }
        all.push((name.to_owned(), Test::read(value, problems)?));
    }
    // An empty one would match everybody.
    if all.is_empty() {
        problems.error(node.place, "condition.empty", "`field:` must name a field, such as `city: Roma`");
        return None;
    }
    Some(Fields(all))
}

pub(super) fn read_named(name: &str, node: &Node, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    Some(Box::new(Fields(vec![(name.to_owned(), Test::read(node, problems)?)])))
}

/// The day of an instant by the account's clocks, where days are compared.
fn day(value: &Value, scope: &Scope<'_>) -> Option<Value> {
    let at = Instant::parse(value.as_str()?)?;
    Some(CalendarDate::of(scope.zone.to_datetime(at.timestamp()).date()).to_string().into())
}

impl Condition for Fields {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let answers = self.0.iter().map(|(name, tests)| {
            let value = scope.contact.profile.field(name);
            let day =
                value.filter(|_| tests.iter().any(Test::is_of_days)).and_then(|value| day(value, scope));
            Test::ask_all(tests, day.as_ref().or(value))
        });
        let truth = answers.fold(Truth::Yes, |so_far, answer| match (so_far, answer) {
            (Truth::No, _) | (_, Truth::No) => Truth::No,
            (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
            _ => Truth::Yes,
        });
        Verdict::steady(truth)
    }

    fn fields(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn unknown(&self) -> Vec<String> {
        let asked = self.0.iter().filter(|(_, tests)| !Test::ask_known(tests));
        asked.map(|(name, _)| name.clone()).collect()
    }

    fn known(&self) -> Vec<&str> {
        let asked = self.0.iter().filter(|(_, tests)| tests.contains(&Test::Known(true)));
        asked.map(|(name, _)| name.as_str()).collect()
    }

    fn facets(&self) -> Facets {
        Facets::PROFILE
    }
}
