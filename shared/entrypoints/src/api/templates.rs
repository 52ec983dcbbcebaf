//! Mail templates.

use axum::Json;
use axum::extract::State;
use flusso_app::engine::ids::ContactId;
use flusso_app::preview_mail::{For, MailPreview};
use flusso_app::templates::MailSource as Source;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::page::cut;
use super::{Page, PageQuery};
use crate::input::{Asked, Id, JsonBody};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list_templates))
        .routes(routes!(preview_template))
        .routes(routes!(get_template, put_template))
}

/// A template that is to be put together, and for whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PreviewAsked {
    /// The template, as it is being written …
    template: Option<Source>,
    /// … or the name of one that is stored.
    name: Option<String>,
    /// The id of the contact for whom; absent for nobody in particular.
    contact: Option<String>,
    /// The language (BCP 47); absent for the contact's, or the account's.
    language: Option<String>,
    /// What the event and the step would give.
    #[serde(default)]
    #[schema(required = false)]
    values: Map<String, Value>,
}

/// A mail as it would be read.
#[derive(Serialize, ToSchema)]
struct Previewed {
    /// The subject; absent where the step gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// The HTML.
    html: String,
    /// The plain text.
    text: String,
    /// Bytes of the HTML: beyond 102 KB, Gmail cuts it off.
    bytes: usize,
    /// What it names and nobody knows, with no default.
    missing: Vec<String>,
    /// What keeps people from reading it.
    findings: Vec<MailFinding>,
}

/// Something about a mail that keeps people from reading it.
#[derive(Serialize, ToSchema)]
struct MailFinding {
    /// What it is.
    code: &'static str,
    /// Whether it must not go out so; else it is advice.
    error: bool,
    /// What is wrong and what to do.
    message: String,
}

/// The names of all mail templates
#[utoipa::path(
    get, path = "/v1/templates", tag = "definitions", params(PageQuery),
    responses((status = 200, body = Page<String>)),
)]
async fn list_templates(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<String>>, Problem> {
    cut(door.app.template_names().await?, &asked, |name| name)
}

/// A mail template
#[utoipa::path(
    get, path = "/v1/templates/{id}", tag = "definitions",
    params(("id" = String, Path, description = "The template's name")),
    responses((status = 200, body = Source)),
)]
async fn get_template(State(door): State<Door>, Id(id): Id) -> Result<Json<Source>, Problem> {
    Ok(Json(door.app.template(&id).await?))
}

/// See a mail template as it would be read
///
/// For a contact, or for nobody in particular; stored or still being written. Nothing is sent, and nothing is kept.
#[utoipa::path(
    post, path = "/v1/templates/preview", tag = "definitions",
    request_body(content = PreviewAsked, example = json!({
        "template": { "subject": "Ciao", "markdown": "Ciao {{ contact.first_name }}, il codice è {{ code }}" },
        "values": { "contact": { "first_name": "Anna" }, "code": "BEN-7K2M" }
    })),
    responses(
        (status = 200, body = Previewed),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such template, or no such contact"),
    ),
)]
async fn preview_template(
    State(door): State<Door>,
    JsonBody(asked): JsonBody<PreviewAsked>,
) -> Result<Json<Previewed>, Problem> {
    let source = match (asked.template, asked.name) {
        (Some(source), None) => source,
        (None, Some(name)) => door.app.template(&name).await?,
        _ => {
            let message = "give `template` or `name`, one of the two";
            return Err(Problem::invalid("template", "template.missing", message));
        }
    };
    let contact = asked.contact.map(|id| ContactId::new(id.as_str()));
    let whom = For { contact, language: asked.language, values: asked.values };
    let MailPreview { subject, html, text, missing, findings } =
        door.app.preview_template(&source, &whom).await?;
    let findings = findings.into_iter().map(|found| {
        let flusso_mail::Finding { code, error, message } = found;
        MailFinding { code, error, message }
    });
    let (bytes, findings) = (html.len(), findings.collect());
    Ok(Json(Previewed { subject, html, text, bytes, missing, findings }))
}

/// Put a mail template
///
/// It is made into HTML and plain text now; those that are made of it are made anew. Messages render with the present one
/// at the moment when they are sent.
#[utoipa::path(
    put, path = "/v1/templates/{id}", tag = "definitions",
    request_body(content = Source, example = json!({
        "subject": "Hai letto la guida?",
        "layout": "newsletter",
        "markdown": "Ciao **{{ contact.first_name | default(\"amico\") }}**,\n\n[leggila qui](https://shop.example/guida)"
    })),
    params(("id" = String, Path, description = "The template's name")),
    responses((status = 200, body = Source)),
)]
async fn put_template(
    State(door): State<Door>,
    Id(id): Id,
    JsonBody(source): JsonBody<Source>,
) -> Result<Json<Source>, Problem> {
    door.app.put_template(&id, &source).await?;
    Ok(Json(source))
}
