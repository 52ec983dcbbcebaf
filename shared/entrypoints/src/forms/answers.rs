//! Reading a submission: as a browser posts it, plainly or in parts, or as a flat object of JSON.

use axum::RequestExt as _;
use axum::extract::multipart::MultipartError;
use axum::extract::{Multipart, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::Problem;
use crate::input::{Body, Limit, limit, read_json};
use crate::negotiate::{essence, is_json, text};

/// The answers in order.
type Answers = Vec<(String, String)>;

/// Reads the body of a submission by its type.
pub(super) async fn read_answers(request: Request) -> Result<Answers, Problem> {
    let content_type = text(request.headers(), CONTENT_TYPE.as_str()).to_owned();
    match &*essence(&content_type) {
        "application/x-www-form-urlencoded" => {
            let Body(bytes) = request.extract().await?;
            let pairs = form_urlencoded::parse(&bytes);
            Ok(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
        }
        "multipart/form-data" => {
            let limit = limit(&request);
            let parts = request.extract::<Multipart, _>().await;
            let parts = parts.map_err(|_| {
                Problem::malformed("multipart.broken", "`multipart/form-data` needs a boundary")
            })?;
            read_parts(parts, limit).await
        }
        _ if is_json(&content_type) => {
            let Body(bytes) = request.extract().await?;
            read_object(read_json(&bytes)?)
        }
        _ => Err(Problem::unsupported(
            "send the form as application/x-www-form-urlencoded, multipart/form-data or application/json",
        )),
    }
}

async fn read_parts(mut parts: Multipart, limit: Limit) -> Result<Answers, Problem> {
    let unread = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => limit.exceeded(),
        _ => {
            Problem::malformed("multipart.broken", "the parts of the body can't be told apart; send it again")
        }
    };
    let mut answers = Vec::new();
    while let Some(part) = parts.next_field().await.map_err(unread)? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let bytes = part.bytes().await.map_err(unread)?;
        // A browser posts an empty file where none was chosen.
        if is_file && bytes.is_empty() {
            continue;
        }
        if is_file {
            let message = "files are not taken with a form; leave the file out";
            return Err(Problem::invalid(name, "form.files", message));
        }
        answers.push((name, String::from_utf8_lossy(&bytes).into_owned()));
    }
    Ok(answers)
}

fn read_object(value: Value) -> Result<Answers, Problem> {
    let Value::Object(object) = value else {
        return Err(Problem::invalid(
            "",
            "json.shape",
            "a submission is an object, with a member for each field",
        ));
    };
    let mut answers = Vec::new();
    for (name, value) in object {
        match value {
            Value::Null => {}
            Value::String(text) => answers.push((name, text)),
            Value::Bool(_) | Value::Number(_) => answers.push((name, value.to_string())),
            Value::Array(items) if items.iter().all(Value::is_string) => {
                let texts = items.into_iter().filter_map(|item| item.as_str().map(str::to_owned));
                answers.extend(texts.map(|text| (name.clone(), text)));
            }
            Value::Array(_) | Value::Object(_) => {
                let message = "an answer is a text, a number, true or false, or a list of texts";
                return Err(Problem::invalid(name, "json.shape", message));
            }
        }
    }
    Ok(answers)
}
