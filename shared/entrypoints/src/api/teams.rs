//! Teams: the colleagues whom a step may notify.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::cut;
use super::{Page, PageQuery};
use crate::input::{Asked, Id, JsonBody};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_teams)).routes(routes!(get_team, put_team))
}

/// Colleagues whom a step may notify.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "emails": ["vendite@shop.example"] }))]
struct Team {
    /// E-mail addresses.
    #[serde(default)]
    #[schema(required = false)]
    emails: Vec<String>,
    /// Colleagues, by the names under which they own contacts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, example = json!(["giulia"]))]
    users: Vec<String>,
}

impl Team {
    fn of(members: Vec<String>) -> Self {
        let (emails, users) = members.into_iter().partition(|member| member.contains('@'));
        Self { emails, users }
    }

    fn members(self) -> Result<Vec<String>, Problem> {
        let Self { emails, users } = self;
        let no_address = emails.iter().position(|email| !email.contains('@'));
        if let Some(at) = no_address {
            let message = format!("`{}` is not an e-mail address", emails[at]);
            return Err(Problem::invalid(format!("emails[{at}]"), "email.unreadable", message));
        }
        if let Some(at) = users.iter().position(|user| user.contains('@')) {
            let message = format!("`{}` is no colleague's name; addresses are `emails`", users[at]);
            return Err(Problem::invalid(format!("users[{at}]"), "user.unknown", message));
        }
        Ok(emails.into_iter().chain(users).collect())
    }
}

/// The names of all teams
#[utoipa::path(
    get, path = "/v1/teams", tag = "definitions", params(PageQuery),
    responses((status = 200, body = Page<String>)),
)]
async fn list_teams(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<String>>, Problem> {
    cut(door.app.team_names().await?, &asked, |name| name)
}

/// A team
#[utoipa::path(
    get, path = "/v1/teams/{id}", tag = "definitions",
    params(("id" = String, Path, description = "The team's name")),
    responses((status = 200, body = Team)),
)]
async fn get_team(State(door): State<Door>, Id(id): Id) -> Result<Json<Team>, Problem> {
    Ok(Json(Team::of(door.app.team(&id).await?)))
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
    door.app.put_team(&id, &team.members()?).await?;
    Ok(Json(Team::of(door.app.team(&id).await?)))
}
