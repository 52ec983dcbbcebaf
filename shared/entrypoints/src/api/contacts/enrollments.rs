//! What is decided about one passage of a contact through a workflow.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use flusso_app::engine::ids::StepId;
use flusso_app::engine::time::Instant;
use flusso_app::workflows::people::Decision;
use serde::Deserialize;
use utoipa::ToSchema;

use super::contact::Contact;
use crate::auth::Caller;
use crate::input::{Ids, JsonBody, idempotency_key};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(decide))
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
