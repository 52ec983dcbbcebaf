//! Contacts that somebody makes or changes by hand.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use flusso_app::contacts;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::contact::Contact;
use crate::auth::Caller;
use crate::input::{Id, JsonBody, idempotency_key};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(create_contact)).routes(routes!(update_contact))
}

/// What is said of a contact.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "fields": { "first_name": "Anna", "city": "Roma" }, "external": { "crm": "4711" } }))]
struct Saving {
    /// Standard and custom fields by their keys; `null` clears one.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({ "email": "anna@example.com", "first_name": "Anna", "city": "Roma" }))]
    fields: Map<String, Value>,
    /// Ids that other systems have for the contact, by system.
    #[serde(default)]
    #[schema(example = json!({ "shopify": "4711" }))]
    external: BTreeMap<String, String>,
}

/// Make a contact
///
/// It is there when this answers. With the same `Idempotency-Key` the same contact is answered.
#[utoipa::path(
    post, path = "/v1/contacts", tag = "contacts", request_body = Saving,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the request")),
    responses(
        (status = 201, body = Contact),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`contact.exists`: another contact has this address, number or id; it is named"),
    ),
)]
async fn create_contact(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    headers: HeaderMap,
    JsonBody(sent): JsonBody<Saving>,
) -> Result<(StatusCode, Json<Contact>), Problem> {
    let key = idempotency_key(&headers)?;
    let contact = door.app.create_contact(sent.into(), &caller, key.as_deref()).await?;
    let definitions = door.app.definitions().await?;
    Ok((StatusCode::CREATED, Json(Contact::of(&contact, &definitions, door.app.now()))))
}

/// Change what is known of a contact
///
/// Fields that are not named stay as they are.
#[utoipa::path(
    patch, path = "/v1/contacts/{id}", tag = "contacts", request_body = Saving,
    params(
        ("id" = String, Path, description = "`con_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request"),
    ),
    responses(
        (status = 200, body = Contact),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`contact.exists`: another contact has this address, number or id; it is named"),
    ),
)]
async fn update_contact(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
    headers: HeaderMap,
    JsonBody(sent): JsonBody<Saving>,
) -> Result<Json<Contact>, Problem> {
    let key = idempotency_key(&headers)?;
    let contact = door.app.update_contact(&id, sent.into(), &caller, key.as_deref()).await?;
    let definitions = door.app.definitions().await?;
    Ok(Json(Contact::of(&contact, &definitions, door.app.now())))
}

impl From<Saving> for contacts::Saving {
    fn from(sent: Saving) -> Self {
        Self { fields: sent.fields, external: sent.external }
    }
}
