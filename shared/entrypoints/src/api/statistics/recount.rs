//! `GET /v1/recount`: what the timelines say that the counters should be; `GET /v1/statistics/{id}/counters`: what they are.

use axum::Json;
use axum::extract::State;
use flusso_app::engine::tally::Counter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::input::{Asked, Id};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(recount)).routes(routes!(list_counters))
}

/// Most contacts of a page: the timeline of each is gone through.
const MOST: usize = 50;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RecountQuery {
    /// The `cursor` of the page before.
    cursor: Option<String>,
    /// How many contacts, 1 to 50; 50 if not given.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<usize>,
}

/// What some contacts should have counted.
#[derive(Serialize, ToSchema)]
struct Recount {
    /// How many contacts.
    contacts: usize,
    /// What their reactions count, made once more.
    counts: Vec<Recounted>,
    /// Those whose timelines can't be gone through any more, and why.
    stuck: Vec<StuckContact>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// The counters of a workflow as they are kept.
#[derive(Serialize, ToSchema)]
struct Counters {
    /// All of them.
    kept: Vec<Recounted>,
    /// What of them was counted of people who were erased since: no timeline says it any more. One page.
    erased: Vec<Recounted>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CountersQuery {
    /// The `cursor` of the page before.
    cursor: Option<String>,
}

/// A count.
#[derive(Serialize, ToSchema)]
struct Recounted {
    /// Of which workflow.
    workflow: String,
    /// Of which version.
    version: String,
    /// At which step; absent for what concerns the passage as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    /// Under which name.
    number: String,
    /// How much.
    count: i64,
}

/// A contact whose timeline can't be gone through.
#[derive(Serialize, ToSchema)]
struct StuckContact {
    /// `con_…`
    contact: String,
    /// Why.
    reason: String,
}

impl Recounted {
    fn of(counter: &Counter, count: i64) -> Self {
        Self {
            workflow: counter.workflow.to_string(),
            version: counter.version.to_string(),
            step: counter.step.as_ref().map(ToString::to_string),
            number: counter.name.to_string(),
            count,
        }
    }
}

/// Recount from the timelines
///
/// Goes through the timelines of one page of contacts and says what they should have counted: added up over all pages, that
/// is what the counters say. `flusso recount` does that and compares.
#[utoipa::path(
    get, path = "/v1/recount", tag = "statistics", params(RecountQuery),
    responses((status = 200, body = Recount)),
)]
async fn recount(
    State(door): State<Door>,
    Asked(asked): Asked<RecountQuery>,
) -> Result<Json<Recount>, Problem> {
    let limit = asked.limit.unwrap_or(MOST);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::invalid("limit", "limit.range", format!("1 to {MOST}")));
    }
    let page = door.app.recount(asked.cursor.as_deref(), limit).await?;
    let recounted = page.items.into_iter().next().unwrap_or_default();
    let counts = recounted.tally.iter().map(|(counter, count)| Recounted::of(counter, count));
    let stuck = recounted.stuck.iter();
    let stuck = stuck.map(|(id, why)| StuckContact { contact: id.to_string(), reason: why.clone() });
    Ok(Json(Recount {
        contacts: recounted.contacts,
        counts: counts.collect(),
        stuck: stuck.collect(),
        cursor: page.cursor,
    }))
}

/// The counters of a workflow as they are kept
#[utoipa::path(
    get, path = "/v1/statistics/{id}/counters", tag = "statistics",
    params(("id" = String, Path, description = "The workflow's id"), CountersQuery),
    responses((status = 200, body = Counters)),
)]
async fn list_counters(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<CountersQuery>,
) -> Result<Json<Counters>, Problem> {
    let (counters, erased, cursor) = door.app.counters(&id, asked.cursor.as_deref()).await?;
    let kept = counters.iter().map(|(counter, count)| Recounted::of(counter, *count)).collect();
    let erased = erased.iter().map(|(counter, count)| Recounted::of(counter, count)).collect();
    Ok(Json(Counters { kept, erased, cursor }))
}
