//! Coupons: issued, viewed, redeemed, expired; a name is that of the pool.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static ISSUED_SPEC: Spec = Spec::new("coupon issued", "coupon.issued")
    .asks("pool", &["pool", "coupon"])
    .carries(&["coupon", "state"]);

/// `coupon issued: …`
pub const ISSUED: Kind = Kind {
    key: "coupon issued",
    says: "A coupon was given; by its pool.",
    shape: Shape::Happened(&ISSUED_SPEC),
    read: |node, _, problems| ISSUED_SPEC.read(node, problems),
};

static VIEWED_SPEC: Spec = Spec::new("coupon viewed", "coupon.viewed")
    .asks("pool", &["pool", "coupon"])
    .carries(&["coupon", "state"]);

/// `coupon viewed: …`
pub const VIEWED: Kind = Kind {
    key: "coupon viewed",
    says: "A coupon was looked at.",
    shape: Shape::Happened(&VIEWED_SPEC),
    read: |node, _, problems| VIEWED_SPEC.read(node, problems),
};

static REDEEMED_SPEC: Spec = Spec::new("coupon redeemed", "coupon.redeemed")
    .asks("pool", &["pool", "coupon"])
    .carries(&["coupon", "state"]);

/// `coupon redeemed: …`
pub const REDEEMED: Kind = Kind {
    key: "coupon redeemed",
    says: "A coupon was redeemed.",
    shape: Shape::Happened(&REDEEMED_SPEC),
    read: |node, _, problems| REDEEMED_SPEC.read(node, problems),
};

static EXPIRED_SPEC: Spec = Spec::new("coupon expired", "coupon.expired")
    .asks("pool", &["pool", "coupon"])
    .carries(&["coupon", "state"]);

/// `coupon expired: …`
pub const EXPIRED: Kind = Kind {
    key: "coupon expired",
    says: "A coupon has expired.",
    shape: Shape::Happened(&EXPIRED_SPEC),
    read: |node, _, problems| EXPIRED_SPEC.read(node, problems),
};
