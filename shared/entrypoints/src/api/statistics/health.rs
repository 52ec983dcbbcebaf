//! `GET /v1/statistics`: how the active workflows do, and `POST /v1/statistics/{id}/repair`.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use flusso_app::engine::definitions::Definitions;
use flusso_app::stats::health::{self, Alert, Measure};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::Moment;
use crate::api::jobs::BegunJob;
use crate::auth::Caller;
use crate::input::{Asked, Id};
use crate::negotiate::language;
use crate::routes::{Routes, routes};
use crate::words::Words;
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(see_health)).routes(routes!(repair_workflow))
}

/// Days without an entry of which it is told, if nothing else is asked.
const QUIET: usize = 7;

/// What is told of.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HealthQuery {
    /// After so many days without an entry it is told of: 1 to 90; 7 if not given.
    #[param(minimum = 1, maximum = 90)]
    quiet_days: Option<usize>,
}

/// How the active workflows do.
#[derive(Serialize, ToSchema)]
struct WorkflowsHealth {
    /// By their ids.
    items: Vec<WorkflowHealth>,
    /// Whether everybody who is late was counted; where very many are, it is as many as were looked at.
    complete: bool,
}

/// How a workflow does.
#[derive(Serialize, ToSchema)]
struct WorkflowHealth {
    /// Which.
    workflow: String,
    /// The active version.
    version: String,
    /// Whether it stands still.
    interrupted: bool,
    /// Enrollments now.
    inside: i64,
    /// Of them, those whose wait was over more than a minute ago.
    late: u64,
    /// Of those, the ones that are late by more than twenty minutes: nothing wakes them any more. Repair it.
    stuck: u64,
    /// When the one that waits longest was due.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_due: Option<Moment>,
    /// The last seven days, today among them.
    week: Trend,
    /// The seven days before.
    week_before: Trend,
    /// What is not as it usually is.
    alerts: Vec<HealthAlert>,
}

/// What happened within some days.
#[derive(Serialize, ToSchema)]
struct Trend {
    /// Enrollments.
    entered: i64,
    /// Came to the end.
    completed: i64,
    /// Messages that were sent.
    sent: i64,
    /// That a person opened.
    opened: i64,
    /// Conversions.
    converted: i64,
    /// Enrollments that could not go on, messages that were refused for good, and those of which nobody knows whether they
    /// went.
    errors: i64,
    /// How many of what was done went wrong, from 0 to 1; absent where nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_rate: Option<f64>,
}

/// Something that is not as it usually is.
#[derive(Serialize, ToSchema)]
struct HealthAlert {
    /// `no_entries`, or on the last whole day unusual `entries`, `opens` or `errors`.
    #[schema(example = "no_entries")]
    code: &'static str,
    /// The same in a sentence, in the reader's language.
    text: String,
}

impl From<health::Trend> for Trend {
    fn from(trend: health::Trend) -> Self {
        let error_rate = trend.error_rate();
        let health::Trend { entered, completed, sent, opened, converted, errors } = trend;
        Self { entered, completed, sent, opened, converted, errors, error_rate }
    }
}

impl HealthAlert {
    fn of(alert: Alert, words: &Words) -> Self {
        let code = match alert {
            Alert::NoEntries { .. } => "no_entries",
            Alert::Unusual { what, .. } => what.as_str(),
        };
        let text = match alert {
            Alert::NoEntries { days } => words.alert(code, &[("days", days.to_string())]),
            Alert::Unusual { what, was, least, most } => {
                let number = |n: f64| match what {
                    Measure::Opens => format!("{:.0} %", n * 100.0),
                    Measure::Entries | Measure::Errors => format!("{n:.0}"),
                };
                words.alert(code, &[("was", number(was)), ("least", number(least)), ("most", number(most))])
            }
        };
        Self { code, text }
    }
}

/// How the active workflows do
///
/// Who is late or stuck, what went wrong, how the last seven days compare with those before, and what is not as it usually
/// is: nobody has entered for some days, or the entries, opens or errors of the last whole day lie outside of what the four
/// weeks before make one expect.
#[utoipa::path(
    get, path = "/v1/statistics", tag = "statistics", params(HealthQuery),
    responses((status = 200, body = WorkflowsHealth)),
)]
async fn see_health(
    State(door): State<Door>,
    headers: HeaderMap,
    Asked(asked): Asked<HealthQuery>,
) -> Result<Json<WorkflowsHealth>, Problem> {
    let quiet = asked.quiet_days.unwrap_or(QUIET);
    if !(1..=90).contains(&quiet) {
        return Err(Problem::invalid("quiet_days", "quiet_days.range", "1 to 90 days"));
    }
    let words = language(&headers).words();
    let (found, complete) = door.app.health(quiet).await?;
    let definitions: &Definitions = &*door.app.definitions().await?;
    let items = found.into_iter().map(|(workflow, active, health)| WorkflowHealth {
        workflow: workflow.to_string(),
        version: active.version.to_string(),
        interrupted: active.life.interrupted.is_some(),
        inside: health.inside,
        late: health.late,
        stuck: health.stuck,
        oldest_due: health.oldest_due.map(|at| Moment::of(at, definitions)),
        week: health.week.into(),
        week_before: health.week_before.into(),
        alerts: health.alerts.into_iter().map(|alert| HealthAlert::of(alert, words)).collect(),
    });
    Ok(Json(WorkflowsHealth { items: items.collect(), complete }))
}

/// Repair a workflow
///
/// Everybody inside it is looked at by a job, each once: whatever was lost on the way is found and goes on.
#[utoipa::path(
    post, path = "/v1/statistics/{id}/repair", tag = "statistics",
    params(("id" = String, Path, description = "The workflow's id")),
    responses((status = 202, body = BegunJob)),
)]
async fn repair_workflow(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
) -> Result<(StatusCode, Json<BegunJob>), Problem> {
    let job = door.app.repair(&id, &caller).await?;
    Ok((StatusCode::ACCEPTED, Json(BegunJob::of(Some(job)))))
}
