//! The values that merge fields may name.

use serde_json::{Map, Value, json};

use crate::contact::Contact;
use crate::contact::enrollment::Enrollment;
use crate::definitions::{Definitions, User};
use crate::time::Instant;
use crate::workflow::program::Program;

/// What a merge field may begin with.
pub(crate) const ROOTS: &[&str] = &[
    "contact",
    "event",
    "owner",
    "vars",
    "steps",
    "entity",
    "workflow",
    "account",
    "unsubscribe_url",
    "unsubscribe_text",
    "confirm_url",
];
/// What `contact.` offers besides fields.
pub(crate) const CONTACT: &[&str] = &["id", "name", "score", "tags", "lists"];
/// What `owner.` offers.
pub(crate) const OWNER: &[&str] = &["id", "name", "first_name", "last_name", "email", "phone"];

/// Everything that a text of an enrollment may name.
pub(crate) fn context(
    definitions: &Definitions,
    program: &Program,
    contact: &Contact,
    enrollment: Option<&Enrollment>,
    now: Instant,
) -> Value {
    let mut context = context_of(definitions, Some(contact), now);
    context["event"] = enrollment.map(event).into();
    context["vars"] = enrollment.and_then(|enrollment| enrollment.vars.get("vars")).cloned().into();
    context["steps"] = enrollment.map(steps).into();
    context["entity"] = enrollment.and_then(|enrollment| enrollment.entity.as_deref()).into();
    context["workflow"] = json!({ "id": program.workflow.as_str(), "name": program.name });
    context
}

/// What may be named of a contact and its account, in a workflow or out of any.
pub(super) fn context_of(definitions: &Definitions, contact: Option<&Contact>, now: Instant) -> Value {
    let owner = contact.and_then(|contact| contact.profile.text("owner"));
    let zone = contact.and_then(|contact| contact.profile.text("time_zone"));
    json!({
        "contact": contact.map(|contact| person(contact, now)),
        "owner": owner.map(|owner| colleague(owner, definitions.users.get(owner))),
        "account": { "name": &*definitions.account.name },
        "zone": zone.unwrap_or(&definitions.account.zone),
    })
}

fn person(contact: &Contact, now: Instant) -> Map<String, Value> {
    let profile = &contact.profile;
    let mut person: Map<String, Value> =
        profile.fields.iter().map(|(name, field)| (name.to_string(), field.value.clone())).collect();
    person.insert("id".to_owned(), contact.id.as_str().into());
    person.insert("name".to_owned(), profile.display_name().into());
    person.insert("score".to_owned(), contact.score(now).into());
    person.insert("tags".to_owned(), profile.tags.keys().map(|tag| Value::from(&**tag)).collect());
    person.insert("lists".to_owned(), profile.lists.keys().map(|list| Value::from(&**list)).collect());
    person
}

/// What is kept of the event that made the person enter, and when that happened.
fn event(enrollment: &Enrollment) -> Map<String, Value> {
    let mut event = (*enrollment.event).clone();
    event.entry("at").or_insert_with(|| enrollment.entered_at.to_string().into());
    event
}

/// The owner; of one who is no colleague that is known here, only the id.
fn colleague(id: &str, user: Option<&User>) -> Value {
    let Some(user) = user else { return json!({ "id": id }) };
    let (first, last) = user.name.split_once(' ').unwrap_or((&user.name, ""));
    let some = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    json!({
        "id": id,
        "name": some(&user.name),
        "first_name": some(first),
        "last_name": some(last),
        "email": &*user.email,
        "phone": user.phone.as_deref(),
    })
}

/// What came of the steps so far, by their ids.
fn steps(enrollment: &Enrollment) -> Map<String, Value> {
    let kept = enrollment.vars.get("steps").and_then(Value::as_object);
    let mut steps = kept.cloned().unwrap_or_default();
    for (step, heard) in &enrollment.messages {
        let (Some(at), Some(url)) = (heard.clicked, &heard.url) else { continue };
        let clicked = json!({ "url": &**url, "at": at.to_string() });
        let step = steps.entry(step.as_str()).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(step) = step {
            step.insert("clicked".to_owned(), clicked);
        }
    }
    steps
}
