//! API keys: made for a program and what it has to do, shown once, ended by their name.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use flusso_app::rights::Rights;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::cut;
use super::{Moment, Page, PageQuery};
use crate::auth::Granted;
use crate::input::{Asked, Id, JsonBody};
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
    /// What may be done with it; `*` is everything.
    #[schema(example = json!(["contacts:read", "events:write"]))]
    scopes: Vec<String>,
}

/// A key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKey {
    /// What it is called: what is posted with it says so.
    #[schema(example = "web-shop")]
    name: String,
    /// What may be done with it, by scopes; everything, if not given. Each operation of this document says which it needs.
    #[serde(default)]
    #[schema(example = json!(["contacts:read", "events:write"]))]
    scopes: Option<Vec<String>>,
}

/// A key that was made.
#[derive(Serialize, ToSchema)]
struct MadeKey {
    /// Its name.
    name: String,
    /// What may be done with it.
    #[schema(example = json!(["contacts:read", "events:write"]))]
    scopes: Vec<String>,
    /// The key. It is shown only now.
    #[schema(example = "flk_…")]
    key: String,
}

/// The API keys, by name
#[utoipa::path(
    get, path = "/v1/keys", tag = "operations", params(PageQuery),
    responses((status = 200, body = Page<ApiKey>)),
)]
async fn list_keys(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<ApiKey>>, Problem> {
    let definitions = door.app.definitions().await?;
    let keys = door.app.api_keys().await?.into_iter();
    let items = keys.map(|(name, at, rights)| ApiKey {
        name,
        created_at: Moment::of(at, &definitions),
        scopes: names(&rights),
    });
    cut(items, &asked, |one| &one.name)
}

/// Make an API key
///
/// With scopes that whoever makes it has; without any, for everything.
#[utoipa::path(
    post, path = "/v1/keys", tag = "operations", request_body = NewKey,
    responses(
        (status = 201, body = MadeKey, description = "Made; the key is shown only now"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "`scope.missing`, `role.missing`: nobody gives what they have not got"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`key.exists`: the name is taken"),
    ),
)]
async fn create_key(
    State(door): State<Door>,
    Extension(granted): Extension<Granted>,
    JsonBody(NewKey { name, scopes }): JsonBody<NewKey>,
) -> Result<(StatusCode, Json<MadeKey>), Problem> {
    let rights = scopes.map_or_else(|| Ok(Rights::everything()), |scopes| Rights::asked(&scopes))?;
    granted.may_give(&rights)?;
    let key = door.app.create_api_key_for(&name, &rights).await?;
    Ok((StatusCode::CREATED, Json(MadeKey { name, scopes: names(&rights), key })))
}

fn names(rights: &Rights) -> Vec<String> {
    rights.names().map(str::to_owned).collect()
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
