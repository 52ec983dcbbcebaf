//! A mail template as somebody would read it, without anything being sent.

use serde_json::{Map, Value};

use super::{Links, context_of, html, leave, one_line};
use crate::contact::Contact;
use crate::definitions::{Definitions, MailTemplate};
use crate::template::{Missing, RenderError, Template};
use crate::time::Instant;

/// A mail as somebody would read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The subject; none where the step gives it.
    pub subject: Option<String>,
    /// The HTML, its links marked.
    pub html: String,
    /// The plain text.
    pub text: String,
    /// What it names and nobody knows, with no default: in a message, the workflow's policy decides.
    pub missing: Vec<String>,
}

/// Puts a template together for a contact, or for nobody in particular. `values` stand for what the event and the step
/// would give.
///
/// # Errors
/// If a value can't be written as the template wants it.
pub fn preview(
    definitions: &Definitions,
    template: &MailTemplate,
    (contact, language): (Option<&Contact>, Option<&str>),
    values: &Map<String, Value>,
    links: &Links,
    now: Instant,
) -> Result<Preview, RenderError> {
    let spoken = contact.and_then(|contact| contact.profile.text("language"));
    let language = language.or(spoken).unwrap_or(&definitions.account.language);
    let mut known = context_of(definitions, contact, now);
    known["unsubscribe_url"] = links.unsubscribe.as_str().into();
    known["unsubscribe_text"] = leave(language).into();
    known["confirm_url"] = links.confirm.as_str().into();
    for (name, value) in values {
        match (known.get_mut(name).and_then(Value::as_object_mut), value) {
            (Some(known), Value::Object(more)) => known.extend(more.clone()),
            _ => known[name] = value.clone(),
        }
    }
    let said = template.in_language(language);
    let render = |template: &Template| template.render(&known, Missing::Empty);
    let text = render(&said.text)?;
    let html = said.html.as_ref().map_or_else(|| Ok(html::of_text(&text)), render)?;
    let all = said.subject.iter().chain([&said.text]).chain(&said.html);
    let mut missing: Vec<String> =
        all.flat_map(Template::required).filter(|path| is_missing(&known, path)).cloned().collect();
    missing.sort();
    missing.dedup();
    let subject = said.subject.as_ref().map(render).transpose()?;
    Ok(Preview { subject: subject.map(|subject| one_line(&subject)), html, text, missing })
}

fn is_missing(known: &Value, path: &str) -> bool {
    path.split('.').try_fold(known, |value, part| value.get(part)).is_none_or(Value::is_null)
}
