//! `POST /v1/events`: what happened to people, one event or a batch.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use flusso_app::accept::{BATCH, EventDraft};
use flusso_app::engine::contact::consent::{Channel, Grant, MARKETING};
use flusso_app::engine::limits::NAME_BYTES;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::input::{JsonBody, idempotency_key, read_value};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(post_events))
}

/// An event, or a batch.
#[derive(ToSchema)]
#[schema(title = "Events")]
#[expect(dead_code, reason = "the schema of what is read step by step, so that a problem can name its place")]
#[serde(untagged)]
enum Events {
    One(Event),
    Several(Batch),
}

/// Up to 100 events; all of them are accepted, or none.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Batch {
    /// The events.
    #[schema(min_items = 1, max_items = 100)]
    events: Vec<Event>,
}

/// Something that happened to a person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "type": "guide.requested", "contact": { "email": "anna@example.com", "first_name": "Anna" }, "data": { "guide": "cucine" }, "consents": [{ "channel": "email", "text": "Sì, scrivetemi", "version": "1" }] }))]
struct Event {
    /// Your own id of it: the same id is counted once.
    #[schema(max_length = 200)]
    id: Option<String>,
    /// What happened, in the past tense with a dot.
    #[serde(rename = "type")]
    #[schema(example = "order.completed")]
    kind: String,
    /// When it happened (RFC 3339); now, if not given.
    #[schema(format = DateTime)]
    occurred_at: Option<String>,
    /// To whom: `email`, `phone` or `id`, and whatever else is known of the person.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({"email": "anna@example.com", "first_name": "Anna"}))]
    contact: Map<String, Value>,
    /// What it carries.
    #[serde(default)]
    #[schema(value_type = Object)]
    data: Map<String, Value>,
    /// The browser in which it happened, by the name that your site gave it (8 to 64 letters, digits, `-` and `_`). A
    /// visit (`page.…`) may name nobody else: it is kept for 30 days, and attached when an event or a form names the
    /// browser together with a contact.
    #[schema(example = "b7c2f0e4a1d94c08")]
    visitor: Option<String>,
    /// Consents that the person gave with it.
    #[serde(default)]
    consents: Vec<GivenConsent>,
}

/// A consent that a person gave.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GivenConsent {
    /// `email`, `sms`, `whatsapp`, `calls` or `voicemail`.
    #[schema(example = "email")]
    channel: String,
    /// What for; `marketing` if not given.
    purpose: Option<String>,
    /// The lawful basis; `consent` if not given.
    basis: Option<String>,
    /// The text that was shown.
    #[serde(default)]
    text: String,
    /// The version of that text.
    #[serde(default)]
    version: String,
}

/// What was accepted.
#[derive(Serialize, ToSchema)]
struct AcceptedEvents {
    /// In the order in which the events were sent.
    accepted: Vec<AcceptedEvent>,
}

/// An event that was accepted.
#[derive(Serialize, ToSchema)]
struct AcceptedEvent {
    /// The id under which it counts once.
    id: String,
    /// Whether it had been accepted before, and is not counted again.
    duplicate: bool,
}

/// Tell what happened to people
///
/// An event is durable once this answers; it is applied within moments. The id, else the `Idempotency-Key` of the
/// request, names it: the same event under the same id is accepted once, another one under that id is refused.
#[utoipa::path(
    post, path = "/v1/events", tag = "events",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names events that bring no id of their own")),
    request_body = Events,
    responses(
        (status = 202, body = AcceptedEvents),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The id names another event"),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "More than 100 events, 64 KB an event or 4 MB"),
    ),
)]
async fn post_events(
    State(door): State<Door>,
    Extension(Caller(source)): Extension<Caller>,
    headers: HeaderMap,
    JsonBody(value): JsonBody<Value>,
) -> Result<(StatusCode, Json<AcceptedEvents>), Problem> {
    let key_given = idempotency_key(&headers)?;
    let is_batch = value.get("events").is_some();
    let events =
        if is_batch { read_value::<Batch>(value)?.events } else { vec![read_value::<Event>(value)?] };
    if events.len() > BATCH {
        let message = format!("{} events; a request has at most {BATCH}", events.len());
        return Err(Problem::too_large("batch.size", message.clone()).about("events", message));
    }
    let alone = events.len() == 1;
    let drafts = events
        .into_iter()
        .enumerate()
        .map(|(at, event)| event.draft(&if alone { String::new() } else { format!("events[{at}].") }));
    let drafts = drafts.collect::<Result<Vec<_>, Problem>>()?;
    let accepted = door.app.accept_events(&source, drafts, key_given.as_deref()).await?;
    let accepted = accepted
        .into_iter()
        .map(|event| AcceptedEvent { id: event.id, duplicate: event.duplicate })
        .collect();
    Ok((StatusCode::ACCEPTED, Json(AcceptedEvents { accepted })))
}

impl Event {
    fn draft(mut self, path: &str) -> Result<EventDraft, Problem> {
        let external = match self.contact.remove("external") {
            None | Some(Value::Null) => BTreeMap::new(),
            Some(ids) => serde_json::from_value(ids).map_err(|_| {
                let message = "ids of other systems are texts by system, such as { \"shopify\": \"4711\" }";
                Problem::invalid(format!("{path}contact.external"), "contact.external", message)
            })?,
        };
        let contact_id = match self.contact.remove("id") {
            None | Some(Value::Null) => None,
            Some(Value::String(id)) => Some(id),
            Some(_) => {
                let field = format!("{path}contact.id");
                return Err(Problem::invalid(field, "contact.id", "a contact's id begins with con_"));
            }
        };
        let grants = self.consents.into_iter().enumerate();
        let grants = grants.map(|(at, consent)| consent.grant(&format!("{path}consents[{at}].")));
        Ok(EventDraft {
            id: self.id,
            kind: self.kind,
            occurred_at: self.occurred_at,
            contact_id,
            fields: self.contact,
            data: self.data,
            grants: grants.collect::<Result<_, Problem>>()?,
            visitor: self.visitor,
            external,
            recipient: None,
        })
    }
}

impl GivenConsent {
    fn grant(self, path: &str) -> Result<Grant, Problem> {
        let channel = Channel::parse(&self.channel).ok_or_else(|| {
            let known = Channel::ALL.map(Channel::as_str).join(", ");
            let message = format!("`{}` is no channel; there are {known}", self.channel);
            Problem::invalid(format!("{path}channel"), "channel.unknown", message)
        })?;
        let purpose = self.purpose.unwrap_or_else(|| MARKETING.to_owned());
        let basis = self.basis.unwrap_or_else(|| "consent".to_owned());
        for (field, text) in [("purpose", &purpose), ("basis", &basis), ("version", &self.version)] {
            if text.len() > NAME_BYTES || text.is_empty() && field != "version" {
                let message = format!("`{field}` has 1 to {NAME_BYTES} bytes");
                return Err(Problem::invalid(format!("{path}{field}"), "name.length", message));
            }
        }
        Ok(Grant {
            channel,
            purpose: purpose.into(),
            basis: basis.into(),
            text: self.text.into(),
            version: self.version.into(),
        })
    }
}
