//! Interrupting a workflow, resuming it, stopping it, putting it away.

use axum::Json;
use axum::extract::{Extension, State};
use flusso_app::engine::ids::JobId;
use flusso_app::workflows::life::{self, Resume};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Moment;
use super::activate::read_over;
use crate::auth::Caller;
use crate::input::{Id, JsonBody, OptionalJson};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(interrupt_workflow, get_interruption))
        .routes(routes!(resume_workflow))
        .routes(routes!(stop_workflow))
        .routes(routes!(archive_workflow))
        .routes(routes!(unarchive_workflow))
}

/// How a workflow is interrupted.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct Interruption {
    /// Whether the clocks of those inside stand still: their waits then last so much longer. If nothing is said, clocks
    /// go on.
    clocks_stop: bool,
}

/// How a workflow goes on.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct Resumption {
    /// Those who are overdue go on one after another within so long; an hour, if nothing is said.
    #[schema(example = "2 hours")]
    over: Option<String>,
    /// Whether they enter who would have entered meanwhile. If nothing is said, they do not.
    enroll_missed: bool,
}

/// How a workflow is stopped.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "confirm": "benvenuto-iscritti" }))]
struct Stop {
    /// The workflow's id once more: whoever is inside is cancelled, and that can't be taken back.
    confirm: String,
}

/// What waits behind an interruption.
#[derive(Serialize, ToSchema)]
struct Waiting {
    /// Since when.
    since: Moment,
    /// Whether the clocks of those inside stand still.
    clocks_stop: bool,
    /// Enrollments inside.
    inside: u64,
    /// Of these, those that would be overdue if it went on now.
    overdue: u64,
    /// Seconds for which the one has waited that is overdue the longest.
    longest_overdue_seconds: i64,
    /// Entries that were missed and can still come.
    missed: i64,
    /// Whether everybody was counted; else it took too long.
    complete: bool,
}

/// What was begun.
#[derive(Serialize, ToSchema)]
pub(super) struct Begun {
    /// `job_…`: they tell those inside; `/v1/jobs/{id}` tells how far one has come.
    jobs: Vec<String>,
}

impl Begun {
    pub(super) fn of(jobs: Vec<JobId>) -> Json<Self> {
        Json(Self { jobs: jobs.into_iter().map(|job| job.to_string()).collect() })
    }
}

/// Interrupt a workflow
///
/// Nobody enters and nobody does a step until it is resumed. What is under way at a provider is still recorded.
#[utoipa::path(
    post, path = "/v1/workflows/{id}/interruption", tag = "workflows",
    params(("id" = String, Path, description = "The workflow's id")),
    request_body = Option<Interruption>,
    responses(
        (status = 200, body = Begun),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`workflow_not_active`"),
    ),
)]
async fn interrupt_workflow(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
    OptionalJson(asked): OptionalJson<Interruption>,
) -> Result<Json<Begun>, Problem> {
    Ok(Begun::of(door.app.interrupt(&id, asked.clocks_stop, &caller).await?))
}

/// What waits behind an interruption
///
/// How many are inside, how many of them are overdue and by how much, and how many entries were missed.
#[utoipa::path(
    get, path = "/v1/workflows/{id}/interruption", tag = "workflows",
    params(("id" = String, Path, description = "The workflow's id")),
    responses(
        (status = 200, body = Waiting),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`not_interrupted`"),
    ),
)]
async fn get_interruption(State(door): State<Door>, Id(id): Id) -> Result<Json<Waiting>, Problem> {
    let life::Interrupted { since, clocks_stop, inside, overdue, longest, missed, complete } =
        door.app.interrupted(&id).await?;
    let since = Moment::of(since, &*door.app.definitions().await?);
    let longest_overdue_seconds = longest.0 / 1_000;
    Ok(Json(Waiting { since, clocks_stop, inside, overdue, longest_overdue_seconds, missed, complete }))
}

/// Resume a workflow
#[utoipa::path(
    post, path = "/v1/workflows/{id}/resume", tag = "workflows",
    params(("id" = String, Path, description = "The workflow's id")),
    request_body = Option<Resumption>,
    responses(
        (status = 200, body = Begun),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`not_interrupted`"),
    ),
)]
async fn resume_workflow(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
    OptionalJson(asked): OptionalJson<Resumption>,
) -> Result<Json<Begun>, Problem> {
    let how = Resume { over: read_over(asked.over.as_deref())?, missed: asked.enroll_missed };
    Ok(Begun::of(door.app.resume(&id, how, &caller).await?))
}

/// Stop a workflow
///
/// Nobody enters any more, and whoever is inside is cancelled. Its history is kept.
#[utoipa::path(
    post, path = "/v1/workflows/{id}/stop", tag = "workflows",
    params(("id" = String, Path, description = "The workflow's id")),
    request_body = Stop,
    responses(
        (status = 200, body = Begun),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`workflow_not_active`"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "`confirm` is not the workflow's id"),
    ),
)]
async fn stop_workflow(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
    JsonBody(asked): JsonBody<Stop>,
) -> Result<Json<Begun>, Problem> {
    if asked.confirm != id {
        let message =
            format!("stopping cancels whoever is inside; to confirm it, send `\"confirm\": \"{id}\"`");
        return Err(Problem::invalid("confirm", "stop.unconfirmed", message));
    }
    Ok(Begun::of(door.app.stop(&id, &caller).await?))
}

/// Put a workflow away
///
/// It must not be active. Saving it takes it out again.
#[utoipa::path(
    post, path = "/v1/workflows/{id}/archive", tag = "workflows",
    params(("id" = String, Path, description = "The workflow's id")),
    responses(
        (status = 204),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`workflow_active`"),
    ),
)]
async fn archive_workflow(State(door): State<Door>, Id(id): Id) -> Result<axum::http::StatusCode, Problem> {
    door.app.archive(&id, true).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// Take a workflow out again that was put away
#[utoipa::path(
    post, path = "/v1/workflows/{id}/unarchive", tag = "workflows",
    params(("id" = String, Path, description = "The workflow's id")),
    responses((status = 204)),
)]
async fn unarchive_workflow(State(door): State<Door>, Id(id): Id) -> Result<axum::http::StatusCode, Problem> {
    door.app.archive(&id, false).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}
