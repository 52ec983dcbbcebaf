//! `send sms: { from: NEGOZIO, text: "Ciao {{ contact.first_name }}" }` sends one text message to the contact. The next
//! step begins when the provider has accepted it, or when it is certain that it won't go.

use super::{Kind, Next, Step, StepReader};
use crate::contact::fields;
use crate::contact::send::{Class, Via};
use crate::message::Content;
use crate::react::{Need, Visit};
use crate::template::Template;
use crate::workflow::compile::read_class;
use crate::workflow::reader::MapReader;
use crate::workflow::shape::{Field, Shape};
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "send sms",
    says: "Sends one text message to the contact.",
    shape: Shape::Map(&[
        Field::may("from", Shape::Value, "The sender: a name of at most 11 letters, or a number."),
        Field::must("text", Shape::Text, "The text."),
        Field::may(
            "kind",
            Shape::Words(&["marketing", "service", "transactional", "internal"]),
            "The class of the message; else the workflow's.",
        ),
    ]),
    read,
};

/// The most characters of a sender that is a name (3GPP TS 23.040).
const SENDER: usize = 11;

#[derive(Debug)]
struct SendSms {
    from: Option<String>,
    text: Template,
    class: Option<Class>,
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let mut map = MapReader::open(node, "`send sms:`", reader.problems())?;
    let from_node = map.get("from");
    let from = from_node.and_then(|node| sender(node, reader));
    let class = map.get("kind").and_then(|node| read_class(node, reader.problems()));
    let text = map.need("text", reader.problems()).and_then(|node| reader.template(node, "text"));
    map.finish(&["from", "text", "kind"], reader.problems());
    Some(Box::new(SendSms { from, text: text?, class }))
}

/// A name of at most 11 letters, digits, blanks and hyphens, or a number.
fn sender(node: &Node, reader: &mut StepReader<'_, '_, '_>) -> Option<String> {
    let text = node.as_text().unwrap_or_default().trim();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-');
    let named = (1..=SENDER).contains(&text.len())
        && text.chars().all(fits)
        && text.chars().any(|c| c.is_ascii_alphabetic());
    let from = if named { Some(text.to_owned()) } else { fields::phone(text) };
    if from.is_none() {
        let message =
            format!("`from:` of an SMS is a name of at most {SENDER} letters and digits, or a phone number");
        reader.problems().error(node.place, "sms.from", message);
    }
    from
}

impl Step for SendSms {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let class = self.class.unwrap_or(visit.program.class);
        Ok(visit.plan(class, vec![(Via::Sms, None)]))
    }

    fn templates(&self) -> Vec<&Template> {
        vec![&self.text]
    }

    fn content(&self) -> Option<Content<'_>> {
        Some(Content::Sms { from: self.from.as_deref(), text: &self.text })
    }

    fn message_class(&self, workflow: Class) -> Option<Class> {
        Some(self.class.unwrap_or(workflow))
    }
}
