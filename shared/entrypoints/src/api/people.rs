//! The people inside a workflow, and what is decided about one of them.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use flusso_app::engine::definitions::Definitions;
use flusso_app::engine::ids::StepId;
use flusso_app::engine::time::Instant;
use flusso_app::workflows::people::{Decision, Insider, Whom};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::contact::Contact;
use super::{Moment, Page};
use crate::auth::Caller;
use crate::input::{Asked, Id, Ids, JsonBody, idempotency_key, page_size};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_people)).routes(routes!(decide))
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

/// What is decided about one passage of a contact through a workflow.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
#[schema(example = json!({ "do": "skip_wait" }))]
enum Decided {
    /// Its wait ends.
    SkipWait {},
    /// It waits until another instant.
    Reschedule {
        /// Until when (RFC 3339).
        #[schema(example = "2026-11-24T09:00:00Z")]
        at: String,
    },
    /// It goes to another step of its version. What lies on the way from there is done again.
    MoveTo {
        /// Which.
        step: String,
    },
    /// It ends.
    Remove {},
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

/// Decide about one enrollment
///
/// Skip its wait, put it off, move it to another step, or end it. The timeline says who decided it.
#[utoipa::path(
    post, path = "/v1/contacts/{id}/enrollments/{enrollment}", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…`"),
        ("enrollment" = String, Path, description = "`enr_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: the same one counts once"),
    ),
    request_body = Decided,
    responses(
        (status = 200, body = Contact),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such contact, or it is not inside any more"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`not_waiting`, `step_unknown`"),
    ),
)]
async fn decide(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Ids(id, enrollment): Ids,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<Decided>,
) -> Result<Json<Contact>, Problem> {
    let key = idempotency_key(&headers)?;
    let decision = match asked {
        Decided::SkipWait {} => Decision::SkipWait,
        Decided::Reschedule { at } => {
            let unreadable = || {
                let message = format!("`{at}` is no time in RFC 3339, such as 2026-11-24T09:00:00Z");
                Problem::invalid("at", "time.unreadable", message)
            };
            Decision::Reschedule(Instant::parse(&at).ok_or_else(unreadable)?)
        }
        Decided::MoveTo { step } => Decision::MoveTo(StepId::new(step)),
        Decided::Remove {} => Decision::Remove,
    };
    let contact = door.app.decide_for(&id, &enrollment, &decision, &caller, key.as_deref()).await?;
    Ok(Json(Contact::of(&contact, &*door.app.definitions().await?, door.app.now())))
}
