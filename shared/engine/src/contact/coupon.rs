//! Coupons: codes of the contact's own. The code is the id.

use super::record::{Is, Spec};
use crate::limits;

/// Where a coupon stands.
pub const STATES: &[&str] = &["issued", "viewed", "redeemed", "expired"];

/// What a coupon has.
pub const SPEC: Spec = Spec {
    word: "coupon",
    most: limits::COUPONS,
    attributes: &[("pool", Is::Text), ("state", Is::OneOf(STATES)), ("valid_until", Is::Instant)],
    standing: ("state", "issued"),
    ended: &["redeemed", "expired"],
    verbs: &[
        ("issued", None),
        ("viewed", Some("viewed")),
        ("redeemed", Some("redeemed")),
        ("expired", Some("expired")),
    ],
    watched: &["state"],
};
