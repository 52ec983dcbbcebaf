//! Notes: what colleagues write down about a contact, and whom they mention.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use flusso_app::engine::contact::note;
use flusso_app::engine::definitions::Definitions;
use flusso_app::engine::limits::{NOTE_BYTES, json_bytes};
use flusso_app::hand::ByHand;
use serde::{Deserialize, Serialize};
use serde_json::Map;
use utoipa::ToSchema;

use crate::api::page::cut;
use crate::api::{Moment, Page, PageQuery};
use crate::auth::Caller;
use crate::input::{Asked, Id, JsonBody, idempotency_key};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_notes, post_note))
}

/// A note.
#[derive(Serialize, ToSchema)]
struct Note {
    /// What it says.
    #[schema(example = "Vuole richiamare a gennaio. @giulia, puoi pensarci tu?")]
    text: String,
    /// Who wrote it: `person:<id>`, `api:<key's name>`, `workflow:<id>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "person:giulia")]
    by: Option<String>,
    /// When.
    at: Moment,
}

/// What is written down.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "text": "Vuole richiamare a gennaio." }))]
struct Written {
    /// What it says, in 500 bytes at most. `@giulia` mentions the colleague of that id: workflows see `note.mentioned`.
    #[schema(max_length = 500)]
    text: String,
}

/// The newest notes about a contact, the newest first; the timeline has them all
#[utoipa::path(
    get, path = "/v1/contacts/{id}/notes", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), PageQuery),
    responses((status = 200, body = Page<Note>)),
)]
async fn list_notes(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<Note>>, Problem> {
    let contact = door.app.contact(&id).await?;
    let definitions = door.app.definitions().await?;
    let mut items: Vec<_> =
        contact.profile.objects.notes.iter().map(|note| Note::of(note, &definitions)).collect();
    items.reverse();
    cut(items, &asked, |one| &one.at.utc)
}

/// Write a note about a contact
#[utoipa::path(
    post, path = "/v1/contacts/{id}/notes", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: the same one counts once"),
    ),
    request_body = Written,
    responses((status = 201, body = Note)),
)]
async fn post_note(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(contact): Id,
    headers: HeaderMap,
    JsonBody(Written { text }): JsonBody<Written>,
) -> Result<(StatusCode, Json<Note>), Problem> {
    let text = text.trim().to_owned();
    if text.is_empty() || json_bytes(&text) > NOTE_BYTES {
        return Err(Problem::invalid("text", "note.size", format!("a note has 1 to {NOTE_BYTES} bytes")));
    }
    let hand = ByHand { contact, caller, key: idempotency_key(&headers)? };
    let data = Map::from_iter([("text".to_owned(), text.as_str().into())]);
    door.app.do_by_hand(&hand, "note.added", data).await?;
    let at = Moment::of(door.app.now(), &*door.app.definitions().await?);
    Ok((StatusCode::CREATED, Json(Note { text, by: Some(hand.caller), at })))
}

impl Note {
    fn of(note: &note::Note, definitions: &Definitions) -> Self {
        Self {
            text: note.text.to_string(),
            by: note.by.as_ref().map(ToString::to_string),
            at: Moment::of(note.at, definitions),
        }
    }
}
