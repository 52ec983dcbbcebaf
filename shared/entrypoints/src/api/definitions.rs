//! What workflows name besides forms: mail templates, teams, and the account's settings.

use axum::Json;
use axum::extract::State;
use flusso_app::define::StoredTemplate;
use flusso_app::engine::definitions;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Page;
use crate::input::{Id, JsonBody};
use crate::words::Language;
use crate::{Door, Problem};

pub(crate) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(list_templates))
        .routes(routes!(get_template, put_template))
        .routes(routes!(list_teams))
        .routes(routes!(get_team, put_team))
        .routes(routes!(get_account, put_account))
}

/// A mail template.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MailTemplate {
    /// The subject, where a step names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// The plain text, with merge fields.
    text: String,
}

/// Colleagues whom a step may notify.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Team {
    /// Their e-mail addresses.
    emails: Vec<String>,
}

/// The account's settings.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Account {
    /// The name of the business.
    name: String,
    /// The IANA time zone in which days are counted where nothing nearer is known.
    #[schema(example = "Europe/Rome")]
    zone: String,
    /// The sender of messages that name none.
    #[schema(example = "Flusso <hello@flusso.example>")]
    from: String,
    /// The language (ISO 639-1) of what is said to contacts whose own is not known; it stays as it is, if not given.
    #[serde(default)]
    #[schema(example = "it")]
    language: Option<String>,
    /// Whether the balance of a loyalty card may fall below zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    loyalty_below_zero: Option<bool>,
    /// Whether do-not-disturb of SMS and of WhatsApp are two things; else each brings the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sms_and_whatsapp_apart: Option<bool>,
}

/// The names of all mail templates
#[utoipa::path(
    get, path = "/v1/templates", tag = "definitions",
    responses((status = 200, body = Page<String>)),
)]
async fn list_templates(State(door): State<Door>) -> Result<Json<Page<String>>, Problem> {
    Ok(Json(Page { items: door.app.template_names().await?, cursor: None }))
}

/// A mail template
#[utoipa::path(
    get, path = "/v1/templates/{id}", tag = "definitions",
    params(("id" = String, Path, description = "The template's name")),
    responses((status = 200, body = MailTemplate)),
)]
async fn get_template(State(door): State<Door>, Id(id): Id) -> Result<Json<MailTemplate>, Problem> {
    let StoredTemplate { subject, text } = door.app.template(&id).await?;
    Ok(Json(MailTemplate { subject, text }))
}

/// Put a mail template
///
/// Messages render with the present one at the moment when they are sent.
#[utoipa::path(
    put, path = "/v1/templates/{id}", tag = "definitions", request_body = MailTemplate,
    params(("id" = String, Path, description = "The template's name")),
    responses((status = 200, body = MailTemplate)),
)]
async fn put_template(
    State(door): State<Door>,
    Id(id): Id,
    JsonBody(MailTemplate { subject, text }): JsonBody<MailTemplate>,
) -> Result<Json<MailTemplate>, Problem> {
    let stored = StoredTemplate { subject, text };
    door.app.put_template(&id, &stored).await?;
    Ok(Json(MailTemplate { subject: stored.subject, text: stored.text }))
}

/// The names of all teams
#[utoipa::path(
    get, path = "/v1/teams", tag = "definitions",
    responses((status = 200, body = Page<String>)),
)]
async fn list_teams(State(door): State<Door>) -> Result<Json<Page<String>>, Problem> {
    Ok(Json(Page { items: door.app.team_names().await?, cursor: None }))
}

/// A team
#[utoipa::path(
    get, path = "/v1/teams/{id}", tag = "definitions",
    params(("id" = String, Path, description = "The team's name")),
    responses((status = 200, body = Team)),
)]
async fn get_team(State(door): State<Door>, Id(id): Id) -> Result<Json<Team>, Problem> {
    Ok(Json(Team { emails: door.app.team(&id).await? }))
}

/// Set the members of a team
#[utoipa::path(
    put, path = "/v1/teams/{id}", tag = "definitions", request_body = Team,
    params(("id" = String, Path, description = "The team's name")),
    responses((status = 200, body = Team)),
)]
async fn put_team(
    State(door): State<Door>,
    Id(id): Id,
    JsonBody(team): JsonBody<Team>,
) -> Result<Json<Team>, Problem> {
    door.app.put_team(&id, &team.emails).await?;
    Ok(Json(Team { emails: door.app.team(&id).await? }))
}

/// The account's settings
#[utoipa::path(
    get, path = "/v1/account", tag = "definitions",
    responses((status = 200, body = Account)),
)]
async fn get_account(State(door): State<Door>) -> Result<Json<Account>, Problem> {
    let definitions::Account { name, zone, from, language, loyalty_below_zero, sms_and_whatsapp_apart } =
        door.app.account().await?;
    Ok(Json(Account {
        name: name.to_string(),
        zone: zone.to_string(),
        from: from.to_string(),
        language: Some(language.to_string()),
        loyalty_below_zero: Some(loyalty_below_zero),
        sms_and_whatsapp_apart: Some(sms_and_whatsapp_apart),
    }))
}

/// Change the account's settings
#[utoipa::path(
    put, path = "/v1/account", tag = "definitions", request_body = Account,
    responses((status = 200, body = Account)),
)]
async fn put_account(
    state: State<Door>,
    JsonBody(sent): JsonBody<Account>,
) -> Result<Json<Account>, Problem> {
    let stored = state.app.account().await?;
    let language = match sent.language {
        Some(code) if Language::parse(&code).is_none() => {
            let message = format!("`{code}` is none of the languages here: en, it, es");
            return Err(Problem::invalid("language", "language.unknown", message));
        }
        Some(code) => code.to_ascii_lowercase().into(),
        None => stored.language,
    };
    let account = definitions::Account {
        name: sent.name.into(),
        zone: sent.zone.into(),
        from: sent.from.into(),
        language,
        loyalty_below_zero: sent.loyalty_below_zero.unwrap_or(stored.loyalty_below_zero),
        sms_and_whatsapp_apart: sent.sms_and_whatsapp_apart.unwrap_or(stored.sms_and_whatsapp_apart),
    };
    state.app.put_account(account).await?;
    get_account(state).await
}
