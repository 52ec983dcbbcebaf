//! Contacts put away and deleted, and taken back.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use flusso_app::hand::ByHand;
use flusso_app::hidden::Hide;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::contact::Contact;
use crate::auth::Caller;
use crate::input::{Id, idempotency_key};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(archive_contact))
        .routes(routes!(unarchive_contact))
        .routes(routes!(restore_contact))
        .routes(routes!(delete_contact))
}

/// What is done with contacts themselves.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ContactAct {
    /// They are put away.
    Archive,
    /// They are shown again.
    Unarchive,
    /// They are deleted, and erased in 30 days.
    Delete,
    /// They are there again.
    Restore,
}

impl ContactAct {
    pub(crate) const fn hide(self) -> Hide {
        match self {
            Self::Archive => Hide::Archive,
            Self::Unarchive => Hide::Unarchive,
            Self::Delete => Hide::Delete,
            Self::Restore => Hide::Restore,
        }
    }
}

async fn hide(
    door: &Door,
    caller: String,
    contact: String,
    headers: &HeaderMap,
    what: Hide,
) -> Result<Json<Contact>, Problem> {
    let hand = ByHand { contact, caller, key: idempotency_key(headers)? };
    let contact = door.app.hide_contact(&hand, what).await?;
    Ok(Json(Contact::of(&contact, &*door.app.definitions().await?, door.app.now())))
}

/// Put a contact away
///
/// It is not shown any more where all contacts are, and is in no selection; it keeps its consents, and workflows go on.
#[utoipa::path(
    post, path = "/v1/contacts/{id}/archive", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: the same one counts once"),
    ),
    responses(
        (status = 200, body = Contact),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`contact.deleted`: it is deleted"),
    ),
)]
async fn archive_contact(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Json<Contact>, Problem> {
    hide(&door, caller, id, &headers, Hide::Archive).await
}

/// Show a contact again that was put away
#[utoipa::path(
    post, path = "/v1/contacts/{id}/unarchive", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: the same one counts once"),
    ),
    responses(
        (status = 200, body = Contact),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`contact.deleted`: it is deleted"),
    ),
)]
async fn unarchive_contact(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Json<Contact>, Problem> {
    hide(&door, caller, id, &headers, Hide::Unarchive).await
}

/// Delete a contact
///
/// It is in no list and no selection any more, leaves every workflow, and gets nothing. For 30 days it can be restored; then
/// it is erased. Its addresses stay its own until then: whoever gives them anew, as by a form, is restored by that.
#[utoipa::path(
    delete, path = "/v1/contacts/{id}", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: the same one counts once"),
    ),
    responses((status = 200, body = Contact)),
)]
async fn delete_contact(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Json<Contact>, Problem> {
    hide(&door, caller, id, &headers, Hide::Delete).await
}

/// Restore a deleted contact
///
/// It is as it was, but in no workflow.
#[utoipa::path(
    post, path = "/v1/contacts/{id}/restore", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: the same one counts once"),
    ),
    responses(
        (status = 200, body = Contact),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`contact.too_late`: it is being erased"),
    ),
)]
async fn restore_contact(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Json<Contact>, Problem> {
    hide(&door, caller, id, &headers, Hide::Restore).await
}
