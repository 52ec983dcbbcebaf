//! `notify: { to: team vendite, by: email, text: … }` tells colleagues. The text is that of the moment when the step is
//! reached. It is no message to the contact: consent and do-not-disturb don't apply.

use crate::workflow::shape::{Field, Shape};
use std::sync::Arc;

use super::{Kind, Next, Step, StepReader};
use crate::contact::consent::Channel;
use crate::contact::fields;
use crate::contact::send::{Class, Fixed};
use crate::definitions::Definitions;
use crate::limits;
use crate::react::{Need, Visit};
use crate::template::Template;
use crate::timeline::What;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, closest};
use crate::yaml::{Node, Place};

/// How it is written.
pub const KIND: Kind = Kind {
    key: "notify",
    says: "Tells colleagues, with the values of the moment.",
    shape: Shape::Map(&[
        Field::must("to", Shape::Texts, "A team (`team sales`), an address, or several."),
        Field::may("by", Shape::Words(&["email"]), "How."),
        Field::may("subject", Shape::Text, "The subject."),
        Field::must("text", Shape::Text, "What they are told."),
    ]),
    read,
};

/// The most people whom one step tells.
const MOST: usize = 10;

#[derive(Debug)]
struct Notify {
    to: Vec<To>,
    subject: Option<Template>,
    text: Template,
}

#[derive(Debug)]
enum To {
    Address(Arc<str>),
    Team(String),
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let mut map = MapReader::open(node, "`notify:`", reader.problems())?;
    let to_node = map.need("to", reader.problems());
    let by = map.get("by");
    let subject = map.get("subject").map(|node| reader.template(node, "subject"));
    let text = map.need("text", reader.problems()).and_then(|node| reader.template(node, "text"));
    map.finish(&["to", "by", "subject", "text"], reader.problems());
    if let Some(by) = by.filter(|by| by.as_text() != Some("email")) {
        reader.problems().error(by.place, "notify.by", "`by:` is `email`");
    }
    let to_node = to_node?;
    let mut to = Vec::new();
    for name in reader.names(to_node, "to")? {
        to.push(match (name.strip_prefix("team "), fields::email(&name)) {
            (Some(team), _) => To::Team(team.trim().to_owned()),
            (None, Some(address)) => To::Address(address.into()),
            (None, None) => {
                let message = format!(
                    "`{name}` is nobody to notify; name a team, such as `team sales`, or an e-mail address"
                );
                reader.problems().error(to_node.place, "notify.to", message);
                return None;
            }
        });
    }
    let subject = match subject {
        Some(read) => Some(read?),
        None => None,
    };
    Some(Box::new(Notify { to, subject, text: text? }))
}

impl Step for Notify {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let text = match visit.render(&self.text) {
            Ok(text) => limits::cut(text, limits::NOTIFICATION_BYTES),
            Err(reason) => {
                visit.log(What::StepSkipped { reason });
                return Ok(Next::Continue);
            }
        };
        let subject = self
            .subject
            .as_ref()
            .map_or_else(|| Ok(visit.program.name.clone()), |subject| visit.render(subject));
        let subject = subject.unwrap_or_else(|_| visit.program.name.clone());
        let subject: Arc<str> = limits::cut(subject, limits::NOTIFICATION_SUBJECT_BYTES).into();
        let mut addresses: Vec<Arc<str>> = Vec::new();
        for to in &self.to {
            match to {
                To::Address(address) => addresses.push(address.clone()),
                To::Team(team) => addresses
                    .extend(visit.turn.definitions.teams.get(team.as_str()).into_iter().flatten().cloned()),
            }
        }
        addresses.sort();
        addresses.dedup();
        addresses.truncate(MOST);
        if addresses.is_empty() {
            visit.log(What::StepSkipped { reason: "nobody_to_notify".to_owned() });
            return Ok(Next::Continue);
        }
        let text: Arc<str> = text.into();
        let fixed = addresses
            .into_iter()
            .map(|to| Some(Fixed { to, subject: subject.clone(), text: text.clone() }))
            .collect();
        Ok(visit.plan(Channel::Email, Class::Internal, fixed))
    }

    fn templates(&self) -> Vec<&Template> {
        self.subject.iter().chain([&self.text]).collect()
    }

    fn named_teams(&self) -> Vec<&str> {
        self.to
            .iter()
            .filter_map(|to| if let To::Team(team) = to { Some(team.as_str()) } else { None })
            .collect()
    }

    fn check(&self, place: Place, definitions: &Definitions, problems: &mut Problems) {
        for to in &self.to {
            let To::Team(team) = to else { continue };
            if !definitions.teams.contains_key(team.as_str()) {
                let known: Vec<&str> = definitions.teams.keys().map(AsRef::as_ref).collect();
                let hint = closest(team, &known).map_or_else(
                    || "put it first, with PUT /v1/teams/…".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                problems.error(place, "team.unknown", format!("there is no team `{team}`; {hint}"));
            }
        }
    }
}
