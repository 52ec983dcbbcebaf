//! The fields of contacts: the standard ones, and those that the account invents.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use flusso_app::engine::contact::catalogue::{Choice, CustomField};
use flusso_app::engine::contact::fields::Kind;
use flusso_app::fields::FieldInfo;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::cut;
use super::{Page, PageQuery};
use crate::input::{Asked, Id, JsonBody};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_fields)).routes(routes!(get_field, put_field, delete_field))
}

/// A field that the account invents.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "label": "Service of interest", "kind": "choice", "options": [{ "value": "web", "label": "Web sites" }] }))]
struct FieldDefinition {
    /// The name for people.
    #[schema(example = "Service of interest")]
    label: String,
    /// What stands in it: `text`, `number`, `money`, `date`, `choice`, `multi_choice`, `yes_no`, `phone`, `url` or `file`.
    /// It can't be changed later.
    #[schema(value_type = String, example = "choice")]
    kind: Kind,
    /// The folder. A field stays where it is, if none is given; a new one goes to `general`.
    #[serde(default)]
    #[schema(example = "sales")]
    folder: Option<String>,
    /// Of money: the currency (ISO 4217); the account's, if not given.
    #[serde(default)]
    currency: Option<String>,
    /// Of a choice: what can be chosen, in order.
    #[serde(default)]
    #[schema(required = false)]
    options: Vec<FieldOption>,
    /// What it is for.
    #[serde(default)]
    description: Option<String>,
}

/// Something that can be chosen.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FieldOption {
    /// What is kept, and what workflows compare with.
    #[schema(example = "web")]
    value: String,
    /// The name for people.
    #[schema(example = "Web sites")]
    label: String,
}

/// A field of contacts.
#[derive(Serialize, ToSchema)]
struct ContactField {
    /// Its name in documents and events.
    #[schema(example = "service")]
    key: String,
    /// Whether it is one of those that every account has.
    standard: bool,
    /// The name for people; a standard field has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// What stands in it. Standard fields are also `email`, `zone`, `country` or `stage`.
    #[schema(value_type = String, example = "choice")]
    kind: Kind,
    /// The folder in which it stands.
    #[schema(example = "sales")]
    folder: String,
    /// Of money: the currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// Of a choice: what can be chosen, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    options: Vec<FieldOption>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// What names it: while there is something, the field can't be deleted.
    uses: Vec<FieldUse>,
}

/// Something that names a field.
#[derive(Serialize, ToSchema)]
struct FieldUse {
    /// `workflow` (an active one), `segment`, `form` or `template`.
    #[serde(rename = "in")]
    #[schema(example = "workflow")]
    what: &'static str,
    /// Its id.
    #[schema(example = "welcome")]
    id: String,
    /// How it names the field: by a `trigger`, `condition`, `step`, `text` or `answer`.
    #[schema(example = json!(["condition", "text"]))]
    by: Vec<&'static str>,
}

/// All fields
///
/// Standard and custom, in the order of the folders, each with what names it.
#[utoipa::path(
    get, path = "/v1/fields", tag = "definitions", params(PageQuery),
    responses((status = 200, body = Page<ContactField>)),
)]
async fn list_fields(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<ContactField>>, Problem> {
    let currency = door.app.account().await?.currency;
    let fields = door.app.fields().await?.into_iter();
    let items = fields.map(|field| ContactField::of(field, &currency));
    cut(items, &asked, |one| &one.key)
}

/// A field
#[utoipa::path(
    get, path = "/v1/fields/{key}", tag = "definitions",
    params(("key" = String, Path, description = "Its name in documents and events")),
    responses((status = 200, body = ContactField)),
)]
async fn get_field(State(door): State<Door>, Id(key): Id) -> Result<Json<ContactField>, Problem> {
    let currency = door.app.account().await?.currency;
    Ok(Json(ContactField::of(door.app.field(&key).await?, &currency)))
}

/// Define a field
///
/// Values of events, forms and steps are read by its kind from then on; what contacts have in it already stays.
#[utoipa::path(
    put, path = "/v1/fields/{key}", tag = "definitions", request_body = FieldDefinition,
    params(("key" = String, Path, description = "Its name in documents and events: a-z, digits and _. It can't be changed later")),
    responses(
        (status = 200, body = ContactField),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`field.kind`: a field keeps its kind"),
    ),
)]
async fn put_field(
    state: State<Door>,
    Id(key): Id,
    JsonBody(sent): JsonBody<FieldDefinition>,
) -> Result<Json<ContactField>, Problem> {
    let options = sent.options.into_iter();
    let field = CustomField {
        label: sent.label.into(),
        kind: sent.kind,
        currency: sent.currency.map(|code| code.to_ascii_uppercase().into()),
        options: options
            .map(|option| Choice { value: option.value.into(), label: option.label.into() })
            .collect(),
        description: sent.description.map(Into::into),
    };
    state.app.put_field(&key, sent.folder.as_deref(), &field).await?;
    get_field(state, Id(key)).await
}

/// Delete a field
///
/// What contacts have in it stays, as in a field that nobody defined.
#[utoipa::path(
    delete, path = "/v1/fields/{key}", tag = "definitions",
    params(("key" = String, Path, description = "Its name in documents and events")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`field.in_use`: the detail says by what. `field.standard`: it is always there"),
    ),
)]
async fn delete_field(State(door): State<Door>, Id(key): Id) -> Result<StatusCode, Problem> {
    door.app.delete_field(&key).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl ContactField {
    fn of(field: FieldInfo, account_currency: &str) -> Self {
        let custom = field.custom.as_ref();
        let currency = custom.and_then(|custom| custom.currency.as_deref()).unwrap_or(account_currency);
        let options = custom.map_or(&[][..], |custom| &custom.options).iter();
        let uses = field.uses.into_iter();
        Self {
            key: field.key.to_string(),
            standard: custom.is_none(),
            label: custom.map(|custom| custom.label.to_string()),
            kind: field.kind,
            folder: field.folder.to_string(),
            currency: (field.kind == Kind::Money).then(|| currency.to_owned()),
            options: options
                .map(|option| FieldOption {
                    value: option.value.to_string(),
                    label: option.label.to_string(),
                })
                .collect(),
            description: custom.and_then(|custom| custom.description.as_ref().map(ToString::to_string)),
            uses: uses
                .map(|one| FieldUse { what: one.what, id: one.id, by: one.by.into_iter().collect() })
                .collect(),
        }
    }
}
