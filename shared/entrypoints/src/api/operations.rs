//! What needs a person: messages that could not be applied, and mail of which nobody knows whether it went.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::page::cut;
use super::{Moment, Page, PageQuery};
use crate::input::{Asked, Id, page_size};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list_parked))
        .routes(routes!(retry_parked))
        .routes(routes!(drop_parked))
        .routes(routes!(list_unresolved))
}

/// A message that could not be applied.
#[derive(Serialize, ToSchema)]
struct Parked {
    /// Its id.
    id: String,
    /// The queue that it came from.
    queue: String,
    /// Why: a code.
    #[schema(example = "id_reused")]
    code: String,
    /// How often it was tried.
    count: u32,
    /// Since when it is parked.
    at: Moment,
    /// The message as it was.
    message: Value,
}

/// A message of which nobody knows whether it was sent.
#[derive(Serialize, ToSchema)]
struct Unresolved {
    /// To whom.
    contact: String,
    /// Which.
    send: String,
}

/// Messages that could not be applied
#[utoipa::path(
    get, path = "/v1/parked", tag = "operations", params(PageQuery),
    responses((status = 200, body = Page<Parked>)),
)]
async fn list_parked(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<Parked>>, Problem> {
    let page = door.app.list_parked(asked.cursor, page_size(asked.limit)?).await?;
    let definitions = door.app.definitions().await?;
    let items = page.items.into_iter().map(|(id, parked)| Parked {
        id,
        queue: parked.queue,
        code: parked.code,
        count: parked.count,
        at: Moment::of(parked.at, &definitions),
        message: serde_json::from_str(&parked.message).unwrap_or(Value::String(parked.message)),
    });
    Ok(Json(Page { items: items.collect(), cursor: page.cursor }))
}

/// Try a parked message again
#[utoipa::path(
    post, path = "/v1/parked/{id}/retry", tag = "operations",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 202, description = "It is in its queue again")),
)]
async fn retry_parked(State(door): State<Door>, Id(id): Id) -> Result<StatusCode, Problem> {
    door.app.retry_parked(&id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Drop a parked message for good
#[utoipa::path(
    delete, path = "/v1/parked/{id}", tag = "operations",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 204, description = "It is gone")),
)]
async fn drop_parked(State(door): State<Door>, Id(id): Id) -> Result<StatusCode, Problem> {
    door.app.drop_parked(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Messages of which nobody knows after a day whether they were sent
#[utoipa::path(
    get, path = "/v1/sends/unresolved", tag = "operations", params(PageQuery),
    responses((status = 200, body = Page<Unresolved>)),
)]
async fn list_unresolved(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<Unresolved>>, Problem> {
    let found = door.app.unresolved().await?.into_iter();
    let items =
        found.map(|(contact, send)| Unresolved { contact: contact.to_string(), send: send.to_string() });
    cut(items, &asked, |one| &one.send)
}
