//! The last word on every answer: a failure is logged in one line, and shown to a browser as a page.

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERER, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::negotiate::{language, prefers_json, text};
use crate::{Door, Problem, pages};

/// Everything of ours, nothing from elsewhere. Where a form may lead is left open: a submission may be redirected to
/// the site that asked for it.
const POLICY: &str = "default-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Logs a failure, turns it into a page for a browser, and adds what every answer carries.
pub(crate) async fn finish(State(door): State<Door>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let (method, path) = (request.method().clone(), request.uri().path());
    let is_api = path.starts_with("/v1/") || path.starts_with("/app/v1/") || path == "/openapi.json";
    let wants_page = !is_api && !prefers_json(headers);
    let language = language(headers);
    let back = text(headers, REFERER.as_str()).to_owned();
    // The pattern, not the address: what somebody put into an address may be anybody's.
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();

    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        log(&problem, method.as_str(), &route);
        if wants_page {
            response = as_page(response, pages::problem(&door, language, &problem, &back));
        }
    }
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let is_page = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    }
    // What is said of people is kept by nobody on the way.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// One line a failure, without ids, addresses or bodies.
fn log(problem: &Problem, method: &str, route: &str) {
    let (status, code) = (problem.status, &*problem.code);
    match &problem.reason {
        Some(reason) => tracing::error!(method, route, status, code, reason, "a request failed"),
        // Who tries what they may not do is seen also where only warnings are kept.
        None if matches!(status, 401 | 403) => {
            tracing::warn!(method, route, status, code, "a request was refused");
        }
        None => tracing::info!(method, route, status, code, "a request was refused"),
    }
}

/// The same answer with a page for its body.
fn as_page(response: Response, page: String) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(pages::HTML));
    (parts, page).into_response()
}
