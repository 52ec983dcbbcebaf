//! `set field: { status: cliente, last_purchase: now }` sets fields to fixed values, to `now`, to a text with merge
//! fields, or clears them with `null`; `{ visits: { add: 1 } }` adds to a number, and `{ budget: { copy: event.amount } }`
//! takes over a value of the event or of another field (`contact.city`) as it is.

use crate::workflow::shape::{Field, Shape};
use serde_json::{Number, Value};

use super::{Kind, Next, Step, StepReader};
use crate::calendar::CalendarDate;
use crate::condition::value_at;
use crate::contact::fields;
use crate::definitions::Definitions;
use crate::react::{Need, Visit};
use crate::template::Template;
use crate::workflow::problem::Problems;
use crate::workflow::reader::MapReader;
use crate::yaml::{self, Node, Place};

/// How it is written.
pub const KIND: Kind = Kind {
    key: "set field",
    says: "Sets fields, adds to them, takes values over, or clears them with `null`.",
    shape: Shape::Open(&Shape::Either(&[
        Shape::Value,
        Shape::Nothing,
        Shape::Map(&[Field::may("add", Shape::Number, "So much more.")]),
        Shape::Map(&[Field::may("copy", Shape::Text, "A value of the event or of another field, as it is.")]),
    ])),
    read,
};

#[derive(Debug)]
struct SetField(Vec<(String, To)>);

#[derive(Debug)]
enum To {
    Fixed(Value),
    Now,
    Rendered(Template),
    Plus(Number),
    /// The path, and a template that has the event's value kept and checked.
    Copied(String, Template),
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let mut map = MapReader::open(node, "`set field:`", reader.problems())?;
    let mut all = Vec::new();
    for (name, place, value) in map.take_rest() {
        if !fields::is_name(name) || matches!(fields::kind(name), fields::Kind::Email | fields::Kind::Phone) {
            let message = format!(
                "`{name}` can't be set: a field's name is a-z, digits and _, and email and phone are identities"
            );
            reader.problems().error(place, "field.name", message);
            continue;
        }
        let to = match value.as_text() {
            Some("now") => To::Now,
            Some(text) if text.contains("{{") => To::Rendered(reader.template(value, "set field")?),
            _ if value.is_null() => To::Fixed(Value::Null),
            _ if matches!(value.value, yaml::Value::Map(_)) => read_change(value, reader)?,
            _ => match fields::parse(name, &yaml::to_json(value), None) {
                Ok(parsed) => To::Fixed(parsed.unwrap_or(Value::Null)),
                Err(why) => {
                    reader.problems().error(value.place, "field.value", why);
                    continue;
                }
            },
        };
        all.push((name.to_owned(), to));
    }
    Some(Box::new(SetField(all)))
}

fn read_change(node: &Node, reader: &mut StepReader<'_, '_, '_>) -> Option<To> {
    let mut map = MapReader::open(node, "a change of a field", reader.problems())?;
    let (add, copy) = (map.get("add"), map.get("copy"));
    map.finish(&["add", "copy"], reader.problems());
    match (add.map(yaml::to_json), copy.and_then(Node::as_text)) {
        (Some(Value::Number(number)), None) => Some(To::Plus(number)),
        (None, Some(path)) if path.starts_with("event.") || path.starts_with("contact.") => {
            let template = Template::compile(&format!("{{{{ {path} }}}}"));
            if template.is_err() {
                reader.problems().error(node.place, "field.change", format!("`{path}` is no path"));
            }
            Some(To::Copied(path.to_owned(), template.ok()?))
        }
        _ => {
            let message = "a change of a field is `{ add: 1 }`, or `{ copy: event.amount }`, or `{ copy: contact.city }`";
            reader.problems().error(node.place, "field.change", message);
            None
        }
    }
}

impl Step for SetField {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        for (name, to) in &self.0 {
            let value = match to {
                To::Fixed(value) => Ok(value.clone()),
                To::Now => Ok(now(visit, name)),
                To::Rendered(template) => visit.render(template).map(Value::from),
                To::Plus(number) => sum(visit.turn.contact.profile.field(name), number),
                To::Copied(path, _) => copied(visit, path),
            };
            visit.set_field(name, value);
        }
        Ok(Next::Continue)
    }

    fn check(&self, place: Place, definitions: &Definitions, problems: &mut Problems) {
        for (name, to) in &self.0 {
            if let To::Fixed(value) = to
                && let Err(why) = fields::parse(name, value, Some(definitions))
            {
                problems.error(place, "field.value", why);
            }
        }
    }

    fn sets(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn templates(&self) -> Vec<&Template> {
        self.0
            .iter()
            .filter_map(|(_, to)| match to {
                To::Rendered(template) | To::Copied(_, template) => Some(template),
                To::Fixed(_) | To::Now | To::Plus(_) => None,
            })
            .collect()
    }
}

/// This moment; in a field that holds a date, this day by the contact's clocks.
fn now(visit: &Visit<'_, '_>, name: &str) -> Value {
    let now = visit.turn.now;
    if visit.turn.definitions.catalogue.kind(name) == fields::Kind::Date {
        return CalendarDate::of(visit.zone().to_datetime(now.timestamp()).date()).to_string().into();
    }
    now.to_string().into()
}

/// A number, or its text as forms know it, and one more; what was not known counts as 0.
fn sum(known: Option<&Value>, more: &Number) -> Result<Value, String> {
    let known = match known {
        None => Some(Number::from(0)),
        Some(Value::Number(number)) => Some(number.clone()),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    let known = known.ok_or("not_a_number")?;
    if let (Some(known), Some(more)) = (known.as_i64(), more.as_i64()) {
        return known.checked_add(more).map(Value::from).ok_or_else(|| "not_a_number".to_owned());
    }
    let sum = known.as_f64().zip(more.as_f64()).map(|(known, more)| known + more);
    sum.and_then(Number::from_f64).map(Value::Number).ok_or_else(|| "not_a_number".to_owned())
}

fn copied(visit: &Visit<'_, '_>, path: &str) -> Result<Value, String> {
    let value = match path.split_once('.') {
        Some(("event", path)) => value_at(&visit.enrollment.event, path),
        Some((_, name)) => visit.turn.contact.profile.field(name),
        None => None,
    };
    value.cloned().ok_or_else(|| "missing_value".to_owned())
}
