//! API keys: made for a program, shown once, ended by their name.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Moment, Page};
use crate::input::{Id, JsonBody};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_keys, create_key)).routes(routes!(revoke_key))
}

/// An API key, without the key.
#[derive(Serialize, ToSchema)]
struct ApiKey {
    /// Its name: the source of what is posted with it.
    #[schema(example = "web-shop")]
    name: String,
    /// Since when it is good.
    created_at: Moment,
}

/// A key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKey {
    /// What it is called: what is posted with it says so.
    #[schema(example = "web-shop")]
    name: String,
}

/// A key that was made.
#[derive(Serialize, ToSchema)]
struct MadeKey {
    /// Its name.
    name: String,
    /// The key. It is shown only now.
    #[schema(example = "flk_…")]
    key: String,
}

/// The API keys, by name
#[utoipa::path(
    get, path = "/v1/keys", tag = "operations",
    responses((status = 200, body = Page<ApiKey>)),
)]
async fn list_keys(State(door): State<Door>) -> Result<Json<Page<ApiKey>>, Problem> {
    let definitions = door.app.definitions().await?;
    let keys = door.app.api_keys().await?.into_iter();
    let items = keys.map(|(name, at)| ApiKey { name, created_at: Moment::of(at, &definitions) });
    Ok(Json(Page { items: items.collect(), cursor: None }))
}

/// Make an API key
#[utoipa::path(
    post, path = "/v1/keys", tag = "operations", request_body = NewKey,
    responses(
        (status = 201, body = MadeKey, description = "Made; the key is shown only now"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`key.exists`: the name is taken"),
    ),
)]
async fn create_key(
    State(door): State<Door>,
    JsonBody(NewKey { name }): JsonBody<NewKey>,
) -> Result<(StatusCode, Json<MadeKey>), Problem> {
    let key = door.app.create_api_key(&name).await?;
    Ok((StatusCode::CREATED, Json(MadeKey { name, key })))
}

/// End an API key
#[utoipa::path(
    delete, path = "/v1/keys/{name}", tag = "operations",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 204, description = "It is good no more")),
)]
async fn revoke_key(State(door): State<Door>, Id(name): Id) -> Result<StatusCode, Problem> {
    door.app.revoke_api_key(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}
