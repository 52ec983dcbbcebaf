//! What a message says: its templates with a contact's values in them. The same contact and the same send give the
//! same text, so that whoever performs a claim can render it again.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::contact::Contact;
use crate::contact::send::{Class, Send};
use crate::definitions::Definitions;
use crate::template::{RenderError, Template};
use crate::time::Instant;
use crate::workflow::program::Program;

/// What a step's message to the contact is made of.
#[derive(Clone, Copy, Debug)]
pub struct Content<'s> {
    /// The subject; none takes the template's.
    pub subject: Option<&'s Template>,
    /// The text.
    pub body: Body<'s>,
    /// The sender; none is the account's.
    pub from: Option<&'s str>,
}

/// Where a text comes from.
#[derive(Clone, Copy, Debug)]
pub enum Body<'s> {
    /// It stands in the step.
    Own(&'s Template),
    /// It is one of the account's mail templates.
    Named(&'s str),
}

/// A message, ready to be handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The recipient's address.
    pub to: Arc<str>,
    /// The sender.
    pub from: Arc<str>,
    /// The subject, one line.
    pub subject: String,
    /// The plain text.
    pub text: String,
}

/// Puts a send's message together. `unsubscribe` is the address by which the recipient leaves; a marketing message that
/// does not name it by itself says it at its end. Where it is empty, nothing is said: nothing is handed over yet.
///
/// # Errors
/// A reason code, such as `no_address`, `template_missing` or `missing_value`.
pub fn compose(
    definitions: &Definitions,
    program: &Program,
    contact: &Contact,
    send: &Send,
    now: Instant,
    unsubscribe: &str,
) -> Result<Message, &'static str> {
    if let Some(fixed) = &send.fixed {
        return Ok(Message {
            to: fixed.to.clone(),
            from: definitions.account.from.clone(),
            subject: one_line(&fixed.subject),
            text: fixed.text.to_string(),
        });
    }
    let to: Arc<str> = contact.profile.email().ok_or("no_address")?.into();
    let content =
        program.step(&send.step).and_then(|at| program.steps[at].step.content()).ok_or("step_missing")?;
    let event = contact.state.enrollments.get(&send.enrollment).map(|enrollment| &*enrollment.event);
    let mut values = context(definitions, program, contact, event, now);
    values["unsubscribe_url"] = unsubscribe.into();
    let (named_subject, text) = match content.body {
        Body::Own(text) => (None, text),
        Body::Named(name) => {
            let template = definitions.templates.get(name).ok_or("template_missing")?;
            (template.subject.as_ref(), &template.text)
        }
    };
    let subject = content.subject.or(named_subject).ok_or("template_missing")?;
    let render = |template: &Template| {
        template.render(&values, program.settings.missing).map_err(|error| reason(&error))
    };
    let mut text = render(text)?;
    if send.class == Class::Marketing && !unsubscribe.is_empty() && !text.contains(unsubscribe) {
        let language = contact.profile.text("language").unwrap_or(&definitions.account.language);
        text = format!("{}\n\n-- \n{}: {unsubscribe}\n", text.trim_end(), leave(language));
    }
    Ok(Message {
        to,
        from: content.from.map_or_else(|| definitions.account.from.clone(), Into::into),
        subject: one_line(&render(subject)?),
        text,
    })
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

/// The values that merge fields may name.
pub(crate) fn context(
    definitions: &Definitions,
    program: &Program,
    contact: &Contact,
    event: Option<&Map<String, Value>>,
    now: Instant,
) -> Value {
    let profile = &contact.profile;
    let mut person: Map<String, Value> =
        profile.fields.iter().map(|(name, field)| (name.to_string(), field.value.clone())).collect();
    person.insert("id".to_owned(), contact.id.as_str().into());
    person.insert("name".to_owned(), profile.display_name().into());
    person.insert("score".to_owned(), contact.score(now).into());
    person.insert("tags".to_owned(), profile.tags.keys().map(|tag| Value::from(&**tag)).collect());
    person.insert("lists".to_owned(), profile.lists.keys().map(|list| Value::from(&**list)).collect());
    json!({
        "contact": person,
        "event": event.cloned().unwrap_or_default(),
        "workflow": { "id": program.workflow.as_str(), "name": program.name },
        "account": { "name": &*definitions.account.name },
        "zone": profile.text("time_zone").unwrap_or(&definitions.account.zone),
    })
}

/// A header can't have a line break in it.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
