//! Who or what else a contact has to do with, said by hand.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use flusso_app::engine::contact::association::{Association, Other};
use flusso_app::engine::definitions::Definitions;
use flusso_app::hand::ByHand;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::page::cut;
use crate::api::{Moment, Page, PageQuery};
use crate::auth::Caller;
use crate::input::{Asked, Id, OptionalJson, Three};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_associations)).routes(routes!(put_association, delete_association))
}

/// Who or what else a contact has to do with.
#[derive(Serialize, ToSchema)]
struct ContactAssociation {
    /// What the other is to the contact.
    #[serde(rename = "type")]
    #[schema(example = "parent")]
    kind: String,
    /// The other contact: `con_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<String>,
    /// The company, by its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<String>,
    /// Since when.
    at: Moment,
}

/// How the other one sees it.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Inverse {
    /// What the contact is to the other one. If it is not given: of `parent` it is `child`, of `employer` `employee`, of
    /// `manager` `report`, of `referrer` `referred`, of `supplier` `customer`, of `teacher` `student`, and the other way
    /// round; of every other type the same.
    #[schema(example = "child")]
    inverse: Option<String>,
}

/// Who or what else a contact has to do with
#[utoipa::path(
    get, path = "/v1/contacts/{id}/associations", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), PageQuery),
    responses((status = 200, body = Page<ContactAssociation>)),
)]
async fn list_associations(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<ContactAssociation>>, Problem> {
    let contact = door.app.contact(&id).await?;
    let definitions = door.app.definitions().await?;
    let associations = contact.profile.objects.associations.iter();
    let items = associations.map(|one| ContactAssociation::of(one, &definitions));
    cut(items, &asked, |one| one.contact.as_deref().or(one.company.as_deref()).unwrap_or_default())
}

/// Say what another contact, or a company, is to a contact
///
/// Another contact has it too, the other way round: of a parent, the child.
#[utoipa::path(
    put, path = "/v1/contacts/{id}/associations/{type}/{other}", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…`"),
        ("type" = String, Path, description = "What the other is to the contact, such as `parent`"),
        ("other" = String, Path, description = "`con_…`, or the name of a company"),
    ),
    request_body = Option<Inverse>,
    responses(
        (status = 204, description = "It is so"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`limit_reached`: one of the two has all that it can have"),
    ),
)]
async fn put_association(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Three(contact, kind, other): Three,
    OptionalJson(said): OptionalJson<Inverse>,
) -> Result<StatusCode, Problem> {
    let hand = ByHand { contact, caller, key: None };
    door.app.associate(&hand, &kind, &other, said.inverse.as_deref(), true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Say it no more
#[utoipa::path(
    delete, path = "/v1/contacts/{id}/associations/{type}/{other}", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…`"),
        ("type" = String, Path, description = "What the other is to the contact, such as `parent`"),
        ("other" = String, Path, description = "`con_…`, or the name of a company"),
    ),
    responses((status = 204, description = "It is so no more")),
)]
async fn delete_association(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Three(contact, kind, other): Three,
) -> Result<StatusCode, Problem> {
    let hand = ByHand { contact, caller, key: None };
    door.app.associate(&hand, &kind, &other, None, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl ContactAssociation {
    fn of(one: &Association, definitions: &Definitions) -> Self {
        let (contact, company) = match &one.other {
            Other::Contact(id) => (Some(id.to_string()), None),
            Other::Company(name) => (None, Some(name.to_string())),
        };
        Self { kind: one.kind.to_string(), contact, company, at: Moment::of(one.at, definitions) }
    }
}
