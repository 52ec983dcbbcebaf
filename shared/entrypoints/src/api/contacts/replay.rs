//! A contact, made once more from what is recorded of it.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use super::timeline::TimelineEntry;
use crate::input::Id;
use crate::negotiate::language;
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(get_replay))
}

/// What a replay showed.
#[derive(Serialize, ToSchema)]
struct Replay {
    /// Whether everything came out as it is stored.
    same: bool,
    /// How many reactions there were.
    reactions: usize,
    /// The first record that came out otherwise; absent if each came out the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<Difference>,
    /// The parts of the contact that came out otherwise, though each record is the same.
    #[schema(example = json!(["state.score"]))]
    parts: Vec<String>,
}

/// A record that came out otherwise.
#[derive(Serialize, ToSchema)]
struct Difference {
    /// As it is stored.
    stored: TimelineEntry,
    /// As the replay makes it; absent if it makes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<TimelineEntry>,
    /// Why it makes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// Make a contact once more from what is recorded of it
///
/// Each recorded input is given once more to the definitions of its time. `same` says that what is stored follows from
/// them; what an older release of the program recorded may come out otherwise. Nothing is changed.
#[utoipa::path(
    get, path = "/v1/contacts/{id}/replay", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`")),
    responses((status = 200, body = Replay)),
)]
async fn get_replay(
    State(door): State<Door>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Json<Replay>, Problem> {
    let replayed = door.app.replay(&id).await?;
    let definitions = door.app.definitions().await?;
    let words = language(&headers).words();
    let same = replayed.is_same();
    let record = replayed.record.map(|difference| {
        let shown = |entry| TimelineEntry::of(entry, words, &definitions);
        let (again, why) = match &difference.again {
            Ok(again) => (Some(shown(again)), None),
            Err(why) => (None, Some(why.clone())),
        };
        Difference { stored: shown(&difference.stored), again, why }
    });
    Ok(Json(Replay { same, reactions: replayed.reactions, record, parts: replayed.parts }))
}
