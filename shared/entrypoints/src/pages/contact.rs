//! A contact, as plainly as it can be shown: where it stands, what is known, what happened.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Html;
use flusso_app::engine::contact::Contact;
use flusso_app::engine::contact::consent::Standing;
use flusso_app::engine::definitions::Definitions;
use flusso_app::engine::ids::WorkflowId;
use flusso_app::engine::react::Input;
use flusso_app::engine::timeline::Entry;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{foot, page};
use crate::input::{Asked, Id};
use crate::negotiate::language;
use crate::words::Words;
use crate::{Door, Problem};

/// Records on a page.
const PAGE: usize = 50;

/// Which page of the timeline.
#[derive(Deserialize)]
pub(super) struct Query {
    cursor: Option<String>,
}

pub(super) async fn show(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<Query>,
    headers: HeaderMap,
) -> Result<Html<String>, Problem> {
    let language = language(&headers);
    let words = language.words();
    let contact = door.app.contact(&id).await?;
    let definitions = door.app.definitions().await?;
    let records = door.app.timeline(&id, asked.cursor, PAGE).await?;
    let entries = records.items.iter().filter(|entry| !entry.lines.is_empty());
    let context = json!({
        "id": id,
        "name": contact.profile.display_name(),
        "inside": inside(&contact, words, &definitions),
        "fields": fields(&contact, words),
        "tags": contact.profile.tags.keys().map(|tag| &**tag).collect::<Vec<_>>(),
        "lists": contact.profile.lists.keys().map(|list| &**list).collect::<Vec<_>>(),
        "score": contact.score(door.app.now()),
        "consents": consents(&contact, words, &definitions),
        "entries": entries.map(|entry| record(entry, words, &definitions)).collect::<Vec<_>>(),
        "older": records.cursor,
        "foot": foot(&door, language, &definitions),
    });
    Ok(page("contact.html", language, context))
}

fn inside(contact: &Contact, words: &Words, definitions: &Definitions) -> Vec<Value> {
    let enrollments = contact.state.enrollments.values();
    let inside = enrollments.map(|one| {
        let until = one.waiting.due_at().map(|at| words.moment(at, definitions));
        json!({ "workflow": name(&one.workflow, definitions), "step": one.step.as_str(), "until": until })
    });
    inside.collect()
}

fn fields(contact: &Contact, words: &Words) -> Vec<Value> {
    let known = contact.profile.fields.iter().filter(|(_, field)| !field.value.is_null());
    let fields = known.map(|(field, known)| {
        let value = known.value.as_str().map_or_else(|| known.value.to_string(), str::to_owned);
        json!({ "name": words.field(field), "value": value })
    });
    fields.collect()
}

fn consents(contact: &Contact, words: &Words, definitions: &Definitions) -> Vec<Value> {
    let consents = contact.profile.consents.iter().map(|consent| {
        let standing = match consent.standing {
            Standing::Granted => words.pages.consent_given,
            Standing::Withdrawn => words.pages.consent_withdrawn,
            Standing::Pending => words.pages.consent_pending,
        };
        let at = words.moment(consent.at, definitions);
        json!({ "purpose": &*consent.purpose, "channel": consent.channel.as_str(), "standing": standing, "at": at })
    });
    consents.collect()
}

fn record(entry: &Entry, words: &'static Words, definitions: &Definitions) -> Value {
    let (at, what) = match &entry.input {
        Input::Event { event, .. } => (event.occurred_at, &*event.kind),
        input => (entry.now, input.kind()),
    };
    let lines = entry.lines.iter().map(|line| {
        let workflow = line.workflow.as_ref().map(|workflow| name(workflow, definitions));
        let at = words.moment(line.at, definitions);
        json!({ "at": at, "text": words.line(&line.what, definitions), "workflow": workflow })
    });
    let at = words.moment(at, definitions);
    json!({ "at": at, "what": words.event(what), "lines": lines.collect::<Vec<_>>() })
}

/// A workflow by the name that its author gave it for people, where it is active.
fn name(workflow: &WorkflowId, definitions: &Definitions) -> String {
    let active = definitions.workflows.get(workflow);
    active.map_or_else(|| workflow.to_string(), |active| active.program.name.clone())
}
