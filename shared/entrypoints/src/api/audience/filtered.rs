//! `/v1/filters/jobs`: who of very many contacts fulfils a condition, looked up by a job.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::PageQuery;
use crate::api::contacts::ContactSummary;
use crate::api::jobs::BegunJob;
use crate::api::workflows::document;
use crate::auth::Caller;
use crate::input::{Asked, Body, Id, idempotency_key, page_size};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(begin_filter)).routes(routes!(get_filter))
}

/// What a job that filters has found.
#[derive(Serialize, ToSchema)]
struct FilteredByJob {
    /// How the job stands: `running`, `paused`, `cancelled`, `done` or `failed`. Until it is `done`, there may be more.
    #[schema(example = "done")]
    state: &'static str,
    /// How many contacts were looked at.
    seen: u64,
    /// How many of them fulfil it.
    matches: u64,
    /// Of how many nobody knows: it counts events that are counted only once a segment or a workflow asks for them.
    unknown: u64,
    /// Those who fulfilled it when they were looked at, and are still there.
    items: Vec<ContactSummary>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// Look who fulfils a condition, by a job
///
/// For more contacts than one call looks at. The document is that of a segment; whom the job finds is kept as long as the
/// job is.
#[utoipa::path(
    post, path = "/v1/filters/jobs", tag = "contacts",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the request: the same one counts once")),
    request_body(content(
        (String = "application/yaml", example = "who: { all: [{ tag: cliente }, { field: { city: Roma } }] }\n"),
        (String = "text/yaml", example = "who: { all: [{ tag: cliente }, { field: { city: Roma } }] }\n"),
        (Object = "application/json", example = json!({ "who": { "all": [{ "tag": "cliente" }, { "field": { "city": "Roma" } }] } })),
    )),
    responses(
        (status = 202, body = BegunJob),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "`problems` says where it can't be read"),
    ),
)]
async fn begin_filter(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    headers: HeaderMap,
    Body(bytes): Body,
) -> Result<(StatusCode, Json<BegunJob>), Problem> {
    let source = document(&headers, &bytes)?;
    let key = idempotency_key(&headers)?;
    let begun = door.app.begin_filter(source, &caller, key.as_deref()).await;
    let job = begun.map_err(|error| Problem::of_error(error, "segment"))?;
    Ok((StatusCode::ACCEPTED, Json(BegunJob::of(Some(job)))))
}

/// Whom a job that filters has found
#[utoipa::path(
    get, path = "/v1/filters/jobs/{id}", tag = "contacts",
    params(("id" = String, Path, description = "`job_…`"), PageQuery),
    responses((status = 200, body = FilteredByJob)),
)]
async fn get_filter(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<FilteredByJob>, Problem> {
    let most = page_size(asked.limit)?;
    let (job, items, cursor) = door.app.filtered(&id, asked.cursor.as_deref(), most).await?;
    let definitions = door.app.definitions().await?;
    let count = |name: &str| job.counts.get(name).copied().unwrap_or_default();
    Ok(Json(FilteredByJob {
        state: job.state.as_str(),
        seen: count("seen"),
        matches: job.of,
        unknown: count("unknown"),
        items: items.iter().map(|contact| ContactSummary::of(contact, &definitions)).collect(),
        cursor,
    }))
}
