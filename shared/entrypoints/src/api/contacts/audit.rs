//! Who changed what, and whether that was tampered with.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use flusso_app::audit;
use flusso_app::engine::definitions::Definitions;
use flusso_app::engine::ids::ContactId;
use flusso_app::engine::react::Input;
use flusso_app::engine::timeline::Entry;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::{Moment, Page, PageQuery};
use crate::input::{Asked, Id, page_size};
use crate::negotiate::language;
use crate::routes::{Routes, routes};
use crate::words::{Words, code};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(get_audit)).routes(routes!(verify_contact)).routes(routes!(verify_all))
}

/// One change of a contact.
#[derive(Serialize, ToSchema)]
struct AuditEntry {
    /// When it took effect.
    at: Moment,
    /// What sort of change: a stable code.
    #[schema(example = "field_set")]
    code: String,
    /// The same in a sentence.
    text: String,
    /// What was changed: a field, a tag, a list, …
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<String>,
    /// The value before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Value)]
    before: Option<Value>,
    /// The value after.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Value)]
    after: Option<Value>,
    /// Who: `person:…`, `api:…`, `form:…`, `job:…`, `provider:…`, `workflow:<workflow>/<step>`, or `clock`.
    #[schema(example = "workflow:welcome/tag")]
    by: String,
    /// The number of the record, for the contact to which it happened.
    revision: u64,
}

/// Who changed what of a contact, the latest first
#[utoipa::path(
    get, path = "/v1/contacts/{id}/audit", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), PageQuery),
    responses((status = 200, body = Page<AuditEntry>)),
)]
async fn get_audit(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<PageQuery>,
    headers: HeaderMap,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    let page = door.app.timeline(&id, asked.cursor, page_size(asked.limit)?).await?;
    let definitions = door.app.definitions().await?;
    let words = language(&headers).words();
    let items = page.items.iter().flat_map(|entry| AuditEntry::all(entry, words, &definitions));
    Ok(Json(Page { items: items.collect(), cursor: page.cursor }))
}

impl AuditEntry {
    fn all(entry: &Entry, words: &'static Words, definitions: &Definitions) -> Vec<Self> {
        let said = match &entry.input {
            Input::Event { event, .. } => event.source.to_string(),
            Input::Merge { by, .. }
            | Input::MergedInto { by, .. }
            | Input::Part { by, .. }
            | Input::ComeBack { by, .. }
            | Input::Erase { by } => by.to_string(),
            _ => "clock".to_owned(),
        };
        let lines = entry.lines.iter().map(|line| {
            let stored = serde_json::to_value(&line.what).unwrap_or_default();
            let value = |name: &str| stored.get(name).filter(|value| !value.is_null()).cloned();
            let names = ["field", "attribute", "tag", "list", "group", "object", "channel", "contact"];
            let by = match (&line.workflow, &line.step) {
                (Some(workflow), Some(step)) => format!("workflow:{workflow}/{step}"),
                (Some(workflow), None) => format!("workflow:{workflow}"),
                _ => said.clone(),
            };
            Self {
                at: Moment::of(line.at, definitions),
                code: code(&line.what),
                text: words.line(&line.what, definitions),
                what: names.iter().find_map(|name| value(name)?.as_str().map(str::to_owned)),
                before: value("from"),
                after: value("to"),
                by,
                revision: entry.revision,
            }
        });
        lines.collect()
    }
}

/// What came of going along a contact's chain.
#[derive(Serialize, ToSchema)]
struct Chain {
    /// The contact.
    contact: String,
    /// How many records there are.
    records: usize,
    /// Whether each of them is what was recorded.
    holds: bool,
    /// What does not fit: `records_missing` or `records_changed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<String>,
    /// The end of the chain: keep it elsewhere, and whoever changes a record changes it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
}

/// Whether the records of a contact are what was recorded
///
/// Each record is linked to the one before by a digest; the last link stands in the contact's row. Of a contact that was
/// erased or merged, its own records are looked at.
#[utoipa::path(
    get, path = "/v1/contacts/{id}/audit/verify", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`")),
    responses((status = 200, body = Chain)),
)]
async fn verify_contact(State(door): State<Door>, Id(id): Id) -> Result<Json<Chain>, Problem> {
    Ok(Json(Chain::of(door.app.verify_contact_chain(&ContactId::new(id)).await?)))
}

/// Whether the records of contacts are what was recorded.
#[derive(Serialize, ToSchema)]
struct Chains {
    /// How many contacts were looked at.
    contacts: usize,
    /// How many records.
    records: usize,
    /// Those whose chain does not hold.
    broken: Vec<Chain>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// Whether the records of all contacts are what was recorded, one page of contacts
///
/// `flusso audit verify` goes through all pages.
#[utoipa::path(
    get, path = "/v1/audit/verify", tag = "operations", params(PageQuery),
    responses((status = 200, body = Chains)),
)]
async fn verify_all(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Chains>, Problem> {
    let verified = door.app.verify_chains(asked.cursor.as_deref(), page_size(asked.limit)?).await?;
    let broken = verified.broken.into_iter().map(Chain::of).collect();
    let (contacts, records, cursor) = (verified.contacts, verified.records, verified.cursor);
    Ok(Json(Chains { contacts, records, broken, cursor }))
}

impl Chain {
    fn of(checked: audit::Checked) -> Self {
        Self {
            contact: checked.contact.to_string(),
            records: checked.records,
            holds: checked.broken.is_none(),
            broken: checked.broken.map(str::to_owned),
            end: checked.end,
        }
    }
}
