//! Colleagues: who contacts are given to, who is told, and who may sign in.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use flusso_app::engine::contact::send::Via;
use flusso_app::engine::definitions::{self, Role};
use flusso_app::engine::workflow::settings;
use flusso_app::rights::Rights;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::account::wrong;
use super::page::cut;
use super::{Page, PageQuery};
use crate::auth::Granted;
use crate::input::{Asked, Id, JsonBody};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_users)).routes(routes!(get_user, put_user, delete_user))
}

/// A colleague.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Giulia", "email": "giulia@shop.example", "phone": "+393331234567", "role": "operator", "zone": "Europe/Rome" }))]
struct User {
    /// The name for people.
    #[schema(example = "Giulia Verdi")]
    name: String,
    /// The e-mail address: that with which they sign in, too.
    email: String,
    /// The phone number, in international form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    /// What they may do: `owner` everything; `manager` all but colleagues, API keys, secrets, and lifting the hold after a
    /// restore; `operator` contacts, events and enrollments, and reading; `read_only` reading. If not given, it stays as it
    /// is; at first it is `operator`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "operator")]
    role: Option<Role>,
    /// The IANA zone in which they live; that of the account, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/Madrid")]
    zone: Option<String>,
    /// When `notify` may tell them something, as in `send window:` of a workflow, on their own clock; always, if not given.
    /// What comes outside waits, and the workflow goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, example = json!({ "days": ["mon-fri"], "between": ["09:00-18:00"] }))]
    quiet_hours: Option<Value>,
    /// By what they want to be told: `email`, `sms`, or both; as the step says, if none is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, value_type = Vec<String>, example = json!(["sms"]))]
    channels: Vec<Via>,
}

/// A colleague and the name by which contacts and documents know them.
#[derive(Serialize, ToSchema)]
struct NamedUser {
    /// The name under which they own contacts.
    #[schema(example = "giulia")]
    id: String,
    /// Who they are.
    #[serde(flatten)]
    user: User,
}

/// All colleagues
#[utoipa::path(
    get, path = "/v1/users", tag = "definitions", params(PageQuery),
    responses((status = 200, body = Page<NamedUser>)),
)]
async fn list_users(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<NamedUser>>, Problem> {
    let users = door.app.users().await?.into_iter();
    let items = users.map(|(id, user)| NamedUser { id, user: User::of(user) });
    cut(items, &asked, |one| &one.id)
}

/// A colleague
#[utoipa::path(
    get, path = "/v1/users/{id}", tag = "definitions",
    params(("id" = String, Path, description = "The name under which they own contacts")),
    responses((status = 200, body = User)),
)]
async fn get_user(State(door): State<Door>, Id(id): Id) -> Result<Json<User>, Problem> {
    Ok(Json(User::of(door.app.user(&id).await?)))
}

/// Say who a colleague is
#[utoipa::path(
    put, path = "/v1/users/{id}", tag = "definitions", request_body = User,
    params(("id" = String, Path, description = "The name under which they own contacts")),
    responses(
        (status = 200, body = User),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "`scope.missing`, `role.missing`: nobody gives or changes a role that may do more than they"),
    ),
)]
async fn put_user(
    State(door): State<Door>,
    Extension(granted): Extension<Granted>,
    Id(id): Id,
    JsonBody(sent): JsonBody<User>,
) -> Result<Json<User>, Problem> {
    let was = door.app.users().await?.into_iter().find(|(name, _)| *name == id).map(|(_, user)| user.role);
    let user = sent.into_user(was)?;
    for role in was.into_iter().chain([user.role]) {
        granted.may_give(&Rights::of(role))?;
    }
    door.app.put_user(&id, &user).await?;
    Ok(Json(User::of(door.app.user(&id).await?)))
}

/// Drop a colleague
///
/// From then on they can't sign in. Contacts that were given to them stay as they are.
#[utoipa::path(
    delete, path = "/v1/users/{id}", tag = "definitions",
    params(("id" = String, Path, description = "The name under which they own contacts")),
    responses(
        (status = 204, description = "They are a colleague no more"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`user_used`: a workflow or a team names them"),
    ),
)]
async fn delete_user(
    State(door): State<Door>,
    Extension(granted): Extension<Granted>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    granted.may_give(&Rights::of(door.app.user(&id).await?.role))?;
    door.app.delete_user(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl User {
    fn of(user: definitions::User) -> Self {
        let definitions::User { name, email, phone, role, zone, quiet, channels } = user;
        Self {
            name: name.to_string(),
            email: email.to_string(),
            phone: phone.map(|phone| phone.to_string()),
            role: Some(role),
            zone: zone.map(|zone| zone.to_string()),
            quiet_hours: quiet.map(|quiet| serde_json::to_value(quiet).unwrap_or_default()),
            channels: channels.into_iter().collect(),
        }
    }

    /// What is kept of it; `was` is the role so far.
    fn into_user(self, was: Option<Role>) -> Result<definitions::User, Problem> {
        let quiet = self.quiet_hours.filter(|quiet| !quiet.is_null());
        let quiet =
            quiet.map(|quiet| settings::parse_window(&quiet.to_string()).map_err(wrong("quiet_hours")));
        Ok(definitions::User {
            name: self.name.into(),
            email: self.email.into(),
            phone: self.phone.map(Into::into),
            role: self.role.or(was).unwrap_or_default(),
            zone: self.zone.map(Into::into),
            quiet: quiet.transpose()?,
            channels: self.channels.into_iter().collect(),
        })
    }
}
