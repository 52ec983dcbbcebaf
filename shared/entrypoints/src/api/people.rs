//! The people inside a workflow.

use axum::Json;
use axum::extract::State;
use flusso_app::engine::definitions::Definitions;
use flusso_app::workflows::people::{Insider, Whom};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Moment, Page};
use crate::input::{Asked, Id, page_size};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_people))
}

/// Which people.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PeopleQuery {
    /// Those at this step.
    step: Option<String>,
    /// Those in this version.
    version: Option<String>,
    /// Those whose wait is over and who still stand there: the workflow is interrupted, or they come one after another.
    #[serde(default)]
    overdue: bool,
    /// Where the page begins, as the page before said.
    cursor: Option<String>,
    /// How many: 1 to 100; 50 if not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
}

/// Somebody inside a workflow.
#[derive(Serialize, ToSchema)]
struct Person {
    /// `con_…`
    contact: String,
    /// Their name.
    name: String,
    /// `enr_…`
    enrollment: String,
    /// The version that it runs.
    version: String,
    /// The step at which it stands.
    step: String,
    /// When it entered.
    entered_at: Moment,
    /// Until when it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Moment>,
    /// Whether it stands still because the workflow is interrupted.
    stands_still: bool,
}

impl Person {
    fn of(one: Insider, definitions: &Definitions) -> Self {
        let moment = |at| Moment::of(at, definitions);
        Self {
            contact: one.contact.to_string(),
            name: one.name,
            enrollment: one.enrollment.to_string(),
            version: one.version.to_string(),
            step: one.step.to_string(),
            entered_at: moment(one.entered_at),
            until: one.until.map(moment),
            stands_still: one.stands_still,
        }
    }
}

/// The people inside a workflow
#[utoipa::path(
    get, path = "/v1/workflows/{id}/people", tag = "workflows",
    params(("id" = String, Path, description = "The workflow's id"), PeopleQuery),
    responses((status = 200, body = Page<Person>)),
)]
async fn list_people(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<PeopleQuery>,
) -> Result<Json<Page<Person>>, Problem> {
    let whom =
        Whom { step: asked.step.as_deref(), version: asked.version.as_deref(), overdue: asked.overdue };
    let page = door.app.people_inside(&id, whom, asked.cursor.as_deref(), page_size(asked.limit)?).await?;
    let definitions = door.app.definitions().await?;
    let items = page.items.into_iter().map(|one| Person::of(one, &definitions)).collect();
    Ok(Json(Page { items, cursor: page.cursor }))
}
