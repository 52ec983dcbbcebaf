//! `notify: { to: team vendite, by: email, text: … }` tells colleagues: the contact's owner, one by their id, a team, an
//! address, a number, or a list of these; `by: email`, `by: sms`, or `by: webhook` with a `url:`; without, each colleague by
//! what they have chosen, else by e-mail. The text is that of the moment when the step is reached. It is no message to the
//! contact: consent and do-not-disturb don't apply, and the colleague's quiet hours do.

use crate::workflow::shape::{Field, Shape};
use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Kind, Next, Step, StepReader, webhook};
use crate::contact::fields;
use crate::contact::send::{Class, Fixed, Via};
use crate::definitions::{Definitions, User};
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
        Field::may(
            "to",
            Shape::Texts,
            "The `owner`, a colleague, a team (`team sales`), an address or a number, or several.",
        ),
        Field::may("url", Shape::Text, "The address of a webhook."),
        Field::may(
            "by",
            Shape::Words(&["email", "sms", "webhook"]),
            "How; without it, as each colleague wants it.",
        ),
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
    by: By,
    subject: Option<Template>,
    text: Template,
}

#[derive(Debug)]
enum To {
    Address(Arc<str>),
    Number(Arc<str>),
    Team(String),
    User(Arc<str>),
    Owner,
}

#[derive(Debug)]
enum By {
    /// As each of them wants it.
    Own,
    Email,
    Sms,
    /// Whoever stands behind this address tells them.
    Webhook(Template),
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let mut map = MapReader::open(node, "`notify:`", reader.problems())?;
    let by_node = map.get("by");
    let by = match by_node.map(Node::as_text) {
        None => Some(By::Own),
        Some(Some("email")) => Some(By::Email),
        Some(Some("sms")) => Some(By::Sms),
        Some(Some("webhook")) => {
            let url = map.need("url", reader.problems());
            url.and_then(|node| webhook::read_url(node, reader.problems())).map(By::Webhook)
        }
        _ => {
            let place = by_node.map_or(node.place, |node| node.place);
            reader.problems().error(place, "notify.by", "`by:` is `email`, `sms` or `webhook`");
            None
        }
    };
    let to = if matches!(by, Some(By::Webhook(_))) {
        Some(Vec::new())
    } else {
        map.need("to", reader.problems()).and_then(|node| read_to(node, by.as_ref(), reader))
    };
    let subject = map.get("subject").map(|node| reader.template(node, "subject"));
    let text = map.need("text", reader.problems()).and_then(|node| reader.template(node, "text"));
    map.finish(&["to", "by", "url", "subject", "text"], reader.problems());
    let subject = match subject {
        Some(read) => Some(read?),
        None => None,
    };
    Some(Box::new(Notify { to: to?, by: by?, subject, text: text? }))
}

fn read_to(node: &Node, by: Option<&By>, reader: &mut StepReader<'_, '_, '_>) -> Option<Vec<To>> {
    let sms = matches!(by, Some(By::Sms));
    let mut to = Vec::new();
    for name in reader.names(node, "to")? {
        if let Some(team) = name.strip_prefix("team ") {
            to.push(To::Team(team.trim().to_owned()));
            continue;
        }
        let number = fields::phone(&name).filter(|number| number.starts_with('+'));
        to.push(match (name.as_str(), fields::email(&name), number) {
            ("owner", _, _) => To::Owner,
            (_, Some(address), _) if !sms => To::Address(address.into()),
            (_, _, Some(number)) if sms => To::Number(number.into()),
            (id, None, None) if is_user(id) => To::User(id.into()),
            _ => {
                let example = if sms { "a number, such as +39 333 1234567" } else { "an e-mail address" };
                let message = format!(
                    "`{name}` is nobody to notify; name the `owner`, a colleague by their id, a team, such as `team sales`, or {example}"
                );
                reader.problems().error(node.place, "notify.to", message);
                return None;
            }
        });
    }
    Some(to)
}

/// Whether it may be the id of a colleague.
fn is_user(id: &str) -> bool {
    id.chars().any(char::is_alphabetic) && id.chars().all(|c| c.is_alphanumeric() || "-_ .".contains(c))
}

impl Notify {
    /// By what and where each of them is reached; one who can't be is left out.
    fn recipients(&self, visit: &Visit<'_, '_>) -> Result<BTreeSet<(Via, Arc<str>)>, String> {
        let definitions = visit.turn.definitions;
        if let By::Webhook(url) = &self.by {
            let url = visit.render(url)?;
            let fits = url.len() <= limits::NOTIFICATION_TO_BYTES;
            let found = || BTreeSet::from([(Via::Webhook, url.into())]);
            return if fits { Ok(found()) } else { Err("bad_address".to_owned()) };
        }
        let mut found = BTreeSet::new();
        for to in &self.to {
            match to {
                To::Address(to) => drop(found.insert((Via::Email, to.clone()))),
                To::Number(to) => drop(found.insert((Via::Sms, to.clone()))),
                To::User(id) => {
                    found.extend(definitions.users.get(id).into_iter().flat_map(|user| self.reach(user)));
                }
                To::Owner => {
                    let owner = visit.turn.contact.profile.text("owner");
                    let owner = owner.and_then(|owner| definitions.users.get(owner));
                    found.extend(owner.into_iter().flat_map(|user| self.reach(user)));
                }
                To::Team(team) => {
                    for member in definitions.teams.get(team.as_str()).into_iter().flatten() {
                        match definitions.team_member(member) {
                            Some(user) => found.extend(self.reach(user)),
                            None if matches!(self.by, By::Sms) || !member.contains('@') => {}
                            None => drop(found.insert((Via::Email, member.clone()))),
                        }
                    }
                }
            }
        }
        Ok(found)
    }

    /// By what and where a colleague is reached: by what the step says if they want that, else by what they want.
    fn reach(&self, user: &User) -> Vec<(Via, Arc<str>)> {
        let said = match self.by {
            By::Own | By::Email => Via::Email,
            By::Sms => Via::Sms,
            By::Webhook(_) => Via::Webhook,
        };
        let own = matches!(self.by, By::Own) || !user.takes(said);
        let by =
            if own && !user.channels.is_empty() { user.channels.clone() } else { BTreeSet::from([said]) };
        by.into_iter().filter_map(|via| Some((via, user.reached_by(via)?))).collect()
    }
}

impl Step for Notify {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let recipients = self.recipients(visit);
        let (text, recipients) = match (visit.render(&self.text), recipients) {
            (Ok(text), Ok(recipients)) => (limits::cut(text, limits::NOTIFICATION_BYTES), recipients),
            (Err(reason), _) | (_, Err(reason)) => {
                visit.log(What::StepSkipped { reason });
                return Ok(Next::Continue);
            }
        };
        if recipients.is_empty() {
            visit.log(What::StepSkipped { reason: "nobody_to_notify".to_owned() });
            return Ok(Next::Continue);
        }
        let subject = self
            .subject
            .as_ref()
            .map_or_else(|| Ok(visit.program.name.clone()), |subject| visit.render(subject));
        let subject = subject.unwrap_or_else(|_| visit.program.name.clone());
        let subject: Arc<str> = limits::cut(subject, limits::NOTIFICATION_SUBJECT_BYTES).into();
        let text: Arc<str> = text.into();
        let fixed = recipients
            .into_iter()
            .take(MOST)
            .map(|(via, to)| (via, Some(Fixed { to, subject: subject.clone(), text: text.clone() })))
            .collect();
        Ok(visit.plan(Class::Internal, fixed))
    }

    fn templates(&self) -> Vec<&Template> {
        let url = if let By::Webhook(url) = &self.by { Some(url) } else { None };
        self.subject.iter().chain([&self.text]).chain(url).collect()
    }

    fn named_teams(&self) -> Vec<&str> {
        self.to
            .iter()
            .filter_map(|to| if let To::Team(team) = to { Some(team.as_str()) } else { None })
            .collect()
    }

    fn owners(&self) -> Vec<(Arc<str>, u32)> {
        self.to
            .iter()
            .filter_map(|to| if let To::User(id) = to { Some((id.clone(), 1)) } else { None })
            .collect()
    }

    fn check(&self, place: Place, definitions: &Definitions, problems: &mut Problems) {
        for to in &self.to {
            match to {
                To::Team(team) if !definitions.teams.contains_key(team.as_str()) => {
                    let known: Vec<&str> = definitions.teams.keys().map(AsRef::as_ref).collect();
                    let hint = closest(team, &known).map_or_else(
                        || "put it first, with PUT /v1/teams/…".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    );
                    problems.error(place, "team.unknown", format!("there is no team `{team}`; {hint}"));
                }
                To::User(id) => match definitions.users.get(id) {
                    Some(user) if matches!(self.by, By::Sms) && user.phone.is_none() => {
                        let message = format!("`{id}` has no phone number: nobody is told by SMS");
                        problems.warning(place, "user.no_phone", message);
                    }
                    Some(_) => {}
                    None => {
                        let known: Vec<&str> = definitions.users.keys().map(AsRef::as_ref).collect();
                        let hint = closest(id, &known).map_or_else(
                            || "say who that is, with PUT /v1/users/…".to_owned(),
                            |near| format!("did you mean `{near}`?"),
                        );
                        problems.error(
                            place,
                            "user.unknown",
                            format!("there is no colleague `{id}`; {hint}"),
                        );
                    }
                },
                _ => {}
            }
        }
    }
}
