//! `GET /v1/statistics/{id}/days`: what a workflow counted, day by day.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use flusso_app::engine::calendar::Date;
use flusso_app::stats::days::DAYS;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::input::{Asked, Id};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(count_days))
}

/// Which days.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DaysQuery {
    /// The first day, such as `2026-11-01`; 29 days before the last one if not given. At most 400 days.
    #[param(format = Date, example = "2026-11-01")]
    from: Option<String>,
    /// The last day; today if not given.
    #[param(format = Date, example = "2026-11-21")]
    to: Option<String>,
    /// What was counted at this step; without it, in the workflow with all of its steps.
    step: Option<String>,
}

/// What was counted, day by day, in the account's time zone.
#[derive(Serialize, ToSchema)]
struct Days {
    /// One behind the other, each day once.
    days: Vec<Day>,
}

/// A day.
#[derive(Serialize, ToSchema)]
struct Day {
    /// Which.
    #[schema(format = Date, example = "2026-11-21")]
    day: String,
    /// What was counted on it, by name: `entered`, `completed`, `sent`, `delivered`, `opened`, `skipped.no_consent`,
    /// `revenue.EUR` (minor units), … What is not there is 0. `inside` is by how many more, or fewer, were inside at its end.
    counts: BTreeMap<String, i64>,
}

/// The numbers of a workflow day by day
#[utoipa::path(
    get, path = "/v1/statistics/{id}/days", tag = "statistics",
    params(("id" = String, Path, description = "The workflow's id"), DaysQuery),
    responses((status = 200, body = Days)),
)]
async fn count_days(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<DaysQuery>,
) -> Result<Json<Days>, Problem> {
    let read = |field: &str, text: &Option<String>| {
        let unreadable = |_| {
            let message = format!("not a day, such as 2026-11-21; at most {DAYS} of them");
            Problem::invalid(field, "day.unreadable", message)
        };
        text.as_deref().map(|text| text.parse::<Date>().map_err(unreadable)).transpose()
    };
    let between = (read("from", &asked.from)?, read("to", &asked.to)?);
    let days = door.app.days(&id, asked.step.as_deref(), between).await?;
    let days = days.into_iter().map(|(day, counts)| Day { day: day.to_string(), counts }).collect();
    Ok(Json(Days { days }))
}
