//! Reading what was sent. Whatever is wrong with it becomes a problem that names the place.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{
    ConnectInfo, DefaultBodyLimit, Extension, FromRequest, FromRequestParts, Query, RawPathParams, Request,
};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use flusso_app::engine::event::Evidence;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Problem;
use crate::negotiate::{is_json, text};
use crate::routes::Routes;

mod strict;

use strict::Strict;

/// How much a route takes, and of what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    what: &'static str,
    code: &'static str,
    bytes: usize,
}

impl Limit {
    /// A submission of a form.
    pub(crate) const FORM: Self = Self { what: "a form submission", code: "form.size", bytes: 1 << 20 };
    /// A request to the API.
    pub(crate) const API: Self = Self { what: "a request", code: "request.size", bytes: 4 << 20 };
    /// A workflow's document.
    pub(crate) const WORKFLOW: Self = Self { what: "a workflow", code: "workflow.size", bytes: 1 << 20 };

    /// Puts the limit on every route of a router.
    pub(crate) fn on(self, router: Routes) -> Routes {
        router.layer(DefaultBodyLimit::max(self.bytes)).layer(Extension(self))
    }

    pub(crate) fn exceeded(self) -> Problem {
        let Self { what, code, bytes } = self;
        Problem::too_large(code, format!("{what} has at most {} MB", bytes >> 20))
    }
}

/// The whole body, within the limit of its route.
pub(crate) struct Body(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let limit = limit(&request);
        // Said before anything is read, so that a client that waits for leave need not send it.
        let length = text(request.headers(), CONTENT_LENGTH.as_str()).parse::<usize>();
        if length.is_ok_and(|length| length > limit.bytes) {
            return Err(limit.exceeded());
        }
        match Bytes::from_request(request, state).await {
            Ok(bytes) => Ok(Self(bytes)),
            Err(rejection) => Err(unread(&rejection, limit)),
        }
    }
}

fn unread(rejection: &BytesRejection, limit: Limit) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => limit.exceeded(),
        _ => Problem::malformed("body.broken", "the body broke off before its end; send it again"),
    }
}

/// The limit of the request's route.
pub(crate) fn limit(request: &Request) -> Limit {
    request.extensions().get::<Limit>().copied().unwrap_or(Limit::API)
}

/// A body in JSON.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(text(request.headers(), CONTENT_TYPE.as_str())) {
            return Err(Problem::unsupported("send JSON, with `Content-Type: application/json`"));
        }
        let Body(bytes) = Body::from_request(request, state).await?;
        read_value(read_json(&bytes)?).map(Self)
    }
}

/// A body in JSON, or none: then everything is as if nothing was said.
pub(crate) struct OptionalJson<T>(pub(crate) T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = is_json(text(request.headers(), CONTENT_TYPE.as_str()));
        let Body(bytes) = Body::from_request(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !is_json {
            return Err(Problem::unsupported("send JSON, with `Content-Type: application/json`"));
        }
        match read_json(&bytes)? {
            Value::Null => Ok(Self(T::default())),
            value => read_value(value).map(Self),
        }
    }
}

/// Reads a text as JSON of whatever shape.
pub(crate) fn read_json(bytes: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Problem::malformed(
            "json.broken",
            format!("the body is not JSON: line {line}, column {column}: {}", said(&error)),
        )
    })
}

/// Reads JSON as what it is to mean; a problem names the field.
pub(crate) fn read_value<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(Strict(value)).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { String::new() } else { path };
        Problem::invalid(field, "json.shape", said(error.inner()))
    })
}

/// What the reader said, without its own count of lines.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// Longest name, and longest text in an address, in bytes: what there is has a shorter one, and so has a cursor.
pub(crate) const LONGEST: usize = 800;

/// Refuses a name that is longer than any is.
pub(crate) fn check_length(name: &str, value: &str) -> Result<(), Problem> {
    if value.len() <= LONGEST {
        return Ok(());
    }
    let message = format!("`{name}` has at most {LONGEST} bytes");
    Err(Problem::invalid(name, "name.length", message))
}

/// The parameters in a path, as many as there are.
async fn path<S: Send + Sync, const N: usize>(parts: &mut Parts, state: &S) -> Result<[String; N], Problem> {
    let unreadable = || Problem::malformed("path.unreadable", "the address is not well formed UTF-8");
    let found = RawPathParams::from_request_parts(parts, state).await.map_err(|_| unreadable())?;
    let mut values = Vec::new();
    for (name, value) in &found {
        check_length(name, value)?;
        values.push(value.to_owned());
    }
    values.try_into().map_err(|_| unreadable())
}

/// The one parameter in a path.
pub(crate) struct Id(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        path(parts, state).await.map(|[id]| Self(id))
    }
}

/// The two parameters in a path.
pub(crate) struct Ids(pub(crate) String, pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Ids {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        path(parts, state).await.map(|[one, other]| Self(one, other))
    }
}

/// The three parameters in a path.
pub(crate) struct Three(pub(crate) String, pub(crate) String, pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Three {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        path(parts, state).await.map(|[one, other, last]| Self(one, other, last))
    }
}

/// The parameters of a query.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            check_length(&name, &value)?;
        }
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(rejection) => {
                let text = rejection.body_text();
                let text = text.split_once(": ").map_or(&*text, |(_, said)| said);
                let (field, message) = text.split_once(": ").unwrap_or(("query", text));
                Err(Problem::invalid(field, "query.unreadable", message))
            }
        }
    }
}

/// Longest key that still fits an id with a number behind it.
pub(crate) const IDEMPOTENCY_KEY: usize = 150;

/// The `Idempotency-Key` of a request.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().map(str::trim).unwrap_or_default();
    if key.is_empty() || key.len() > IDEMPOTENCY_KEY {
        let message = format!("a key has 1 to {IDEMPOTENCY_KEY} visible ASCII characters");
        return Err(Problem::invalid("Idempotency-Key", "id.length", message));
    }
    Ok(Some(key.to_owned()))
}

/// How many things a page has.
pub(crate) fn page_size(limit: Option<usize>) -> Result<usize, Problem> {
    match limit.unwrap_or(50) {
        limit @ 1..=100 => Ok(limit),
        _ => Err(Problem::invalid("limit", "limit.range", "a page has 1 to 100 things")),
    }
}

/// Most letters of what a browser calls itself that are kept.
const AGENT: usize = 200;

/// The address on the network from which a request came, where something that can be trusted said so.
#[derive(Clone, Debug)]
pub(crate) struct NetworkAddress(pub(crate) String);

/// From where a request came.
pub(crate) fn evidence(request: &Request) -> Evidence {
    let told = request.extensions().get::<NetworkAddress>().map(|address| address.0.clone());
    let seen = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|seen| seen.0.ip().to_string());
    let agent: String = text(request.headers(), USER_AGENT.as_str()).chars().take(AGENT).collect();
    Evidence {
        ip: told.or(seen).map(Into::into),
        agent: Some(agent).filter(|agent| !agent.is_empty()).map(Into::into),
    }
}
