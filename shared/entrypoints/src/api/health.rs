//! Whether the program answers and reaches what it stores.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(health))
}

/// How the program is.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// `ok`, or there is a problem instead of this.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the program can do its work
#[utoipa::path(
    get, path = "/v1/health", tag = "operations",
    responses((status = 200, body = Health)),
)]
async fn health(State(door): State<Door>) -> Result<Json<Health>, Problem> {
    door.app.account().await?;
    Ok(Json(Health { status: "ok" }))
}
