//! `POST /v1/workflows/{id}/enroll`: putting people into a workflow, one at once or many by a job.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use flusso_app::engine::ids::ContactId;
use flusso_app::jobs::{Enrolled, Entered};
use flusso_app::keys::job::Over;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::jobs::BegunJob;
use crate::auth::Caller;
use crate::input::{Id, JsonBody, check_length, idempotency_key};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(enroll))
}

/// Who enters: one of these keys.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "list": "notizie" }))]
struct Enrolling {
    /// One contact, `con_…`, at once.
    contact: Option<String>,
    /// Up to 1,000 contacts, by a job.
    #[schema(max_items = 1000)]
    contacts: Option<Vec<String>>,
    /// The members of a segment, by a job.
    segment: Option<String>,
    /// Those on a list, by a job.
    list: Option<String>,
    /// Values that steps read as `{{ event.… }}`; up to 1,000 bytes.
    #[serde(default)]
    #[schema(value_type = Object)]
    data: Map<String, Value>,
}

/// What came of putting a contact into a workflow.
#[derive(Serialize, ToSchema)]
struct EnrolledContact {
    /// `con_…`
    contact: String,
    /// Whether it entered.
    enrolled: bool,
    /// Its enrollment.
    #[serde(skip_serializing_if = "Option::is_none")]
    enrollment: Option<String>,
    /// Why it did not enter: a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "already_inside")]
    reason: Option<String>,
}

/// Put people into a workflow
///
/// The workflow must be active; its re-entry rules hold. One `contact` enters before this answers; `contacts`, a
/// `segment` or a `list` are a job. With an `Idempotency-Key` the same request has people enter once.
#[utoipa::path(
    post, path = "/v1/workflows/{id}/enroll", tag = "workflows",
    params(
        ("id" = String, Path, description = "The workflow's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: the same one counts once"),
    ),
    request_body = Enrolling,
    responses(
        (status = 200, body = EnrolledContact, description = "One contact: what came of it"),
        (status = 202, body = BegunJob, description = "Many: a job was begun"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`workflow_not_active`, or `id_reused`: the key names another request"),
    ),
)]
async fn enroll(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<Enrolling>,
) -> Result<Response, Problem> {
    let key = idempotency_key(&headers)?;
    let Enrolling { contact, contacts, segment, list, data } = asked;
    for (field, name) in [("contact", &contact), ("segment", &segment), ("list", &list)] {
        check_length(field, name.as_deref().unwrap_or_default())?;
    }
    for (at, id) in contacts.iter().flatten().enumerate() {
        check_length(&format!("contacts[{at}]"), id)?;
    }
    let over = match (contact, contacts, segment, list) {
        (Some(contact), None, None, None) => {
            let enrolled = door.app.enroll(&id, &contact, data, &caller, key.as_deref()).await?;
            return Ok(answer(enrolled));
        }
        (None, Some(ids), None, None) => {
            Over::Contacts { contacts: ids.into_iter().map(ContactId::new).collect() }
        }
        (None, None, Some(name), None) => Over::Segment { name: name.into() },
        (None, None, None, Some(name)) => Over::List { name: name.into() },
        _ => {
            let message = "say who enters by one of `contact`, `contacts`, `segment` and `list`";
            return Err(Problem::invalid("contact", "enroll.whom", message));
        }
    };
    Ok(answer(door.app.enroll_all(&id, over, data, &caller, key.as_deref()).await?))
}

fn answer(enrolled: Enrolled) -> Response {
    let (contact, entered) = match enrolled {
        Enrolled::Job(job) => {
            return (StatusCode::ACCEPTED, Json(BegunJob::of(Some(job)))).into_response();
        }
        Enrolled::One(contact, entered) => (contact.to_string(), entered),
    };
    let (enrolled, enrollment, reason) = match entered {
        Entered::Enrolled(enrollment) => (true, Some(enrollment.to_string()), None),
        Entered::Ignored(reason) => (false, None, Some(reason)),
        Entered::Later => (false, None, Some("later".to_owned())),
    };
    Json(EnrolledContact { contact, enrolled, enrollment, reason }).into_response()
}
