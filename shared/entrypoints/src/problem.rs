//! What went wrong, as problem details (RFC 9457): one shape for every failure of the API.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use flusso_app::AppError;
use flusso_app::engine::workflow::{self, Severity};
use serde::Serialize;
use utoipa::ToSchema;

/// Seconds after which a client may try again what was unavailable.
const RETRY_SECONDS: u64 = 2;

/// Problem details, as RFC 9457 has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// What sort of problem it is; the same for all problems of that sort.
    #[serde(rename = "type")]
    #[schema(example = "urn:flusso:problem:invalid")]
    pub kind: String,
    /// The sort of problem in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong here, and what to do.
    pub detail: String,
    /// A stable code for programs.
    #[schema(example = "field.value")]
    pub code: String,
    /// What is wrong with single fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldProblem>,
    /// What is wrong with a workflow's document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub problems: Vec<DocumentProblem>,
    /// For the log alone.
    #[serde(skip)]
    pub(crate) reason: Option<String>,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// The field, as a path into what was sent.
    #[schema(example = "events[3].contact.email")]
    pub field: String,
    /// A stable code.
    pub code: String,
    /// What is wrong, and what to do.
    pub message: String,
}

/// What is wrong with a workflow's document, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DocumentProblem {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// A stable code.
    #[schema(example = "step.unknown")]
    pub code: String,
    /// `error` keeps the workflow from being activated, `warning` does not.
    #[schema(example = "error")]
    pub severity: String,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Problem {
    fn new(status: StatusCode, sort: &str, title: &str, code: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:flusso:problem:{sort}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.to_owned(),
            errors: Vec::new(),
            problems: Vec::new(),
            reason: None,
        }
    }

    /// The request can't be read.
    pub fn malformed(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "The request can't be read", code, detail)
    }

    /// No good key came with the request.
    pub fn unauthorized(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "A key is needed", code, detail)
    }

    /// The request comes from where it must not.
    pub fn forbidden(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Not from here", code, detail)
    }

    /// Whoever asks may not do that.
    pub fn not_allowed(code: &str, detail: impl Into<String>) -> Self {
        let title = "Not with these rights";
        Self::new(StatusCode::FORBIDDEN, "not_allowed", title, code, detail)
    }

    /// There is no such thing.
    pub fn not_found(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing", code, detail)
    }

    /// There was such a thing.
    pub fn gone(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, "gone", "It was erased", code, detail)
    }

    /// The address is right, the method is not.
    pub fn method_not_allowed() -> Self {
        let detail = "this address does not take this method; the header Allow names those that it takes";
        let title = "Not by this method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", title, "method.not_allowed", detail)
    }

    /// It contradicts what is there.
    pub fn conflict(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", "It contradicts what is there", code, detail)
    }

    /// The same problem, its fields found within something larger.
    #[must_use]
    pub fn within(mut self, path: &str) -> Self {
        for error in &mut self.errors {
            error.field =
                if error.field.is_empty() { path.to_owned() } else { format!("{path}.{}", error.field) };
        }
        self
    }

    /// More than is taken at once.
    pub fn too_large(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "Too large", code, detail)
    }

    /// The body is of a type that is not taken here.
    pub fn unsupported(detail: impl Into<String>) -> Self {
        let title = "Not in this form";
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            title,
            "content_type.unsupported",
            detail,
        )
    }

    /// A field is wrong.
    pub fn invalid(field: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        let (field, message) = (field.into(), message.into());
        // Most messages name the field themselves.
        let name = field.rsplit('.').next().unwrap_or_default();
        let detail = if message.contains(name) { message.clone() } else { format!("{field}: {message}") };
        let title = "Something in it is wrong";
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", title, code, detail);
        problem.about(field, message)
    }

    /// It can't be done now; `reason` is for the log.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        let detail =
            "this can't be done at the moment; nothing of it was done, so send it again in a few seconds";
        let title = "Not at the moment";
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", title, "unavailable", detail);
        Self { reason: Some(reason.into()), ..problem }
    }

    /// The same, about one field.
    #[must_use]
    pub(crate) fn about(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        let (field, code, message) = (field.into(), self.code.clone(), message.into());
        self.errors.push(FieldProblem { field, code, message });
        self
    }

    /// A document, such as a workflow, can't be used as it is.
    pub(crate) fn of_document(what: &str, problems: &[workflow::Problem]) -> Self {
        let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
        let detail = match errors {
            1 => format!("the {what} has an error; `problems` says where and what to do"),
            _ => format!("the {what} has {errors} errors; `problems` says where and what to do"),
        };
        let title = format!("The {what} can't be used as it is");
        let code = format!("{what}.problems");
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, what, &title, &code, detail);
        Self { problems: problems.iter().map(DocumentProblem::of).collect(), ..problem }
    }

    /// What the program says of a request; what is wrong with a document of it, under what that is.
    pub(crate) fn of_error(error: AppError, what: &str) -> Self {
        match error {
            AppError::Problems(problems) => Self::of_document(what, &problems),
            other => other.into(),
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl DocumentProblem {
    /// As the engine says it.
    pub(crate) fn of(problem: &workflow::Problem) -> Self {
        let severity = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        Self {
            line: problem.line,
            column: problem.column,
            code: problem.code.to_owned(),
            severity: severity.to_owned(),
            message: problem.message.clone(),
        }
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Invalid { field, code, message } if is_size(code) => {
                Self::too_large(code, message.clone()).about(field, message)
            }
            AppError::Invalid { field, code, message } => Self::invalid(field, code, message),
            AppError::NotFound { what, id } => {
                let code = format!("{}.unknown", what.replace(' ', "_"));
                Self::not_found(&code, format!("there is no {what} `{id}`"))
            }
            AppError::Gone { what, id, at } => {
                Self::gone(&format!("{what}.erased"), format!("the {what} `{id}` was erased at {at}"))
            }
            AppError::Conflict { code, message } => Self::conflict(code, message),
            AppError::Problems(problems) => Self::of_document("workflow", &problems),
            AppError::Unavailable(why) => Self::unavailable(why),
        }
    }
}

/// Limits of bytes, which the door names as such.
fn is_size(code: &str) -> bool {
    ["event.size", "workflow.size"].contains(&code)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_string(&self).unwrap_or_default();
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status() == StatusCode::UNAUTHORIZED {
            let challenge = match &*self.code {
                "key.unknown" => "Bearer realm=\"flusso\", error=\"invalid_token\"",
                _ => "Bearer realm=\"flusso\"",
            };
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if self.status() == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
        }
        // The last layer logs it, and shows it to a browser as a page.
        response.extensions_mut().insert(self);
        response
    }
}
