//! Pipelines: the ways that deals go.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use flusso_app::engine::pipeline;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::cut;
use super::{Page, PageQuery};
use crate::input::{Asked, Id, JsonBody};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_pipelines)).routes(routes!(get_pipeline, put_pipeline, delete_pipeline))
}

/// A pipeline.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Pipeline {
    /// The name for people.
    #[schema(example = "Sales")]
    label: String,
    /// Its stages, in the order in which deals pass them.
    stages: Vec<Stage>,
}

/// A stage of a pipeline.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Stage {
    /// The name under which deals and workflows know it.
    #[schema(example = "Offerta")]
    id: String,
    /// The name for people.
    #[schema(example = "Offer sent")]
    label: String,
    /// How likely a deal is won that is here, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100, example = 60)]
    probability: Option<u8>,
}

/// A pipeline and its id.
#[derive(Serialize, ToSchema)]
struct NamedPipeline {
    /// The name under which deals and workflows know it.
    #[schema(example = "Vendite")]
    id: String,
    /// The pipeline.
    #[serde(flatten)]
    pipeline: Pipeline,
}

/// All pipelines
#[utoipa::path(
    get, path = "/v1/pipelines", tag = "definitions", params(PageQuery),
    responses((status = 200, body = Page<NamedPipeline>)),
)]
async fn list_pipelines(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<NamedPipeline>>, Problem> {
    let pipelines = door.app.pipelines().await?;
    let items =
        pipelines.iter().map(|(id, one)| NamedPipeline { id: id.to_string(), pipeline: Pipeline::of(one) });
    cut(items, &asked, |one| &one.id)
}

/// A pipeline
#[utoipa::path(
    get, path = "/v1/pipelines/{id}", tag = "definitions",
    params(("id" = String, Path, description = "The name under which deals and workflows know it")),
    responses((status = 200, body = Pipeline)),
)]
async fn get_pipeline(State(door): State<Door>, Id(id): Id) -> Result<Json<Pipeline>, Problem> {
    Ok(Json(Pipeline::of(&*door.app.pipeline(&id).await?)))
}

/// Define a pipeline
///
/// Once there is one, deals name pipelines and stages that there are: others are refused where events come in, and where
/// workflows are activated.
#[utoipa::path(
    put, path = "/v1/pipelines/{id}", tag = "definitions", request_body = Pipeline,
    params(("id" = String, Path, description = "The name under which deals and workflows know it")),
    responses(
        (status = 200, body = Pipeline),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`pipeline.in_use`: a stage would be gone that workflows or segments name; the detail says which"),
    ),
)]
async fn put_pipeline(
    State(door): State<Door>,
    Id(id): Id,
    JsonBody(sent): JsonBody<Pipeline>,
) -> Result<Json<Pipeline>, Problem> {
    let pipeline = sent.into_pipeline();
    door.app.put_pipeline(&id, &pipeline).await?;
    Ok(Json(Pipeline::of(&pipeline)))
}

/// Delete a pipeline
///
/// Deals that are in it stay as they are.
#[utoipa::path(
    delete, path = "/v1/pipelines/{id}", tag = "definitions",
    params(("id" = String, Path, description = "The name under which deals and workflows know it")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`pipeline.in_use`: workflows or segments name it; the detail says which"),
    ),
)]
async fn delete_pipeline(State(door): State<Door>, Id(id): Id) -> Result<StatusCode, Problem> {
    door.app.delete_pipeline(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Pipeline {
    fn of(pipeline: &pipeline::Pipeline) -> Self {
        let stages = pipeline.stages.iter().map(|stage| Stage {
            id: stage.id.to_string(),
            label: stage.label.to_string(),
            probability: stage.probability,
        });
        Self { label: pipeline.label.to_string(), stages: stages.collect() }
    }

    fn into_pipeline(self) -> pipeline::Pipeline {
        let stages = self.stages.into_iter().map(|stage| pipeline::Stage {
            id: stage.id.into(),
            label: stage.label.into(),
            probability: stage.probability,
        });
        pipeline::Pipeline { label: self.label.into(), stages: stages.collect() }
    }
}
