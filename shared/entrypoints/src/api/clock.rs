//! `/v1/clock`: what time it is here; and moving it, where the clock was started to be moved.

use std::time::Duration as Real;

use axum::Json;
use axum::extract::State;
use flusso_app::engine::calendar::{self, Duration};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Moment;
use crate::input::JsonBody;
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

/// How often, and how far apart, a clock that is busy is tried: a second in all.
const TRIES: u32 = 20;
const PAUSE: Real = Real::from_millis(50);

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(get_clock, post_clock))
}

/// The clock.
#[derive(Serialize, ToSchema)]
struct Clock {
    /// The present moment.
    now: Moment,
    /// Whether it can be moved.
    movable: bool,
}

/// How to move the clock.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClockMove {
    /// How far ahead: an amount and a unit. Days and longer keep the time of day of the account's zone.
    #[schema(example = "1 day")]
    advance: String,
}

/// What time it is here
#[utoipa::path(
    get, path = "/v1/clock", tag = "local",
    responses((status = 200, body = Clock)),
)]
async fn get_clock(State(door): State<Door>) -> Result<Json<Clock>, Problem> {
    let definitions = door.app.definitions().await?;
    let now = Moment::of(door.app.now(), &definitions);
    Ok(Json(Clock { now, movable: door.options.clock.is_some() }))
}

/// Move the clock ahead
///
/// Only where the program was started with a clock that can be moved, and not while a message is being handed over.
#[utoipa::path(
    post, path = "/v1/clock", tag = "local", request_body = ClockMove,
    responses(
        (status = 200, body = Clock),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`clock.real` or `clock.busy`"),
    ),
)]
async fn post_clock(
    state: State<Door>,
    JsonBody(asked): JsonBody<ClockMove>,
) -> Result<Json<Clock>, Problem> {
    let by = asked.advance.parse::<Duration>();
    let by = by.map_err(|problem| Problem::invalid("advance", "duration.unreadable", problem.to_string()))?;
    advance(&state, by).await?;
    get_clock(state).await
}

/// Moves the clock ahead, once no message is being handed over.
pub(crate) async fn advance(door: &Door, by: Duration) -> Result<(), Problem> {
    let Some(clock) = &door.options.clock else {
        let detail = "this clock is the real one; start `flusso serve --clock 60x` for one that can be moved";
        return Err(Problem::conflict("clock.real", detail));
    };
    let definitions = door.app.definitions().await?;
    // A message that was claimed must be handed over within seconds: moved meanwhile, it would come too late.
    for _ in 0..TRIES {
        if door.app.metrics().in_flight.get() == 0 {
            let now = door.app.now();
            let length = calendar::add(now, by, &definitions.zone).since(now);
            return clock.advance(length).await.map_err(Problem::unavailable);
        }
        tokio::time::sleep(PAUSE).await;
    }
    let detail = "a message is being handed over at this moment; try again in a second";
    Err(Problem::conflict("clock.busy", detail))
}
