//! `coupon: issued`, or `coupon: { pool: tshirt-10, state: redeemed }`: one of the contact's coupons.

use super::{Kind, owned};
use crate::contact::record::Sort;
use crate::workflow::shape::Shape;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "coupon",
    says: "One of the coupons is so.",
    shape: Shape::Owned(Sort::Coupon),
    read: |node, _, problems| owned::read(Sort::Coupon, "state", node, problems),
};
