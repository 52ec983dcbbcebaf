//! What a send says: its step's templates with a contact's values in them. The same contact and the same send give the
//! same text, so that whoever performs a claim can put it together again.

pub mod answer;
pub mod html;
pub mod preview;
mod request;
mod sms;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use request::{Body as RequestBody, Part as RequestPart, Request};
pub use sms::segments;
use values::context_of;
pub(crate) use values::{CONTACT, OWNER, ROOTS, context};

use crate::contact::Contact;
use crate::contact::send::{Class, Fixed, Send, Via};
use crate::definitions::Definitions;
use crate::limits;
use crate::template::{RenderError, Template};
use crate::time::Instant;
use crate::workflow::program::Program;

/// What a step has sent or called.
#[derive(Clone, Copy, Debug)]
pub enum Content<'s> {
    /// An e-mail to the contact.
    Email {
        /// The subject; none takes the template's.
        subject: Option<&'s Template>,
        /// The text.
        body: Body<'s>,
        /// The sender.
        from: Sender<'s>,
        /// What it gives to the template besides what every text may name.
        with: &'s [(String, Template)],
    },
    /// A text message to the contact.
    Sms {
        /// The sender; none is the provider's.
        from: Option<&'s str>,
        /// The text.
        text: &'s Template,
    },
    /// A WhatsApp message to the contact.
    Whatsapp {
        /// What it says.
        says: Whatsapp<'s>,
    },
    /// A call of an address on the web.
    Request(&'s Request),
    /// A list of people at an advertiser's.
    Audience {
        /// Its name there.
        name: &'s str,
        /// Whether the contact joins it; else it leaves.
        joins: bool,
    },
}

/// Where a text comes from.
#[derive(Clone, Copy, Debug)]
pub enum Body<'s> {
    /// It stands in the step.
    Own(&'s Template),
    /// It is one of the account's mail templates.
    Named(&'s str),
}

/// Who sends an e-mail.
#[derive(Clone, Copy, Debug)]
pub enum Sender<'s> {
    /// The account's sender.
    Account,
    /// This one.
    Own(&'s str),
    /// The contact's owner; of a contact without one, the account's sender.
    Owner,
}

/// What a WhatsApp message says.
#[derive(Clone, Copy, Debug)]
pub enum Whatsapp<'s> {
    /// A text, to somebody who has just written.
    Text(&'s Template),
    /// A template that the provider has approved.
    Approved {
        /// Its name there.
        name: &'s str,
        /// Its language; none is the contact's.
        language: Option<&'s str>,
        /// The values that it takes.
        with: &'s [(String, Template)],
    },
}

/// A message, ready to be handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The recipient: an address, a number; where a webhook goes; the name of an audience.
    pub to: Arc<str>,
    /// The sender.
    pub from: Arc<str>,
    /// The subject, one line.
    pub subject: String,
    /// The plain text; of a webhook the body.
    pub text: String,
    /// The HTML of an e-mail, its links marked ([`html::finish`]).
    pub html: Option<String>,
    /// What it is besides its text.
    pub detail: Detail,
}

/// What a message is besides its text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Detail {
    /// Nothing.
    #[default]
    Plain,
    /// A template that the provider has approved.
    Approved {
        /// Its name.
        name: String,
        /// Its language.
        language: String,
        /// The values that it takes.
        values: BTreeMap<String, String>,
    },
    /// Somebody joins a list of people, or leaves it.
    Audience {
        /// Whether they join.
        joins: bool,
        /// Their e-mail address.
        email: Option<String>,
        /// Their number.
        phone: Option<String>,
    },
    /// A call of an address on the web.
    Request {
        /// The method of HTTP.
        method: String,
        /// The headers.
        headers: Vec<(String, String)>,
    },
}

/// The addresses by which the recipient of a message does something. Where one is empty, nothing is said: nothing is
/// handed over yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// By which they leave. A marketing e-mail that does not name it by itself says it at its end.
    pub unsubscribe: String,
    /// By which they confirm the form that had them enter.
    pub confirm: String,
}

/// Puts together what a send hands over.
///
/// # Errors
/// A reason code, such as `no_address`, `no_phone`, `template_missing` or `missing_value`.
pub fn compose(
    definitions: &Definitions,
    program: &Program,
    contact: &Contact,
    send: &Send,
    now: Instant,
    links: &Links,
) -> Result<Message, &'static str> {
    if let Some(fixed) = &send.fixed {
        return Ok(notification(definitions, send, fixed));
    }
    let content =
        program.step(&send.step).and_then(|at| program.steps[at].step.content()).ok_or("step_missing")?;
    let enrollment = contact.state.enrollments.get(&send.enrollment);
    let mut values = context(definitions, program, contact, enrollment, now);
    let unsubscribe = &links.unsubscribe;
    let language = || contact.profile.text("language").unwrap_or(&definitions.account.language);
    values["unsubscribe_url"] = unsubscribe.as_str().into();
    values["unsubscribe_text"] = leave(language()).into();
    values["confirm_url"] = links.confirm.as_str().into();
    let missing = program.settings.missing;
    let render =
        |template: &Template, values: &Value| template.render(values, missing).map_err(|e| reason(&e));
    let phone = || contact.profile.text("phone").map(Arc::<str>::from).ok_or("no_phone");
    match content {
        Content::Email { subject: own, body, from, with } => {
            let to: Arc<str> = contact.profile.email().ok_or("no_address")?.into();
            let (subject, text, html) = match body {
                Body::Own(text) => (own, text, None),
                Body::Named(name) => {
                    let template = definitions.templates.get(name).ok_or("template_missing")?;
                    let said = template.in_language(language());
                    (own.or(said.subject.as_ref()), &said.text, said.html.as_ref())
                }
            };
            for (name, value) in given(with, |template| render(template, &values))? {
                values[name] = value.into();
            }
            let subject = render(subject.ok_or("template_missing")?, &values)?;
            let mut text = render(text, &values)?;
            let mut html = html.map_or_else(|| Ok(html::of_text(&text)), |html| render(html, &values))?;
            if send.class == Class::Marketing && !unsubscribe.is_empty() {
                if !text.contains(unsubscribe.as_str()) {
                    text = format!("{}\n\n-- \n{}: {unsubscribe}\n", text.trim_end(), leave(language()));
                }
                html = html::with_way_out(html, unsubscribe, leave(language()));
            }
            let from = sender(definitions, contact, from);
            let subject = one_line(&subject);
            Ok(Message { to, from, subject, text, html: Some(html), detail: Detail::Plain })
        }
        Content::Sms { from, text } => {
            let to = phone()?;
            let text = render(text, &values)?.trim().to_owned();
            if segments(&text) > limits::SMS_SEGMENTS {
                return Err("text_too_long");
            }
            let from = from.unwrap_or_default().into();
            Ok(Message { to, from, subject: String::new(), text, html: None, detail: Detail::Plain })
        }
        Content::Whatsapp { says } => {
            let to = phone()?;
            let (text, detail) = match says {
                Whatsapp::Text(text) => (render(text, &values)?.trim().to_owned(), Detail::Plain),
                Whatsapp::Approved { name, language: own, with } => {
                    let values = given(with, |template| render(template, &values))?;
                    let language = own.unwrap_or_else(language).to_owned();
                    (String::new(), Detail::Approved { name: name.to_owned(), language, values })
                }
            };
            Ok(Message { to, from: "".into(), subject: String::new(), text, html: None, detail })
        }
        Content::Request(request) => request.compose(&values, send, missing),
        Content::Audience { name, joins } => {
            let email = contact.profile.email().map(str::to_owned);
            let phone = contact.profile.text("phone").map(str::to_owned);
            if email.is_none() && phone.is_none() {
                return Err("no_address");
            }
            let detail = Detail::Audience { joins, email, phone };
            Ok(Message {
                to: name.into(),
                from: "".into(),
                subject: String::new(),
                text: String::new(),
                html: None,
                detail,
            })
        }
    }
}

/// What colleagues are told: it was put together when the step was reached.
fn notification(definitions: &Definitions, send: &Send, fixed: &Fixed) -> Message {
    let (to, text, subject) = (fixed.to.clone(), fixed.text.to_string(), one_line(&fixed.subject));
    match send.channel {
        Via::Webhook => {
            let said = json!({
                "workflow": send.workflow.as_str(), "step": send.step.as_str(), "subject": subject, "text": text,
            });
            let headers = vec![(request::CONTENT_TYPE.to_owned(), request::JSON.to_owned())];
            let detail = Detail::Request { method: "POST".to_owned(), headers };
            Message {
                to,
                from: "".into(),
                subject: String::new(),
                text: said.to_string(),
                html: None,
                detail,
            }
        }
        Via::Email => Message {
            to,
            from: definitions.account.from.clone(),
            subject,
            text,
            html: None,
            detail: Detail::Plain,
        },
        Via::Sms | Via::Whatsapp | Via::Audience => {
            Message { to, from: "".into(), subject: String::new(), text, html: None, detail: Detail::Plain }
        }
    }
}

/// The values that a step gives to a template, rendered.
fn given(
    with: &[(String, Template)],
    render: impl Fn(&Template) -> Result<String, &'static str>,
) -> Result<BTreeMap<String, String>, &'static str> {
    with.iter().map(|(name, template)| Ok((name.clone(), render(template)?))).collect()
}

fn sender(definitions: &Definitions, contact: &Contact, from: Sender<'_>) -> Arc<str> {
    let account = &definitions.account.from;
    match from {
        Sender::Account => account.clone(),
        Sender::Own(own) => own.into(),
        Sender::Owner => {
            let owner = contact.profile.text("owner").and_then(|owner| definitions.users.get(owner));
            owner.map_or_else(|| account.clone(), |owner| mailbox(&owner.name, &owner.email).into())
        }
    }
}

/// A name and an address, as in a From header (RFC 5322).
fn mailbox(name: &str, email: &str) -> String {
    let name: String = one_line(name).chars().filter(|c| !matches!(c, '"' | '\\')).collect();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'');
    match name.as_str() {
        "" => email.to_owned(),
        name if name.chars().all(plain) => format!("{name} <{email}>"),
        name => format!("\"{name}\" <{email}>"),
    }
}

/// What stands before the address by which a recipient leaves.
fn leave(language: &str) -> &'static str {
    match language.get(..2).unwrap_or_default().to_ascii_lowercase().as_str() {
        "it" => "Non vuoi più ricevere questi messaggi? Disiscriviti qui",
        "es" => "¿No quieres recibir más estos mensajes? Date de baja aquí",
        _ => "Don’t want these messages any more? Unsubscribe here",
    }
}

/// The code under which a text that could not be rendered is recorded.
pub(crate) fn reason(error: &RenderError) -> &'static str {
    match error {
        RenderError::Missing { .. } => "missing_value",
        _ => "render_failed",
    }
}

/// A header can't have a line break in it.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::mailbox;

    #[test]
    fn a_name_that_means_something_in_a_header_is_quoted() {
        assert_eq!(mailbox("Giulia D'Este", "g@shop.example"), "Giulia D'Este <g@shop.example>");
        assert_eq!(mailbox("Rossi, \"G\" <x>", "g@shop.example"), "\"Rossi, G <x>\" <g@shop.example>");
        assert_eq!(mailbox(" \n", "g@shop.example"), "g@shop.example");
    }
}
