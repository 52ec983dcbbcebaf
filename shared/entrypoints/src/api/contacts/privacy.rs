//! What the law gives a person: a proof of each consent, everything that is known, and to be forgotten.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use flusso_app::engine::contact::gone::Whole;
use flusso_app::engine::definitions::Definitions;
use flusso_app::engine::event::Event;
use flusso_app::engine::react::Input;
use flusso_app::engine::timeline::{Entry, What};
use flusso_app::repository::digest_of;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::contact::ContactConsent;
use crate::api::{Moment, PageQuery};
use crate::auth::Caller;
use crate::input::{Asked, Id, page_size};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(get_consents)).routes(routes!(export_contact)).routes(routes!(erase_contact))
}

/// Where consents stand, and how that came about.
#[derive(Serialize, ToSchema)]
struct ProvenConsents {
    /// Where each stands now.
    consents: Vec<ContactConsent>,
    /// What is blocked, or was, by channel (`all` is a block of its own) and by whom.
    #[schema(value_type = Object, example = json!({ "sms": { "contact": { "on": true, "at": 1_795_309_200_000_i64, "source": "form:stop" } } }))]
    do_not_disturb: Value,
    /// Every change, the latest first, each with its proof.
    history: Vec<Proof>,
    /// Where the next page of the history begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// A change of a consent or a block, with its proof.
#[derive(Serialize, ToSchema)]
struct Proof {
    /// When it took effect.
    at: Moment,
    /// What changed: `consent_given`, `consent_asked`, `consent_withdrawn`, `disturb_on`, `disturb_off`,
    /// `address_suppressed`.
    #[schema(example = "consent_given")]
    what: String,
    /// For which channel.
    channel: String,
    /// For which purpose, of a consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    /// Who said so: a form, a key, a person, a provider, or the step of a workflow.
    source: String,
    /// The lawful basis.
    #[serde(skip_serializing_if = "Option::is_none")]
    basis: Option<String>,
    /// The text that was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The version of that text.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// The address on the network from which it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    /// The browser in which it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    /// The event that said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    /// The number of the record, for this contact.
    revision: u64,
    /// The salted digest of the record, as it stands in the contact's chain.
    digest: String,
}

/// Consents and their proofs
///
/// The history goes through all that happened, page by page; nothing of it is ever changed.
#[utoipa::path(
    get, path = "/v1/contacts/{id}/consents", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), PageQuery),
    responses((status = 200, body = ProvenConsents)),
)]
async fn get_consents(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<ProvenConsents>, Problem> {
    let contact = door.app.contact(&id).await?;
    let page = door.app.timeline(&id, asked.cursor, page_size(asked.limit)?).await?;
    let definitions = door.app.definitions().await?;
    let profile = &contact.profile;
    let history = page.items.iter().flat_map(|entry| Proof::all(entry, &definitions));
    Ok(Json(ProvenConsents {
        consents: profile.consents.iter().map(|consent| ContactConsent::of(consent, &definitions)).collect(),
        do_not_disturb: serde_json::to_value(&profile.objects.disturb).unwrap_or_default(),
        history: history.collect(),
        cursor: page.cursor,
    }))
}

impl Proof {
    fn all(entry: &Entry, definitions: &Definitions) -> Vec<Self> {
        let event = match &entry.input {
            Input::Event { event, .. } => Some(event),
            _ => None,
        };
        let lines = entry.lines.iter().filter_map(|line| {
            let (channel, purpose) = match &line.what {
                What::ConsentGiven { channel, purpose }
                | What::ConsentAsked { channel, purpose }
                | What::ConsentWithdrawn { channel, purpose } => (channel.to_string(), Some(purpose)),
                What::DisturbOn { channel, .. } | What::DisturbOff { channel, .. } => (channel.clone(), None),
                What::AddressSuppressed { channel, .. } => (channel.to_string(), None),
                _ => return None,
            };
            let by = line.workflow.as_ref().zip(line.step.as_ref());
            let source = match (by, event) {
                (Some((workflow, step)), _) => format!("workflow:{workflow}/{step}"),
                (None, Some(event)) => event.source.to_string(),
                (None, None) => entry.input.kind().to_owned(),
            };
            let granted =
                event.and_then(|event| grant_of(event, &channel, purpose.map(|purpose| &**purpose)));
            let evidence = event.and_then(|event| event.evidence.as_ref());
            let text = |text: Option<&std::sync::Arc<str>>| text.map(ToString::to_string);
            Some(Self {
                at: Moment::of(line.at, definitions),
                what: crate::words::code(&line.what),
                purpose: text(purpose),
                source,
                basis: text(granted.map(|grant| &grant.basis)),
                text: text(granted.map(|grant| &grant.text)),
                version: text(granted.map(|grant| &grant.version)),
                ip: text(evidence.and_then(|evidence| evidence.ip.as_ref())),
                user_agent: text(evidence.and_then(|evidence| evidence.agent.as_ref())),
                event: event.map(|event| event.id.to_string()),
                revision: entry.revision,
                digest: digest_of(entry),
                channel,
            })
        });
        lines.collect()
    }
}

/// What an event granted for a channel and a purpose.
fn grant_of<'e>(
    event: &'e Event,
    channel: &str,
    purpose: Option<&str>,
) -> Option<&'e flusso_app::engine::contact::consent::Grant> {
    let is_it = |grant: &&flusso_app::engine::contact::consent::Grant| {
        grant.channel.as_str() == channel && purpose == Some(&*grant.purpose)
    };
    event.grants.iter().find(is_it)
}

/// Everything that is known of a person, one page.
#[derive(Serialize, ToSchema)]
struct Export {
    /// What is known now, on the first page: the two rows as they are stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    contact: Option<Whole>,
    /// What happened, the latest first, as it is recorded.
    #[schema(value_type = Vec<Object>)]
    records: Vec<std::sync::Arc<Entry>>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// Export all data of a person
///
/// Machine-readable, whole, page by page: the right of access and of portability. `flusso contact export` joins the pages.
#[utoipa::path(
    get, path = "/v1/contacts/{id}/export", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), PageQuery),
    responses((status = 200, body = Export)),
)]
async fn export_contact(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Export>, Problem> {
    let first = asked.cursor.is_none();
    let contact = door.app.contact(&id).await?;
    let page = door.app.timeline(&id, asked.cursor, page_size(asked.limit)?).await?;
    let contact = first.then(|| Whole::of(&contact));
    Ok(Json(Export { contact, records: page.items, cursor: page.cursor }))
}

/// An erasure that has begun.
#[derive(Serialize, ToSchema)]
struct BegunErasure {
    /// The job that does it; its report is at `/v1/jobs/{id}/report` when it is done.
    #[schema(example = "job_1a2b3c4d5e6f7g8h9j0km")]
    job: String,
}

/// Erase a person
///
/// Everything that is known goes, for ever: rows, records, messages, files, visits, parked events, of contacts that were
/// merged into this one too, and what it was to others. Passages through workflows are cancelled; counters stay; a keyed
/// hash of each address stays, so that it is not written to again. It is done at once, and once more after 15 minutes.
#[utoipa::path(
    post, path = "/v1/contacts/{id}/erase", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`")),
    responses((status = 202, body = BegunErasure)),
)]
async fn erase_contact(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
) -> Result<(StatusCode, Json<BegunErasure>), Problem> {
    let job = door.app.erase_contact(&id, &caller).await?.to_string();
    Ok((StatusCode::ACCEPTED, Json(BegunErasure { job })))
}
