//! The JSON Schema of workflow documents.

use axum::Json;
use flusso_app::engine::workflow::schema;
use serde_json::Value;

use crate::routes::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(workflow_schema))
}

/// The JSON Schema (draft 2020-12) of workflow documents
#[utoipa::path(
    get, path = "/v1/schema/workflow", tag = "workflows",
    responses((status = 200, body = Object)),
)]
async fn workflow_schema() -> Json<Value> {
    Json(schema::schema())
}
