//! What another zone of the account would do.

use axum::Json;
use axum::extract::State;
use flusso_app::workflows::preview;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::activate::Changed;
use crate::input::JsonBody;
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(preview_account))
}

/// Another zone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OtherZone {
    /// Which (IANA).
    #[schema(example = "America/New_York")]
    zone: String,
}

/// What another zone would do to waits, if they move. Contacts with a zone of their own are not concerned.
#[derive(Serialize, ToSchema)]
struct Moves {
    /// Waits that would end at another time, earlier.
    earlier: u64,
    /// Later.
    later: u64,
    /// Waits that would stay as they are.
    unchanged: u64,
    /// Some of those that would move, 100 at most.
    people: Vec<Changed>,
    /// Whether everybody was counted; else it took too long.
    complete: bool,
}

/// Preview another zone
///
/// Which waits would end at another time if the account's zone were another one and its waits moved. Nothing of it is done.
#[utoipa::path(
    post, path = "/v1/account/preview", tag = "definitions", request_body = OtherZone,
    responses((status = 200, body = Moves)),
)]
async fn preview_account(
    State(door): State<Door>,
    JsonBody(asked): JsonBody<OtherZone>,
) -> Result<Json<Moves>, Problem> {
    let preview::Moves { counts, people, complete } = door.app.preview_zone(&asked.zone).await?;
    let definitions = door.app.definitions().await?;
    let many = |what: &str| counts.get(what).copied().unwrap_or_default();
    Ok(Json(Moves {
        earlier: many("earlier"),
        later: many("later"),
        unchanged: many("unchanged"),
        people: people.into_iter().map(|one| Changed::of(one, &definitions)).collect(),
        complete,
    }))
}
