//! `with: { code: "{{ vars.code }}" }`: values that a step gives to the template which it names.

use super::StepReader;
use crate::contact::fields;
use crate::message::ROOTS;
use crate::template::Template;
use crate::workflow::reader::MapReader;
use crate::yaml::{Node, Value, to_json};

/// Most values.
const MOST: usize = 30;

/// Values for one of the account's templates, which names them as they are called here.
pub(super) fn read(node: &Node, reader: &mut StepReader<'_, '_, '_>) -> Option<Vec<(String, Template)>> {
    let mut map = MapReader::open(node, "`with:`", reader.problems())?;
    let mut all = Vec::new();
    for (name, place, value) in map.take_rest() {
        if !fields::is_name(name) || ROOTS.contains(&name) {
            let message = format!(
                "`{name}` can't be given to a template: a name is a-z, digits and _, and none of {}",
                ROOTS.join(", ")
            );
            reader.problems().error(place, "with.name", message);
            continue;
        }
        all.push((name.to_owned(), value_of(value, reader)?));
    }
    few(node, all, reader)
}

/// Values for a template of a provider: by name, or in a list for `{{1}}`, `{{2}}`, …
pub(super) fn read_placed(
    node: &Node,
    reader: &mut StepReader<'_, '_, '_>,
) -> Option<Vec<(String, Template)>> {
    let mut all = Vec::new();
    if let Value::List(items) = &node.value {
        for (number, item) in (1..).zip(items) {
            all.push((number.to_string(), value_of(item, reader)?));
        }
    } else {
        let mut map = MapReader::open(node, "`with:`", reader.problems())?;
        for (name, _, value) in map.take_rest() {
            all.push((name.to_owned(), value_of(value, reader)?));
        }
    }
    few(node, all, reader)
}

fn few(
    node: &Node,
    all: Vec<(String, Template)>,
    reader: &mut StepReader<'_, '_, '_>,
) -> Option<Vec<(String, Template)>> {
    if all.len() <= MOST {
        return Some(all);
    }
    reader.problems().error(node.place, "with.too_many", format!("`with:` gives at most {MOST} values"));
    None
}

/// A text with merge fields; a number stands for its text.
fn value_of(node: &Node, reader: &mut StepReader<'_, '_, '_>) -> Option<Template> {
    if let Value::Int(_) | Value::Float(_) = node.value {
        return Template::compile(&to_json(node).to_string()).ok();
    }
    reader.template(node, "with")
}
