//! `GET /v1/statistics/{id}`: the numbers of a workflow, by version and by step.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use flusso_app::cost::{Counted, Prices, SesPlan, Usage};
use flusso_app::stats::numbers::{Numbers, Whole};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::steps::StepStatistics;
use crate::input::{Asked, Id};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(get_numbers))
}

/// The region whose prices are taken, if none is asked for.
const REGION: &str = "us-east-1";

/// Of what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NumbersQuery {
    /// Of this version alone.
    version: Option<String>,
    /// The region whose prices are taken: `us-east-1` if not given.
    #[param(example = "eu-south-1")]
    region: Option<String>,
}

/// The numbers of a workflow.
#[derive(Serialize, ToSchema)]
struct Statistics {
    /// Which.
    workflow: String,
    /// All passages, or those of the version that was asked for.
    #[serde(flatten)]
    whole: Passages,
    /// By version.
    versions: Vec<VersionPassages>,
    /// By step, in the order of the document; steps of other versions last.
    steps: Vec<StepStatistics>,
    /// What it costs on AWS, as if each of these people had come alone.
    cost: WorkflowCost,
}

/// Passages: entered + moved in = inside + completed + exited + failed + cancelled + moved out.
#[derive(Serialize, ToSchema)]
struct Passages {
    /// Different people who ever entered.
    people: i64,
    /// Enrollments ever.
    entered: i64,
    /// Enrollments now.
    inside: i64,
    /// Came to the end.
    completed: i64,
    /// Left early.
    exited: i64,
    /// The same by reason.
    exits: BTreeMap<String, i64>,
    /// Could not go on.
    failed: i64,
    /// The same by reason.
    failures: BTreeMap<String, i64>,
    /// Were cancelled.
    cancelled: i64,
    /// Came from another version.
    moved_in: i64,
    /// Went to another version.
    moved_out: i64,
    /// Reached a goal.
    goal: i64,
    /// Would have entered while it was interrupted, and nobody has decided yet.
    missed: i64,
    /// completed / (completed + exited + failed); absent before anybody ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    completion: Option<f64>,
    /// Conversions that its messages and steps led to, the last one before each.
    converted: i64,
    /// What these are worth, in minor units by currency.
    revenue: BTreeMap<String, i64>,
}

/// The passages of a version.
#[derive(Serialize, ToSchema)]
struct VersionPassages {
    /// Which.
    version: String,
    /// Its passages.
    #[serde(flatten)]
    whole: Passages,
}

/// What a workflow costs on AWS, SES among it, in USD.
#[derive(Serialize, ToSchema)]
struct WorkflowCost {
    /// All of it: entries and steps.
    usd: f64,
    /// For each person who entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    usd_a_person: Option<f64>,
    /// Of which region the prices are.
    region: String,
    /// Of when they are.
    prices: String,
}

impl Passages {
    fn of(whole: &Whole) -> Self {
        let completion = whole.completion();
        let Whole { people, entered, inside, completed, exited, failed, cancelled, .. } = *whole;
        let Whole { moved_in, moved_out, goal, missed, converted, .. } = *whole;
        let Whole { exits, failures, revenue, .. } = whole.clone();
        Self {
            people,
            entered,
            inside,
            completed,
            exited,
            exits,
            failed,
            failures,
            cancelled,
            moved_in,
            moved_out,
            goal,
            missed,
            completion,
            converted,
            revenue,
        }
    }
}

/// The numbers of a workflow
///
/// Exact, and a few seconds old at most. `/v1/statistics/{id}/people` has the people behind each, `/v1/statistics/{id}/days`
/// the same by day. People with whom workflows are tried out are not in them.
#[utoipa::path(
    get, path = "/v1/statistics/{id}", tag = "statistics",
    params(("id" = String, Path, description = "The workflow's id"), NumbersQuery),
    responses((status = 200, body = Statistics)),
)]
async fn get_numbers(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<NumbersQuery>,
) -> Result<Json<Statistics>, Problem> {
    let region = asked.region.unwrap_or_else(|| REGION.to_owned());
    let (prices, date) = Prices::of(&region)?;
    let counted = Counted::stored()?;
    let usd = |usage: Usage| usage.bill(&prices, Some(SesPlan::Essentials)).iter().map(|item| item.usd).sum();
    let Numbers { whole, versions, steps } = door.app.numbers(&id, asked.version.as_deref()).await?;
    let entries: f64 = usd(counted.of_entries(&whole));
    let steps: Vec<StepStatistics> = steps
        .into_iter()
        .map(|step| {
            let cost = usd(counted.of_step(&step));
            StepStatistics::of(step, cost)
        })
        .collect();
    let total = entries + steps.iter().map(|step| step.cost_usd).sum::<f64>();
    #[expect(clippy::cast_precision_loss, reason = "a count of people")]
    let usd_a_person = (whole.entered > 0).then(|| total / whole.entered as f64);
    let versions = versions
        .iter()
        .map(|(version, whole)| VersionPassages { version: version.to_string(), whole: Passages::of(whole) });
    Ok(Json(Statistics {
        workflow: id,
        whole: Passages::of(&whole),
        versions: versions.collect(),
        steps,
        cost: WorkflowCost { usd: total, usd_a_person, region, prices: date },
    }))
}
