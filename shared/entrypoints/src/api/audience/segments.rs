//! Segments: defined as documents, with the contacts that are members now.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use flusso_app::segments::SegmentInfo;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::contacts::ContactSummary;
use crate::api::jobs::BegunJob;
use crate::api::page::cut;
use crate::api::workflows::document;
use crate::api::{Page, PageQuery};
use crate::input::{Asked, Body, Id, page_size};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list_segments))
        .routes(routes!(get_segment, put_segment, delete_segment))
        .routes(routes!(list_members))
}

/// A segment of a list.
#[derive(Serialize, ToSchema)]
struct SegmentName {
    /// Its name in documents.
    id: String,
    /// Its name for people.
    name: String,
}

/// A segment: whoever fulfils its condition is a member, for as long as that is so.
#[derive(Serialize, ToSchema)]
struct Segment {
    /// Its name in documents.
    id: String,
    /// Its name for people.
    name: String,
    /// The document.
    #[schema(example = "name: Clienti attivi\nwho: { tag: cliente }")]
    source: String,
    /// The job that looks who is a member, where one was begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<String>,
}

/// All segments
#[utoipa::path(
    get, path = "/v1/segments", tag = "definitions", params(PageQuery),
    responses((status = 200, body = Page<SegmentName>)),
)]
async fn list_segments(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<SegmentName>>, Problem> {
    let segments = door.app.segments().await?.into_iter();
    let items = segments.map(|(id, name)| SegmentName { id, name });
    cut(items, &asked, |one| &one.id)
}

/// A segment
#[utoipa::path(
    get, path = "/v1/segments/{id}", tag = "definitions",
    params(("id" = String, Path, description = "The segment's name in documents")),
    responses((status = 200, body = Segment)),
)]
async fn get_segment(State(door): State<Door>, Id(id): Id) -> Result<Json<Segment>, Problem> {
    let SegmentInfo { id, name, source } = door.app.segment(&id).await?;
    Ok(Json(Segment { id, name, source, job: None }))
}

/// Define a segment
///
/// `who:` is a condition, as in workflows. If it is another than before, a job looks who is a member; that somebody is
/// one because of the change starts nothing.
#[utoipa::path(
    put, path = "/v1/segments/{id}", tag = "definitions",
    params(("id" = String, Path, description = "The segment's name in documents")),
    request_body(content(
        (String = "application/yaml", example = "name: Clienti attivi\nwho: { tag: cliente }\n"),
        (String = "text/yaml", example = "name: Clienti attivi\nwho: { tag: cliente }\n"),
        (Object = "application/json", example = json!({ "name": "Clienti attivi", "who": { "tag": "cliente" } })),
    )),
    responses(
        (status = 200, body = Segment),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "`problems` says where it can't be read"),
    ),
)]
async fn put_segment(
    State(door): State<Door>,
    Id(id): Id,
    headers: HeaderMap,
    Body(bytes): Body,
) -> Result<Json<Segment>, Problem> {
    let source = document(&headers, &bytes)?;
    let job = door.app.put_segment(&id, source).await;
    let job = job.map_err(|error| Problem::of_error(error, "segment"))?;
    let SegmentInfo { id, name, source } = door.app.segment(&id).await?;
    Ok(Json(Segment { id, name, source, job: job.map(|job| job.to_string()) }))
}

/// Drop a segment
///
/// A job has its members forget it.
#[utoipa::path(
    delete, path = "/v1/segments/{id}", tag = "definitions",
    params(("id" = String, Path, description = "The segment's name in documents")),
    responses(
        (status = 202, body = BegunJob, description = "It is gone; the job tidies up"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`segment_used`: a workflow or a segment names it"),
    ),
)]
async fn delete_segment(
    State(door): State<Door>,
    Id(id): Id,
) -> Result<(StatusCode, Json<BegunJob>), Problem> {
    let job = door.app.delete_segment(&id).await?;
    Ok((StatusCode::ACCEPTED, Json(BegunJob::of(job))))
}

/// The members of a segment
#[utoipa::path(
    get, path = "/v1/segments/{id}/members", tag = "definitions",
    params(("id" = String, Path, description = "The segment's name in documents"), PageQuery),
    responses((status = 200, body = Page<ContactSummary>)),
)]
async fn list_members(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<ContactSummary>>, Problem> {
    let page = door.app.members(&id, asked.cursor.as_deref(), page_size(asked.limit)?).await?;
    let definitions = door.app.definitions().await?;
    let items = page.items.iter().map(|contact| ContactSummary::of(contact, &definitions)).collect();
    Ok(Json(Page { items, cursor: page.cursor }))
}
