//! Pools of coupons: codes to give out, and how many are left.

use axum::Json;
use axum::extract::State;
use flusso_app::coupons;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::cut;
use super::{Page, PageQuery};
use crate::input::{Asked, Id, JsonBody};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_pools)).routes(routes!(put_codes))
}

/// A pool of coupons.
#[derive(Serialize, ToSchema)]
struct CouponPool {
    /// Its name.
    #[schema(example = "tshirt-10")]
    id: String,
    /// Codes that nobody has.
    left: usize,
    /// Codes that somebody has.
    given: usize,
}

/// Codes to give out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Codes {
    /// The codes.
    #[schema(min_items = 1, max_items = 1000, example = json!(["TSHIRT-7K2F", "TSHIRT-9QX1"]))]
    codes: Vec<String>,
}

/// What became of them.
#[derive(Serialize, ToSchema)]
struct AddedCodes {
    /// How many were not in the pool before.
    added: usize,
}

/// All pools of coupons, and how many codes are left in each
#[utoipa::path(
    get, path = "/v1/coupons", tag = "definitions", params(PageQuery),
    responses((status = 200, body = Page<CouponPool>)),
)]
async fn list_pools(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<CouponPool>>, Problem> {
    let pools = door.app.pools().await?.into_iter();
    let items = pools.map(|coupons::Pool { name, left, given }| CouponPool { id: name, left, given });
    cut(items, &asked, |one| &one.id)
}

/// Put codes into a pool
///
/// Codes that are in it already, whether somebody has them or not, stay as they are: the request may be repeated.
#[utoipa::path(
    post, path = "/v1/coupons/{id}", tag = "definitions", request_body = Codes,
    params(("id" = String, Path, description = "The pool's name; it is made if there is none")),
    responses((status = 200, body = AddedCodes)),
)]
async fn put_codes(
    State(door): State<Door>,
    Id(id): Id,
    JsonBody(Codes { codes }): JsonBody<Codes>,
) -> Result<Json<AddedCodes>, Problem> {
    Ok(Json(AddedCodes { added: door.app.put_coupons(&id, &codes).await? }))
}
