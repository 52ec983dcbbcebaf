//! After a restore: the hold, what the backup can't know, and the end of the hold.

use axum::Json;
use axum::extract::State;
use flusso_app::engine::time::Instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::input::JsonBody;
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(get_hold)).routes(routes!(restore)).routes(routes!(lift_hold))
}

/// Whether these rows are a restored copy.
#[derive(Serialize, ToSchema)]
struct Hold {
    /// Whether nothing is sent because of it.
    on_hold: bool,
    /// Whether the rows of before can be read, so that opt-outs since the backup come back.
    before: bool,
}

/// Which step of a restore to do.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "since": "2026-11-22T10:00:00Z" }))]
struct Step {
    /// When the backup was made.
    #[schema(format = DateTime, example = "2026-11-22T10:00:00Z")]
    since: String,
    /// The `cursor` of the step before.
    #[serde(default)]
    cursor: Option<String>,
}

/// What a step of a restore found.
#[derive(Serialize, ToSchema)]
struct Restored {
    /// Contacts that were gone through.
    contacts: usize,
    /// Messages of which nobody knows whether they were sent since the backup; they are listed and not sent.
    unresolved: usize,
    /// Addresses that opted out, bounced or complained since the backup, and are suppressed again.
    suppressed: usize,
    /// Where the next step begins; absent after the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// Whether this installation is on hold after a restore
#[utoipa::path(
    get, path = "/v1/restore", tag = "operations",
    responses((status = 200, body = Hold)),
)]
async fn get_hold(State(door): State<Door>) -> Result<Json<Hold>, Problem> {
    Ok(Json(Hold { on_hold: door.app.on_hold().await?, before: door.app.knows_before() }))
}

/// Go one step through the contacts of a restored copy
///
/// Repeat it with the `cursor` of the answer until there is none; then lift the hold. A step may be repeated.
#[utoipa::path(
    post, path = "/v1/restore", tag = "operations", request_body = Step,
    responses(
        (status = 200, body = Restored),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`not_on_hold`: this is no restored copy"),
    ),
)]
async fn restore(
    State(door): State<Door>,
    JsonBody(Step { since, cursor }): JsonBody<Step>,
) -> Result<Json<Restored>, Problem> {
    let since = Instant::parse(&since).ok_or_else(|| {
        Problem::invalid("since", "since.time", "a time is RFC 3339, such as 2026-11-22T10:00:00Z")
    })?;
    let step = door.app.restore(since, cursor.as_deref()).await?;
    Ok(Json(Restored {
        contacts: step.contacts,
        unresolved: step.sends,
        suppressed: step.suppressed,
        cursor: step.cursor,
    }))
}

/// Lift the hold: from here on messages are sent again
#[utoipa::path(
    post, path = "/v1/restore/lift", tag = "operations",
    responses(
        (status = 200, body = Hold),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`not_on_hold`: this is no restored copy"),
    ),
)]
async fn lift_hold(State(door): State<Door>) -> Result<Json<Hold>, Problem> {
    door.app.lift_hold().await?;
    get_hold(State(door)).await
}
