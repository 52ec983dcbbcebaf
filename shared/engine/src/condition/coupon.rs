//! `coupon: issued`, or `coupon: { pool: tshirt-10, state: redeemed }`: one of the contact's coupons.

use super::{Kind, owned};
use crate::contact::record::Sort;

/// How it is written.
pub const KIND: Kind =
    Kind { key: "coupon", read: |node, _, problems| owned::read(Sort::Coupon, "state", node, problems) };
