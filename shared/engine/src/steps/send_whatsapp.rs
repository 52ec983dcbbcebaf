//! `send whatsapp: { template: follow_up_it, language: it, with: ["{{ contact.first_name }}"] }` sends one WhatsApp
//! message to the contact: a template that the provider has approved, or with `text:` an answer to somebody who has
//! just written.

use super::{Kind, Next, Step, StepReader, with};
use crate::contact::send::{Class, Via};
use crate::message::{Content, Whatsapp};
use crate::react::{Need, Visit};
use crate::template::Template;
use crate::workflow::compile::read_class;
use crate::workflow::reader::MapReader;
use crate::workflow::shape::{Field, Shape};
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "send whatsapp",
    says: "Sends one WhatsApp message to the contact.",
    shape: Shape::Map(&[
        Field::may("template", Shape::Text, "The template that the provider has approved …"),
        Field::may("language", Shape::Text, "… in this language …"),
        Field::may(
            "with",
            Shape::Either(&[Shape::Several(&Shape::Value), Shape::Open(&Shape::Value)]),
            "… with these values.",
        ),
        Field::may("text", Shape::Text, "An answer to somebody who has just written, instead of a template."),
        Field::may(
            "kind",
            Shape::Words(&["marketing", "service", "transactional", "internal"]),
            "The class of the message; else the workflow's.",
        ),
    ]),
    read,
};

#[derive(Debug)]
struct SendWhatsapp {
    says: Says,
    class: Option<Class>,
}

#[derive(Debug)]
enum Says {
    Text(Template),
    Approved { name: String, language: Option<String>, with: Vec<(String, Template)> },
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let mut map = MapReader::open(node, "`send whatsapp:`", reader.problems())?;
    let class = map.get("kind").and_then(|node| read_class(node, reader.problems()));
    let says = match (map.get("text"), map.get("template")) {
        (Some(text), None) => reader.template(text, "text").map(Says::Text),
        (None, Some(name)) => {
            let language = map.text("language", reader.problems()).map(str::to_owned);
            let with = map.get("with").map_or(Some(Vec::new()), |node| with::read_placed(node, reader));
            let name = reader.names(name, "template").map(|mut names| names.remove(0));
            name.zip(with).map(|(name, with)| Says::Approved { name, language, with })
        }
        _ => {
            let message = "a WhatsApp message needs `template:` or `text:`, one of the two";
            reader.problems().error(node.place, "whatsapp.body", message);
            None
        }
    };
    map.finish(&["template", "language", "with", "text", "kind"], reader.problems());
    Some(Box::new(SendWhatsapp { says: says?, class }))
}

impl Step for SendWhatsapp {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let class = self.class.unwrap_or(visit.program.class);
        Ok(visit.plan(class, vec![(Via::Whatsapp, None)]))
    }

    fn templates(&self) -> Vec<&Template> {
        match &self.says {
            Says::Text(text) => vec![text],
            Says::Approved { with, .. } => with.iter().map(|(_, template)| template).collect(),
        }
    }

    fn content(&self) -> Option<Content<'_>> {
        let says = match &self.says {
            Says::Text(text) => Whatsapp::Text(text),
            Says::Approved { name, language, with } => {
                Whatsapp::Approved { name, language: language.as_deref(), with }
            }
        };
        Some(Content::Whatsapp { says })
    }

    fn message_class(&self, workflow: Class) -> Option<Class> {
        Some(self.class.unwrap_or(workflow))
    }
}
