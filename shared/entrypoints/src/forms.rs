//! `POST /f/{form}`: what visitors of a site send, from any site, by a browser or a program.

use std::collections::BTreeMap;

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, LOCATION, VARY,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Response};
use axum::{Json, RequestExt as _};
use flusso_app::accept::{Submission, Submitted};
use serde::Serialize;
use utoipa::ToSchema;

use crate::input::{Id, Limit, evidence, idempotency_key};
use crate::negotiate::{language, prefers_json};
use crate::routes::{Routes, routes};
use crate::{Door, Problem, pages};

mod answers;

use answers::read_answers;

/// What pages of other sites may do here (Fetch, 3.3): post, without the visitor's cookies.
const ORIGIN: HeaderValue = HeaderValue::from_static("*");
const METHODS: HeaderValue = HeaderValue::from_static("POST");
const HEADERS: HeaderValue = HeaderValue::from_static("Accept, Content-Type, Idempotency-Key");
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");

pub(crate) fn routes() -> Routes {
    let routes = Routes::new().routes(routes!(post_form, ask_leave));
    Limit::FORM.on(routes).layer(from_fn(open_to_all_sites))
}

/// A submission that was accepted.
#[derive(Serialize, ToSchema)]
struct AcceptedSubmission {
    /// The id under which it counts once.
    id: String,
    /// Whether it had been accepted before, and is not counted again.
    duplicate: bool,
}

/// The fields of a form; a list of texts stands for a name that is posted several times.
#[derive(ToSchema)]
#[schema(example = json!({"email": "anna@example.com", "first_name": "Anna", "newsletter": "on"}))]
#[expect(dead_code, reason = "only its schema is used: each form has its own fields")]
struct FormAnswers {
    #[serde(flatten)]
    answers: BTreeMap<String, Answer>,
}

/// What was answered.
#[derive(ToSchema)]
#[schema(example = "anna@example.com")]
#[expect(dead_code, reason = "only its schema is used")]
#[serde(untagged)]
enum Answer {
    Text(String),
    Number(f64),
    Ticked(bool),
    Several(Vec<String>),
    Nothing(()),
}

/// Send a form
///
/// Durable once this answers. A browser is sent on to the form's `redirect`, or gets a page; who prefers JSON gets
/// JSON. The `Idempotency-Key`, else the hidden field `submission_id`, else the answers themselves within ten minutes,
/// name the submission: it counts once.
#[utoipa::path(
    post, path = "/f/{form}", tag = "forms", security(()),
    params(
        ("form" = String, Path, description = "The form's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the submission"),
    ),
    request_body(content(
        (FormAnswers = "application/x-www-form-urlencoded"),
        (FormAnswers = "multipart/form-data"),
        (FormAnswers = "application/json"),
    )),
    responses(
        (status = 202, body = AcceptedSubmission, description = "To who prefers JSON"),
        (status = 200, content_type = "text/html", body = String, description = "To a browser, where the form has no `redirect`"),
        (status = 303, description = "To a browser, where the form has a `redirect`"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The submission's id names another submission"),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "More than 1 MB"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "`errors` names the field"),
    ),
)]
async fn post_form(State(door): State<Door>, mut request: Request) -> Result<Response, Problem> {
    let Id(form) = request.extract_parts().await?;
    let idempotency_key = idempotency_key(request.headers())?;
    let (json, language) = (prefers_json(request.headers()), language(request.headers()));
    let evidence = evidence(&request);
    let answers = read_answers(request).await?;
    let submission = Submission { answers, idempotency_key, evidence };
    let Submitted { id, redirect, duplicate } = door.app.accept_form(&form, submission).await?;
    if json {
        return Ok((StatusCode::ACCEPTED, Json(AcceptedSubmission { id, duplicate })).into_response());
    }
    match redirect.as_deref().and_then(|redirect| HeaderValue::from_str(redirect).ok()) {
        Some(redirect) => Ok((StatusCode::SEE_OTHER, [(LOCATION, redirect)]).into_response()),
        None => Ok(Html(pages::thanks(&door, language)).into_response()),
    }
}

/// Ask, as a browser does, whether a page of another site may post here
#[utoipa::path(
    options, path = "/f/{form}", tag = "forms", security(()),
    params(("form" = String, Path, description = "The form's id")),
    responses((status = 204, description = "It may")),
)]
async fn ask_leave() -> Response {
    let leave = [
        (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (ACCESS_CONTROL_MAX_AGE, MAX_AGE),
    ];
    (StatusCode::NO_CONTENT, leave).into_response()
}

/// Lets pages of other sites read the answer, whatever it is.
async fn open_to_all_sites(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, ORIGIN);
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept, Accept-Language"));
    response
}
