//! The contacts with which a job failed, as a file.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

use crate::input::Id;
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

/// Lines of a file of failures, and those that are read at once.
const FAILURES: usize = 20_000;
const FAILURES_AT_ONCE: usize = 1_000;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_failures_csv))
}

/// The contacts with which a job failed, as a file
///
/// CSV with a line for each, the first 20,000: `contact,reason,at`.
#[utoipa::path(
    get, path = "/v1/bulk/{id}/failures.csv", tag = "contacts",
    params(("id" = String, Path, description = "`job_…`")),
    responses((status = 200, body = String, content_type = "text/csv")),
)]
async fn list_failures_csv(State(door): State<Door>, Id(id): Id) -> Result<Response, Problem> {
    let mut file = String::from("contact,reason,at\r\n");
    let (mut cursor, mut lines) = (None, 0);
    loop {
        let page = door.app.job_failures(&id, cursor, FAILURES_AT_ONCE).await?;
        lines += page.items.len();
        for (contact, failure) in page.items {
            // Ids and codes: nothing in them needs quotes.
            write!(file, "{contact},{},{}\r\n", failure.reason, failure.at).unwrap_or_default();
        }
        cursor = page.cursor;
        if cursor.is_none() || lines >= FAILURES {
            let named = format!("attachment; filename=\"{id}-failures.csv\"");
            let named = HeaderValue::from_str(&named).unwrap_or(HeaderValue::from_static("attachment"));
            let kind = HeaderValue::from_static("text/csv; charset=utf-8");
            return Ok(([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, named)], file).into_response());
        }
    }
}
