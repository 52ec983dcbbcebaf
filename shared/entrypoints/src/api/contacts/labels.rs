//! Tags, lists and groups: put on and taken off by hand.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use flusso_app::engine::contact::Contact;
use flusso_app::engine::definitions::Definitions;
use flusso_app::hand::{ByHand, Put};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::page::cut;
use crate::api::{Moment, Page, PageQuery};
use crate::auth::Caller;
use crate::input::{Asked, Id, Ids};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list_tags))
        .routes(routes!(put_tag, delete_tag))
        .routes(routes!(list_lists))
        .routes(routes!(put_list, delete_list))
        .routes(routes!(list_groups))
        .routes(routes!(put_group, delete_group))
}

/// A tag, a list or a group of a contact.
#[derive(Serialize, ToSchema)]
struct Label {
    /// Its name.
    #[schema(example = "vip")]
    name: String,
    /// Since when.
    at: Moment,
}

fn labels(contact: &Contact, what: Put, definitions: &Definitions) -> Vec<Label> {
    let profile = &contact.profile;
    let label = |name: &str, at| Label { name: name.to_owned(), at: Moment::of(at, definitions) };
    match what {
        Put::Tag => profile.tags.iter().map(|(name, at)| label(name, *at)).collect(),
        Put::List => profile.lists.iter().map(|(name, at)| label(name, *at)).collect(),
        Put::Group => {
            let groups = profile.objects.groups.iter().filter(|(_, member)| member.inside);
            groups.map(|(name, member)| label(name, member.at)).collect()
        }
    }
}

async fn list(door: &Door, id: &str, what: Put, asked: &PageQuery) -> Result<Json<Page<Label>>, Problem> {
    let contact = door.app.contact(id).await?;
    cut(labels(&contact, what, &*door.app.definitions().await?), asked, |one| &one.name)
}

async fn put(door: &Door, caller: String, ids: Ids, what: Put) -> Result<Json<Label>, Problem> {
    let Ids(contact, name) = ids;
    let hand = ByHand { contact, caller, key: None };
    let contact = door.app.put_label(&hand, what, &name, true).await?;
    let labels = labels(&contact, what, &*door.app.definitions().await?);
    // A name is kept without the blanks around it.
    let label = labels.into_iter().find(|label| label.name == name.trim());
    label.map(Json).ok_or_else(|| Problem::unavailable("the contact changed meanwhile"))
}

async fn delete(door: &Door, caller: String, ids: Ids, what: Put) -> Result<StatusCode, Problem> {
    let Ids(contact, name) = ids;
    let hand = ByHand { contact, caller, key: None };
    door.app.put_label(&hand, what, &name, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The tags of a contact
#[utoipa::path(
    get, path = "/v1/contacts/{id}/tags", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), PageQuery),
    responses((status = 200, body = Page<Label>)),
)]
async fn list_tags(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<Label>>, Problem> {
    list(&door, &id, Put::Tag, &asked).await
}

/// Add a tag to a contact
///
/// If it is new, workflows see `tag.added`, as when a workflow adds it.
#[utoipa::path(
    put, path = "/v1/contacts/{id}/tags/{tag}", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), ("tag" = String, Path, description = "The tag")),
    responses((status = 200, body = Label)),
)]
async fn put_tag(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    ids: Ids,
) -> Result<Json<Label>, Problem> {
    put(&door, caller, ids, Put::Tag).await
}

/// Remove a tag from a contact
#[utoipa::path(
    delete, path = "/v1/contacts/{id}/tags/{tag}", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), ("tag" = String, Path, description = "The tag")),
    responses((status = 204, description = "It has none of that name any more")),
)]
async fn delete_tag(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    ids: Ids,
) -> Result<StatusCode, Problem> {
    delete(&door, caller, ids, Put::Tag).await
}

/// The lists of a contact
#[utoipa::path(
    get, path = "/v1/contacts/{id}/lists", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), PageQuery),
    responses((status = 200, body = Page<Label>)),
)]
async fn list_lists(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<Label>>, Problem> {
    list(&door, &id, Put::List, &asked).await
}

/// Put a contact on a list
#[utoipa::path(
    put, path = "/v1/contacts/{id}/lists/{list}", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), ("list" = String, Path, description = "The list")),
    responses((status = 200, body = Label)),
)]
async fn put_list(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    ids: Ids,
) -> Result<Json<Label>, Problem> {
    put(&door, caller, ids, Put::List).await
}

/// Take a contact off a list
#[utoipa::path(
    delete, path = "/v1/contacts/{id}/lists/{list}", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), ("list" = String, Path, description = "The list")),
    responses((status = 204, description = "It is on none of that name any more")),
)]
async fn delete_list(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    ids: Ids,
) -> Result<StatusCode, Problem> {
    delete(&door, caller, ids, Put::List).await
}

/// The groups of a contact
#[utoipa::path(
    get, path = "/v1/contacts/{id}/groups", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), PageQuery),
    responses((status = 200, body = Page<Label>)),
)]
async fn list_groups(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<Label>>, Problem> {
    list(&door, &id, Put::Group, &asked).await
}

/// Have a contact join a group
#[utoipa::path(
    put, path = "/v1/contacts/{id}/groups/{group}", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), ("group" = String, Path, description = "The group")),
    responses((status = 200, body = Label)),
)]
async fn put_group(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    ids: Ids,
) -> Result<Json<Label>, Problem> {
    put(&door, caller, ids, Put::Group).await
}

/// Have a contact leave a group
#[utoipa::path(
    delete, path = "/v1/contacts/{id}/groups/{group}", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), ("group" = String, Path, description = "The group")),
    responses((status = 204, description = "It is in none of that name any more")),
)]
async fn delete_group(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    ids: Ids,
) -> Result<StatusCode, Problem> {
    delete(&door, caller, ids, Put::Group).await
}
