//! Colleagues: who contacts are given to, and who is told.

use axum::Json;
use axum::extract::State;
use flusso_app::engine::definitions;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Page;
use crate::input::{Id, JsonBody};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_users)).routes(routes!(get_user, put_user))
}

/// A colleague.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct User {
    /// The name for people.
    #[schema(example = "Giulia Verdi")]
    name: String,
    /// The e-mail address.
    email: String,
    /// The phone number, in international form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
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
    get, path = "/v1/users", tag = "definitions",
    responses((status = 200, body = Page<NamedUser>)),
)]
async fn list_users(State(door): State<Door>) -> Result<Json<Page<NamedUser>>, Problem> {
    let users = door.app.users().await?.into_iter();
    let items = users.map(|(id, user)| NamedUser { id, user: User::of(user) }).collect();
    Ok(Json(Page { items, cursor: None }))
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
    responses((status = 200, body = User)),
)]
async fn put_user(
    State(door): State<Door>,
    Id(id): Id,
    JsonBody(sent): JsonBody<User>,
) -> Result<Json<User>, Problem> {
    let User { name, email, phone } = sent;
    let user = definitions::User { name: name.into(), email: email.into(), phone: phone.map(Into::into) };
    door.app.put_user(&id, &user).await?;
    Ok(Json(User::of(door.app.user(&id).await?)))
}

impl User {
    fn of(user: definitions::User) -> Self {
        let definitions::User { name, email, phone } = user;
        Self { name: name.to_string(), email: email.to_string(), phone: phone.map(|phone| phone.to_string()) }
    }
}
