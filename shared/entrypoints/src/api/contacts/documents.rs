//! The documents of a contact: stored, listed, given out by a link that is good for a few minutes.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use flusso_app::documents::{Link, media_type};
use flusso_app::engine::contact::document;
use flusso_app::engine::definitions::Definitions;
use flusso_app::hand::ByHand;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::page::cut;
use crate::api::{Moment, Page, PageQuery};
use crate::auth::Caller;
use crate::input::{Asked, Body, Id, Ids, idempotency_key};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list_documents, post_document))
        .routes(routes!(get_document, delete_document))
}

/// A file of a contact.
#[derive(Serialize, ToSchema)]
struct Document {
    /// `doc_…`
    id: String,
    /// Its name.
    #[schema(example = "contratto.pdf")]
    name: String,
    /// Its media type.
    #[serde(rename = "type")]
    #[schema(example = "application/pdf")]
    kind: String,
    /// How long it is.
    bytes: u64,
    /// When it was added.
    at: Moment,
    /// Who added it: `person:<id>`, `api:<key's name>`.
    by: String,
}

/// A file of a contact, and where to get it.
#[derive(Serialize, ToSchema)]
struct LinkedDocument {
    /// The file.
    #[serde(flatten)]
    document: Document,
    /// Where it is, for whoever has this address.
    #[schema(
        example = "https://flusso.example/d/k1.con_hp9f03agjhcse1zvpmmt.doc_0123456789abcdefghjk.1795250000000.0a1b2c"
    )]
    url: String,
    /// Until when that is good.
    expires_at: Moment,
}

/// The bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, example = "Contratto di fornitura")]
#[expect(dead_code, reason = "only its schema is used")]
struct FileBytes(String);

/// How the file is called.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Named {
    /// Its name, such as `contratto.pdf`.
    #[param(example = "contratto.txt", max_length = 100)]
    name: String,
}

/// The documents of a contact, the newest first
#[utoipa::path(
    get, path = "/v1/contacts/{id}/documents", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), PageQuery),
    responses((status = 200, body = Page<Document>)),
)]
async fn list_documents(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<Document>>, Problem> {
    let documents = door.app.documents(&id).await?;
    let definitions = door.app.definitions().await?;
    let items = documents.iter().map(|one| Document::of(one, &definitions));
    cut(items, &asked, |one| &one.id)
}

/// Store a file of a contact
///
/// The body is the file itself: pdf, png, jpg, webp, txt, csv, docx, xlsx or odt, 4 MB at most. Its bytes must be of the kind
/// that its name says.
#[utoipa::path(
    post, path = "/v1/contacts/{id}/documents", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…`"), Named,
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: the same one counts once"),
    ),
    request_body(content = FileBytes, content_type = "application/octet-stream"),
    responses(
        (status = 201, body = Document),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`limit_reached`: the contact has all the documents that it can have"),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "More than 4 MB"),
    ),
)]
async fn post_document(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(contact): Id,
    Asked(Named { name }): Asked<Named>,
    headers: HeaderMap,
    Body(bytes): Body,
) -> Result<(StatusCode, Json<Document>), Problem> {
    let hand = ByHand { contact, caller, key: idempotency_key(&headers)? };
    let document = door.app.add_document(&hand, &name, bytes.to_vec()).await?;
    Ok((StatusCode::CREATED, Json(Document::of(&document, &*door.app.definitions().await?))))
}

/// A document, and a link to its file that is good for ten minutes
#[utoipa::path(
    get, path = "/v1/contacts/{id}/documents/{document}", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), ("document" = String, Path, description = "`doc_…`")),
    responses((status = 200, body = LinkedDocument)),
)]
async fn get_document(
    State(door): State<Door>,
    Ids(contact, id): Ids,
) -> Result<Json<LinkedDocument>, Problem> {
    let Link { document, url, expires_at } = door.app.document_link(&contact, &id).await?;
    let definitions = door.app.definitions().await?;
    let document = Document::of(&document, &definitions);
    Ok(Json(LinkedDocument { document, url, expires_at: Moment::of(expires_at, &definitions) }))
}

/// Remove a file of a contact for good
#[utoipa::path(
    delete, path = "/v1/contacts/{id}/documents/{document}", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), ("document" = String, Path, description = "`doc_…`")),
    responses((status = 204, description = "It is gone")),
)]
async fn delete_document(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Ids(contact, id): Ids,
) -> Result<StatusCode, Problem> {
    door.app.remove_document(&ByHand { contact, caller, key: None }, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Document {
    fn of(document: &document::Document, definitions: &Definitions) -> Self {
        Self {
            id: document.id.to_string(),
            name: document.name.to_string(),
            kind: media_type(&document.kind).to_owned(),
            bytes: document.bytes,
            at: Moment::of(document.at, definitions),
            by: document.by.to_string(),
        }
    }
}
