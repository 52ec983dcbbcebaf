//! `set field: { status: cliente, last_purchase: now }` sets fields to fixed values, to `now`, to a text with merge
//! fields, or clears them with `null`.

use serde_json::Value;

use super::{Kind, Next, Step, StepReader};
use crate::contact::fields;
use crate::react::{Need, Visit};
use crate::template::Template;
use crate::workflow::reader::MapReader;
use crate::yaml::{self, Node};

/// How it is written.
pub const KIND: Kind = Kind { key: "set field", read };

#[derive(Debug)]
struct SetField(Vec<(String, To)>);

#[derive(Debug)]
enum To {
    Fixed(Value),
    Now,
    Rendered(Template),
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
            _ => match fields::parse(name, &yaml::to_json(value)) {
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

impl Step for SetField {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        for (name, to) in &self.0 {
            let value = match to {
                To::Fixed(value) => Ok(value.clone()),
                To::Now => Ok(visit.turn.now.to_string().into()),
                To::Rendered(template) => visit.render(template).map(Value::from),
            };
            visit.set_field(name, value);
        }
        Ok(Next::Continue)
    }

    fn templates(&self) -> Vec<&Template> {
        let rendered = |(_, to): &'_ (String, To)| matches!(to, To::Rendered(_));
        self.0
            .iter()
            .filter(|one| rendered(one))
            .filter_map(|(_, to)| if let To::Rendered(template) = to { Some(template) } else { None })
            .collect()
    }
}
