//! The JSON Schema of workflow documents.

use axum::Json;
use flusso_app::engine::workflow::schema;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Door;

pub(crate) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(workflow_schema))
}

/// The JSON Schema (draft 2020-12) of workflow documents
#[utoipa::path(
    get, path = "/v1/schema/workflow", tag = "workflows",
    responses((status = 200, body = Object)),
)]
async fn workflow_schema() -> Json<Value> {
    Json(schema::schema())
}
