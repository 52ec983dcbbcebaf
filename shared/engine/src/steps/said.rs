//! What a step says of something: a fixed value, a text with merge fields, or the contact's owner.

use serde_json::Value;

use super::StepReader;
use crate::contact::record::{Is, Sort};
use crate::pipeline::Named;
use crate::react::Visit;
use crate::template::Template;
use crate::workflow::reader::MapReader;
use crate::yaml::{self, Node};

/// One value.
#[derive(Debug)]
pub(super) struct Said {
    /// What it is called.
    pub(super) name: &'static str,
    is: Is,
    from: From,
}

#[derive(Debug)]
enum From {
    Fixed(Value),
    Rendered(Template),
    Owner,
}

/// The names under which colleagues stand: there, `owner` is the contact's.
const PEOPLE: &[&str] = &["owner", "assignee"];

impl Said {
    /// Reads a value; what can never be right is a problem.
    pub(super) fn read(
        name: &'static str,
        is: Is,
        node: &Node,
        reader: &mut StepReader<'_, '_, '_>,
    ) -> Option<Self> {
        let from = match node.as_text() {
            Some("owner") if PEOPLE.contains(&name) => From::Owner,
            Some(text) if text.contains("{{") => From::Rendered(reader.template(node, name)?),
            _ => match is.read(&yaml::to_json(node)) {
                Ok(Some(value)) => From::Fixed(value),
                Ok(None) => {
                    let message = format!("`{name}:` must not be empty");
                    reader.problems().error(node.place, "value.expected", message);
                    return None;
                }
                Err(expected) => {
                    reader.problems().error(node.place, "value.expected", format!("`{name}:` is {expected}"));
                    return None;
                }
            },
        };
        Some(Self { name, is, from })
    }

    /// Reads those attributes of a sort of record that a map names.
    pub(super) fn read_all(
        map: &mut MapReader<'_>,
        sort: Sort,
        names: &[&str],
        reader: &mut StepReader<'_, '_, '_>,
    ) -> Option<Vec<Self>> {
        // Each is read, so that each mistake is told.
        let named = names.iter().filter_map(|name| sort.attribute(name));
        let read: Vec<Option<Self>> = named
            .filter_map(|(name, is)| map.get(name).map(|node| Self::read(name, is, node, reader)))
            .collect();
        read.into_iter().collect()
    }

    /// The value at this moment; none where the contact has no owner.
    ///
    /// # Errors
    /// The reason code.
    pub(super) fn value(&self, visit: &Visit<'_, '_>) -> Result<Option<Value>, String> {
        match &self.from {
            From::Fixed(value) => Ok(Some(value.clone())),
            From::Rendered(template) => {
                let text = visit.render(template)?;
                self.is.read(&text.into()).map_err(|_| "bad_value".to_owned())
            }
            From::Owner => Ok(visit.turn.contact.profile.field("owner").cloned()),
        }
    }

    /// All values at this moment, by name.
    ///
    /// # Errors
    /// The reason code of the first that can't be told.
    pub(super) fn values(all: &[Self], visit: &Visit<'_, '_>) -> Result<Vec<(&'static str, Value)>, String> {
        let mut values = Vec::new();
        for said in all {
            values.extend(said.value(visit)?.map(|value| (said.name, value)));
        }
        Ok(values)
    }

    /// The value, where it is the same for everybody.
    pub(super) fn fixed(&self) -> Option<&Value> {
        if let From::Fixed(value) = &self.from { Some(value) } else { None }
    }

    /// What is said of deals.
    pub(super) fn deals<'s>(all: impl IntoIterator<Item = &'s Self>) -> Named {
        let mut named = Named::default();
        for said in all {
            named.note(said.name, said.fixed());
        }
        named
    }

    /// The template that it renders, if it does.
    pub(super) fn template(&self) -> Option<&Template> {
        if let From::Rendered(template) = &self.from { Some(template) } else { None }
    }
}
