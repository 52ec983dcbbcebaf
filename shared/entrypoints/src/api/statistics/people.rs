//! `GET /v1/statistics/{id}/people`: the people behind a number; with more or less asked for, the history of a workflow.

use axum::Json;
use axum::extract::State;
use flusso_app::engine::contact::Contact;
use flusso_app::engine::definitions::Definitions;
use flusso_app::engine::time::Instant;
use flusso_app::repository::{Happened, Wanted};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::{Moment, Page};
use crate::input::{Asked, Id, page_size};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_counted))
}

/// What is looked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CountedQuery {
    /// The name of a number: `entered`, `completed`, `exited`, `sent`, `opened`, `skipped.no_consent`, … With a dot
    /// at its end it is all that begin so: `skipped.`
    #[param(example = "opened")]
    number: Option<String>,
    /// At this step; empty for what concerns the passage as a whole.
    step: Option<String>,
    /// In this version.
    version: Option<String>,
    /// Of this contact, `con_…`.
    contact: Option<String>,
    /// At this instant or later (RFC 3339).
    #[param(format = DateTime)]
    from: Option<String>,
    /// Before this instant.
    #[param(format = DateTime)]
    to: Option<String>,
    /// The `cursor` of the page before.
    cursor: Option<String>,
    /// How many, 1 to 100; 50 if not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
}

/// Something that was counted.
#[derive(Serialize, ToSchema)]
struct CountedPerson {
    /// Of whom it was counted, `con_…`: where they were merged since, the contact that stayed.
    contact: String,
    /// Their name; absent if they were erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// When it was recorded.
    at: Moment,
    /// The name of the number.
    #[schema(example = "opened")]
    number: String,
    /// By how much; an amount is in minor units.
    by: i64,
    /// In which version.
    version: String,
    /// At which step.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
}

impl CountedPerson {
    fn of((happened, contact): (Happened, Option<Contact>), definitions: &Definitions) -> Self {
        let id = contact.as_ref().map_or(&happened.contact, |contact| &contact.id);
        Self {
            contact: id.to_string(),
            name: contact.as_ref().map(|contact| contact.profile.display_name()),
            at: Moment::of(happened.at, definitions),
            number: happened.name.to_string(),
            by: happened.by,
            version: happened.version.to_string(),
            step: happened.step.map(|step| step.to_string()),
        }
    }
}

/// The people behind a number of a workflow
///
/// Newest first. Without a `number` it is the history of the workflow: everything that was counted, of whom and when; with a
/// `contact`, of that person. A page may be short where what is looked for is rare; as long as there is a `cursor` it goes
/// on. Who stands where now is what `/v1/workflows/{id}/people` lists.
#[utoipa::path(
    get, path = "/v1/statistics/{id}/people", tag = "statistics",
    params(("id" = String, Path, description = "The workflow's id"), CountedQuery),
    responses((status = 200, body = Page<CountedPerson>)),
)]
async fn list_counted(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<CountedQuery>,
) -> Result<Json<Page<CountedPerson>>, Problem> {
    let instant = |field: &str, text: &Option<String>| {
        let unreadable =
            || Problem::invalid(field, "instant.unreadable", "not an instant, such as 2026-11-21T09:00:00Z");
        text.as_deref().map(|text| Instant::parse(text).ok_or_else(unreadable)).transpose()
    };
    let wanted = Wanted {
        version: asked.version.as_deref(),
        step: asked.step.as_deref(),
        name: asked.number.as_deref(),
        contact: asked.contact.as_deref(),
        from: instant("from", &asked.from)?,
        to: instant("to", &asked.to)?,
    };
    let page = door.app.counted(&id, wanted, asked.cursor.as_deref(), page_size(asked.limit)?).await?;
    let definitions = door.app.definitions().await?;
    let items = page.items.into_iter().map(|one| CountedPerson::of(one, &definitions)).collect();
    Ok(Json(Page { items, cursor: page.cursor }))
}
