//! Conversions of a contact, and what led to them.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use flusso_app::engine::contact::conversion::Converted;
use flusso_app::engine::contact::touch;
use flusso_app::engine::definitions::Definitions;
use flusso_app::hand::ByHand;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::api::page::cut;
use crate::api::{Moment, Page, PageQuery};
use crate::auth::Caller;
use crate::input::{Asked, Id, JsonBody, idempotency_key};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_conversions, post_conversion))
}

/// The conversions of a contact by one definition.
#[derive(Serialize, ToSchema)]
struct ContactConversion {
    /// Which.
    #[schema(example = "corso-venduto")]
    conversion: String,
    /// How many.
    count: u32,
    /// What they are worth together, by currency, in minor units (cents).
    #[schema(example = json!({ "EUR": 12900 }))]
    value: BTreeMap<String, i64>,
    /// The last one.
    last_at: Moment,
    /// The message that led to the last one: the latest within its window. The timeline has them all.
    #[serde(skip_serializing_if = "Option::is_none")]
    led_by: Option<Touch>,
}

/// A message that may have led to a conversion.
#[derive(Serialize, ToSchema)]
struct Touch {
    /// `snd_…`
    send: String,
    /// Of which workflow.
    workflow: String,
    /// Of which step.
    step: String,
    /// Whether a link of it was followed; else it was sent.
    clicked: bool,
    /// When.
    at: Moment,
}

/// That a contact converted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "conversion": "corso-venduto", "value": 12900, "currency": "EUR" }))]
struct Told {
    /// By which definition; any name is one.
    #[schema(max_length = 100, example = "corso-venduto")]
    conversion: String,
    /// What it is worth, in minor units (cents).
    value: Option<i64>,
    /// Of which currency; EUR, if none is named.
    currency: Option<String>,
}

/// The conversions of a contact
#[utoipa::path(
    get, path = "/v1/contacts/{id}/conversions", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), PageQuery),
    responses((status = 200, body = Page<ContactConversion>)),
)]
async fn list_conversions(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<ContactConversion>>, Problem> {
    let contact = door.app.contact(&id).await?;
    let definitions = door.app.definitions().await?;
    let all = contact.profile.objects.conversions.iter();
    let items = all.map(|(name, one)| ContactConversion::of(name, one, &definitions));
    cut(items, &asked, |one| &one.conversion)
}

/// Tell that a contact converted
///
/// What the account counts as a conversion is recorded by itself; this is for everything else.
#[utoipa::path(
    post, path = "/v1/contacts/{id}/conversions", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the conversion: the same one counts once"),
    ),
    request_body = Told,
    responses((status = 201, body = ContactConversion)),
)]
async fn post_conversion(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(contact): Id,
    headers: HeaderMap,
    JsonBody(told): JsonBody<Told>,
) -> Result<(StatusCode, Json<ContactConversion>), Problem> {
    let name = told.conversion.trim().to_owned();
    let mut data = Map::from_iter([("conversion".to_owned(), Value::from(name.as_str()))]);
    data.extend(told.value.map(|value| ("value".to_owned(), value.into())));
    data.extend(told.currency.map(|currency| ("currency".to_owned(), currency.into())));
    let hand = ByHand { contact, caller, key: idempotency_key(&headers)? };
    let contact = door.app.do_by_hand(&hand, "conversion.recorded", data).await?;
    let converted = contact.profile.objects.conversions.get(name.as_str());
    let converted =
        converted.ok_or_else(|| Problem::invalid("conversion", "event.data", "a conversion has a name"))?;
    let shown = ContactConversion::of(&name, converted, &*door.app.definitions().await?);
    Ok((StatusCode::CREATED, Json(shown)))
}

impl ContactConversion {
    fn of(name: &str, one: &Converted, definitions: &Definitions) -> Self {
        Self {
            conversion: name.to_owned(),
            count: one.count,
            value: one.value.iter().map(|(currency, sum)| (currency.to_string(), *sum)).collect(),
            last_at: Moment::of(one.last_at, definitions),
            led_by: one.led_by.as_ref().map(|touch| Touch::of(touch, definitions)),
        }
    }
}

impl Touch {
    fn of(touch: &touch::Touch, definitions: &Definitions) -> Self {
        Self {
            send: touch.send.to_string(),
            workflow: touch.workflow.to_string(),
            step: touch.step.to_string(),
            clicked: touch.clicked,
            at: Moment::of(touch.at, definitions),
        }
    }
}
