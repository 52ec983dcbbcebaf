//! `send email: { subject: …, template: … }` or with `body:` sends one message to the contact; `with:` gives values to
//! the template, `from: owner` has the contact's owner send it. The next step begins when the provider has accepted it,
//! or when it is certain that it won't go.

use super::{Kind, Next, Step, StepReader, with};
use crate::contact::send::{Class, Via};
use crate::definitions::Definitions;
use crate::message::{Body, Content, Sender};
use crate::react::{Need, Visit};
use crate::template::Template;
use crate::workflow::compile::read_class;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, closest};
use crate::workflow::shape::{Field, Shape};
use crate::yaml::{Node, Place};

/// How it is written.
pub const KIND: Kind = Kind {
    key: "send email",
    says: "Sends one message to the contact.",
    shape: Shape::Map(&[
        Field::may("subject", Shape::Text, "The subject."),
        Field::may("body", Shape::Text, "The text …"),
        Field::may("template", Shape::Text, "… or the mail template."),
        Field::may("with", Shape::Open(&Shape::Value), "Values for the template."),
        Field::may("from", Shape::Text, "The sender, or `owner`; else the account's."),
        Field::may(
            "kind",
            Shape::Words(&["marketing", "service", "transactional", "internal"]),
            "The class of the message; else the workflow's.",
        ),
    ]),
    read,
};

#[derive(Debug)]
struct SendEmail {
    subject: Option<Template>,
    body: Source,
    from: Option<String>,
    class: Option<Class>,
}

#[derive(Debug)]
enum Source {
    Own(Template),
    Named { name: String, with: Vec<(String, Template)> },
}

const KEYS: &[&str] = &["subject", "body", "template", "with", "from", "kind"];

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let mut map = MapReader::open(node, "`send email:`", reader.problems())?;
    let subject = map.get("subject").map(|node| reader.template(node, "subject"));
    let from = map.text("from", reader.problems()).map(str::to_owned);
    let class = map.get("kind").and_then(|node| read_class(node, reader.problems()));
    let body = match (map.get("body"), map.get("template")) {
        (Some(body), None) => reader.template(body, "body").map(Source::Own),
        (None, Some(name)) => {
            let with = map.get("with").map_or(Some(Vec::new()), |node| with::read(node, reader));
            let name = reader.names(name, "template").map(|mut names| names.remove(0));
            name.zip(with).map(|(name, with)| Source::Named { name, with })
        }
        _ => {
            reader.problems().error(
                node.place,
                "email.body",
                "an e-mail needs `body:` or `template:`, one of the two",
            );
            None
        }
    };
    map.finish(KEYS, reader.problems());
    if subject.is_none() && matches!(body, Some(Source::Own(_))) {
        reader.problems().error(node.place, "email.subject", "an e-mail with a `body:` needs a `subject:`");
    }
    let subject = match subject {
        Some(read) => Some(read?),
        None => None,
    };
    Some(Box::new(SendEmail { subject, body: body?, from, class }))
}

impl Step for SendEmail {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let class = self.class.unwrap_or(visit.program.class);
        Ok(visit.plan(class, vec![(Via::Email, None)]))
    }

    fn templates(&self) -> Vec<&Template> {
        let body: Vec<&Template> = match &self.body {
            Source::Own(template) => vec![template],
            Source::Named { with, .. } => with.iter().map(|(_, template)| template).collect(),
        };
        self.subject.iter().chain(body).collect()
    }

    fn gives(&self) -> Vec<&str> {
        match &self.body {
            Source::Own(_) => Vec::new(),
            Source::Named { with, .. } => with.iter().map(|(name, _)| name.as_str()).collect(),
        }
    }

    fn named_templates(&self) -> Vec<&str> {
        if let Source::Named { name, .. } = &self.body { vec![name] } else { Vec::new() }
    }

    fn content(&self) -> Option<Content<'_>> {
        let (body, with): (_, &[_]) = match &self.body {
            Source::Own(template) => (Body::Own(template), &[]),
            Source::Named { name, with } => (Body::Named(name), with),
        };
        let from = match self.from.as_deref() {
            None => Sender::Account,
            Some("owner") => Sender::Owner,
            Some(own) => Sender::Own(own),
        };
        Some(Content::Email { subject: self.subject.as_ref(), body, from, with })
    }

    fn message_class(&self, workflow: Class) -> Option<Class> {
        Some(self.class.unwrap_or(workflow))
    }

    fn check(&self, place: Place, definitions: &Definitions, problems: &mut Problems) {
        let Source::Named { name, .. } = &self.body else { return };
        match definitions.templates.get(name.as_str()) {
            Some(template) if template.own.subject.is_none() && self.subject.is_none() => {
                problems.error(
                    place,
                    "email.subject",
                    format!("neither this step nor the template `{name}` has a subject"),
                );
            }
            Some(_) => {}
            None => {
                let known: Vec<&str> = definitions.templates.keys().map(AsRef::as_ref).collect();
                let hint = closest(name, &known).map_or_else(
                    || "put it first, with PUT /v1/templates/…".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                problems.error(place, "template.unknown", format!("there is no template `{name}`; {hint}"));
            }
        }
    }
}
