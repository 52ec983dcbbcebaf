//! Contacts that are one person: pairs that may be, merging two, undoing that.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::contact::{Contact, ContactSummary};
use crate::api::{Moment, Page, PageQuery};
use crate::auth::Caller;
use crate::input::{Asked, Id, Ids, JsonBody, check_length, page_size};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list_duplicates))
        .routes(routes!(dismiss_duplicate))
        .routes(routes!(merge_contacts))
        .routes(routes!(unmerge_contacts))
}

/// Two contacts that may be one person.
#[derive(Serialize, ToSchema)]
struct Duplicate {
    /// The one.
    contact: ContactSummary,
    /// The other.
    other: ContactSummary,
    /// The kinds of identities by which that was noticed.
    #[schema(example = json!(["phone"]))]
    by: Vec<String>,
    /// When it was noticed first.
    at: Moment,
}

/// What is merged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Merging {
    /// The contact that is merged into the one of the address, and leads there from then on.
    #[schema(example = "con_0123456789abcdefghjk")]
    contact: String,
    /// Fields of it that are wanted although the other one has its own.
    #[serde(default)]
    #[schema(required = false, value_type = Vec<String>, example = json!(["phone", "city"]))]
    fields: BTreeSet<String>,
}

/// Contacts that may be one person
///
/// Noticed when an event stated an address of the one and a number of the other. Nothing is merged by itself.
#[utoipa::path(
    get, path = "/v1/duplicates", tag = "contacts", params(PageQuery),
    responses((status = 200, body = Page<Duplicate>)),
)]
async fn list_duplicates(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<Duplicate>>, Problem> {
    let (pairs, cursor) = door.app.doubles(asked.cursor, page_size(asked.limit)?).await?;
    let definitions = door.app.definitions().await?;
    let items = pairs.into_iter().map(|pair| Duplicate {
        contact: ContactSummary::of(&pair.contact, &definitions),
        other: ContactSummary::of(&pair.other, &definitions),
        by: pair.double.kinds.iter().map(ToString::to_string).collect(),
        at: Moment::of(pair.double.at, &definitions),
    });
    Ok(Json(Page { items: items.collect(), cursor }))
}

/// Say that two contacts are two people
#[utoipa::path(
    delete, path = "/v1/duplicates/{id}/{other}", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…` of `contact`"),
        ("other" = String, Path, description = "`con_…` of `other`"),
    ),
    responses((status = 204, description = "They are not listed any more")),
)]
async fn dismiss_duplicate(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Ids(id, other): Ids,
) -> Result<StatusCode, Problem> {
    door.app.not_double(&id, &other, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Merge a contact into this one
///
/// Timelines, tags, lists and ledgers are united; of consents and blocks the stricter stays; of two passages through one
/// workflow the one that came further. Addresses, numbers and the id of the other one lead here from then on. For 30 days
/// it can be undone. Merging what is merged changes nothing.
#[utoipa::path(
    post, path = "/v1/contacts/{id}/merge", tag = "contacts", request_body = Merging,
    params(("id" = String, Path, description = "`con_…` of the contact that stays")),
    responses(
        (status = 200, body = Contact),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`merge.same`, `merge.test`, `merge.too_much`"),
    ),
)]
async fn merge_contacts(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
    JsonBody(sent): JsonBody<Merging>,
) -> Result<Json<Contact>, Problem> {
    check_length("contact", &sent.contact)?;
    let theirs = sent.fields.iter().map(|field| field.as_str().into()).collect();
    let merged = door.app.merge(&id, &sent.contact, &theirs, &caller).await?;
    Ok(Json(Contact::of(&merged, &*door.app.definitions().await?, door.app.now())))
}

/// Undo a merge
///
/// The other contact is one of its own again, with what it brought and what came of that since. What was opted out of and
/// what was sent since counts for both.
#[utoipa::path(
    delete, path = "/v1/contacts/{id}/merge/{other}", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…` of the contact that stayed"),
        ("other" = String, Path, description = "`con_…` of the contact that was merged into it"),
    ),
    responses(
        (status = 200, body = Contact, description = "The other contact"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`merge.too_late`, `merge.nested`, `merge.under_way`"),
    ),
)]
async fn unmerge_contacts(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Ids(id, other): Ids,
) -> Result<Json<Contact>, Problem> {
    let (_, parted) = door.app.unmerge(&id, &other, &caller).await?;
    Ok(Json(Contact::of(&parted, &*door.app.definitions().await?, door.app.now())))
}
