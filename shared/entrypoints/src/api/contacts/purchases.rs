//! What a contact bought and paid.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use flusso_app::engine::contact::purchase;
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
    Routes::new().routes(routes!(get_purchases)).routes(routes!(list_payments, post_payment))
}

/// What a contact bought, as running sums.
#[derive(Serialize, ToSchema)]
struct Purchases {
    /// Payments that were completed.
    payments: u32,
    /// Orders that were completed.
    orders: u32,
    /// What was paid less what was refunded, by currency, in minor units (cents): the contact's value so far.
    #[schema(example = json!({ "EUR": 12900 }))]
    lifetime_value: BTreeMap<String, i64>,
    /// The first purchase.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_at: Option<Moment>,
    /// The last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_at: Option<Moment>,
    /// The products that were bought last.
    products: Vec<Product>,
}

/// A product that was bought.
#[derive(Serialize, ToSchema)]
struct Product {
    /// Its name.
    #[schema(example = "libro")]
    name: String,
    /// When it was bought last.
    last_at: Moment,
}

/// A payment, or a refund.
#[derive(Serialize, ToSchema)]
struct Payment {
    /// `pay_…`
    id: String,
    /// How much, in minor units (cents); less than nothing is a refund.
    #[schema(example = 4900)]
    amount: i64,
    /// Of which currency.
    #[schema(example = "EUR")]
    currency: String,
    /// For what, if it was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<String>,
    /// When.
    at: Moment,
}

/// A payment that was made, or given back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "amount": 4900, "currency": "EUR", "product": "libro" }))]
struct Paid {
    /// How much, in minor units (cents).
    #[schema(minimum = 1, example = 4900)]
    amount: i64,
    /// Of which currency; EUR, if none is named.
    #[schema(example = "EUR")]
    currency: Option<String>,
    /// For what.
    product: Option<String>,
    /// Whether it is given back.
    #[serde(default)]
    refund: bool,
}

/// What a contact bought, as running sums
#[utoipa::path(
    get, path = "/v1/contacts/{id}/purchases", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`")),
    responses((status = 200, body = Purchases)),
)]
async fn get_purchases(State(door): State<Door>, Id(id): Id) -> Result<Json<Purchases>, Problem> {
    let contact = door.app.contact(&id).await?;
    let definitions = door.app.definitions().await?;
    let all = &contact.profile.objects.purchases;
    let moment = |at| Moment::of(at, &definitions);
    let mut products: Vec<_> = all.last.iter().collect();
    products.sort_by_key(|(_, at)| std::cmp::Reverse(**at));
    let products =
        products.into_iter().map(|(name, at)| Product { name: name.to_string(), last_at: moment(*at) });
    Ok(Json(Purchases {
        payments: all.payments,
        orders: all.orders,
        lifetime_value: all.net.iter().map(|(currency, net)| (currency.to_string(), *net)).collect(),
        first_at: all.first_at.map(moment),
        last_at: all.last_at.map(moment),
        products: products.collect(),
    }))
}

/// The newest payments of a contact, the newest first; the timeline has them all
#[utoipa::path(
    get, path = "/v1/contacts/{id}/payments", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`"), PageQuery),
    responses((status = 200, body = Page<Payment>)),
)]
async fn list_payments(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<Payment>>, Problem> {
    let contact = door.app.contact(&id).await?;
    let definitions = door.app.definitions().await?;
    let newest = contact.profile.objects.purchases.newest.iter().rev();
    let items = newest.map(|payment| Payment::of(payment, &definitions));
    cut(items, &asked, |one| &one.id)
}

/// Tell of a payment, or of one that was given back
#[utoipa::path(
    post, path = "/v1/contacts/{id}/payments", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the payment: the same one counts once"),
    ),
    request_body = Paid,
    responses((status = 201, body = Purchases)),
)]
async fn post_payment(
    state: State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(contact): Id,
    headers: HeaderMap,
    JsonBody(paid): JsonBody<Paid>,
) -> Result<(StatusCode, Json<Purchases>), Problem> {
    if paid.amount < 1 {
        let message = "an amount is a whole number of minor units (cents), 1 or more; a refund says `refund`";
        return Err(Problem::invalid("amount", "event.data", message));
    }
    let mut data = Map::from_iter([("amount".to_owned(), Value::from(paid.amount))]);
    data.extend(paid.currency.map(|currency| ("currency".to_owned(), currency.into())));
    data.extend(paid.product.map(|product| ("product".to_owned(), product.into())));
    let kind = if paid.refund { "payment.refunded" } else { "payment.completed" };
    let hand = ByHand { contact, caller, key: idempotency_key(&headers)? };
    state.app.do_by_hand(&hand, kind, data).await?;
    Ok((StatusCode::CREATED, get_purchases(state, Id(hand.contact)).await?))
}

impl Payment {
    fn of(payment: &purchase::Payment, definitions: &Definitions) -> Self {
        Self {
            id: payment.id.to_string(),
            amount: payment.amount,
            currency: payment.currency.to_string(),
            product: payment.product.as_ref().map(ToString::to_string),
            at: Moment::of(payment.at, definitions),
        }
    }
}
