//! The loyalty card of a contact: what stands on it, its picture, and rewards for points.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use flusso_app::engine::contact;
use flusso_app::engine::contact::loyalty::{self, Unit};
use flusso_app::engine::definitions::Definitions;
use flusso_app::engine::time::Instant;
use flusso_app::hand::ByHand;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Moment;
use crate::auth::Caller;
use crate::input::{Id, JsonBody, OptionalJson, idempotency_key};
use crate::routes::{Routes, routes};
use crate::{Door, Problem, picture};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(get_card, post_card)).routes(routes!(get_picture)).routes(routes!(redeem))
}

/// A loyalty card.
#[derive(Serialize, ToSchema)]
struct LoyaltyCard {
    /// What stands on it: the number that it was given, else one that is derived from whose it is.
    #[schema(example = "2001234567893")]
    number: String,
    /// When it was made.
    created_at: Moment,
    /// The points of this moment.
    points: i64,
    /// The money of this moment, in minor units (cents).
    amount: i64,
    /// The newest rewards that were taken, the newest first.
    redeemed: Vec<Redeemed>,
}

/// A reward that was taken.
#[derive(Serialize, ToSchema)]
struct Redeemed {
    /// Which.
    #[schema(example = "caffe")]
    reward: String,
    /// What it cost.
    points: i64,
    /// When.
    at: Moment,
}

/// A new card.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "number": "2001234567893" }))]
struct NewCard {
    /// What stands on it; derived from whose it is, if none is given.
    #[schema(max_length = 100)]
    number: Option<String>,
}

/// What is taken for points.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Redeem {
    /// Which reward of the account.
    #[schema(example = "caffe")]
    reward: String,
}

/// The loyalty card of a contact
#[utoipa::path(
    get, path = "/v1/contacts/{id}/loyalty", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`")),
    responses((status = 200, body = LoyaltyCard)),
)]
async fn get_card(State(door): State<Door>, Id(id): Id) -> Result<Json<LoyaltyCard>, Problem> {
    let (contact, card) = door.app.loyalty_card(&id).await?;
    Ok(Json(LoyaltyCard::of(&contact, &card, &*door.app.definitions().await?, door.app.now())))
}

/// Give a contact a loyalty card
///
/// One that is there stays as it is, but for its number, if it was given none.
#[utoipa::path(
    post, path = "/v1/contacts/{id}/loyalty", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: the same one counts once"),
    ),
    request_body = Option<NewCard>,
    responses((status = 201, body = LoyaltyCard)),
)]
async fn post_card(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(contact): Id,
    headers: HeaderMap,
    OptionalJson(new): OptionalJson<NewCard>,
) -> Result<(StatusCode, Json<LoyaltyCard>), Problem> {
    let hand = ByHand { contact, caller, key: idempotency_key(&headers)? };
    let (contact, card) = door.app.make_card(&hand, new.number.as_deref()).await?;
    let card = LoyaltyCard::of(&contact, &card, &*door.app.definitions().await?, door.app.now());
    Ok((StatusCode::CREATED, Json(card)))
}

/// The number of a loyalty card as a QR code
#[utoipa::path(
    get, path = "/v1/contacts/{id}/loyalty/card.svg", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`")),
    responses((status = 200, content_type = "image/svg+xml", body = String)),
)]
async fn get_picture(State(door): State<Door>, Id(id): Id) -> Result<impl IntoResponse, Problem> {
    let (contact, card) = door.app.loyalty_card(&id).await?;
    let picture = picture::qr_code(&number(&contact, &card))
        .ok_or_else(|| Problem::unavailable("the number does not fit into a QR code"))?;
    Ok(([(CONTENT_TYPE, "image/svg+xml")], picture))
}

/// Take a reward for points
///
/// Workflows see `loyalty.reward_redeemed`.
#[utoipa::path(
    post, path = "/v1/contacts/{id}/loyalty/redeem", tag = "contacts",
    params(
        ("id" = String, Path, description = "`con_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: the same one counts once"),
    ),
    request_body = Redeem,
    responses(
        (status = 201, body = LoyaltyCard),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such contact, it has no card, or there is no such reward"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`balance_too_low`: there are not so many points"),
    ),
)]
async fn redeem(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(contact): Id,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<Redeem>,
) -> Result<(StatusCode, Json<LoyaltyCard>), Problem> {
    let hand = ByHand { contact, caller, key: idempotency_key(&headers)? };
    let (contact, card, _) = door.app.redeem(&hand, &asked.reward).await?;
    let card = LoyaltyCard::of(&contact, &card, &*door.app.definitions().await?, door.app.now());
    Ok((StatusCode::CREATED, Json(card)))
}

fn number(contact: &contact::Contact, card: &loyalty::Card) -> String {
    card.number.as_ref().map_or_else(|| loyalty::number_of(&contact.id), ToString::to_string)
}

impl LoyaltyCard {
    fn of(contact: &contact::Contact, card: &loyalty::Card, definitions: &Definitions, now: Instant) -> Self {
        let redeemed = card.redeemed.iter().rev().map(|one| Redeemed {
            reward: one.reward.to_string(),
            points: one.points,
            at: Moment::of(one.at, definitions),
        });
        Self {
            number: number(contact, card),
            created_at: Moment::of(card.created_at, definitions),
            points: card.ledger(Unit::Points).value(now),
            amount: card.ledger(Unit::Amount).value(now),
            redeemed: redeemed.collect(),
        }
    }
}
