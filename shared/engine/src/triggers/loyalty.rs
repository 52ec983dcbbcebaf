//! The loyalty card: created, filled, spent from, a balance over or under a threshold, something about to expire.

use super::Kind;
use super::crossing::{self, Way};
use super::happened::Spec;
use crate::workflow::shape::Shape;

static CARD_SPEC: Spec =
    Spec::new("loyalty card created", "loyalty.card_created").asks("number", &["number"]);

/// `loyalty card created: …`
pub const CARD: Kind = Kind {
    key: "loyalty card created",
    says: "There is a loyalty card.",
    shape: Shape::Happened(&CARD_SPEC),
    read: |node, _, problems| CARD_SPEC.read(node, problems),
};

static POINTS_ADDED_SPEC: Spec = Spec::new("loyalty points added", "loyalty.points_added")
    .asks("", &["points", "balance"])
    .carries(&["points", "balance"]);

/// `loyalty points added: …`
pub const POINTS_ADDED: Kind = Kind {
    key: "loyalty points added",
    says: "Points were added.",
    shape: Shape::Happened(&POINTS_ADDED_SPEC),
    read: |node, _, problems| POINTS_ADDED_SPEC.read(node, problems),
};

static POINTS_SPENT_SPEC: Spec = Spec::new("loyalty points spent", "loyalty.points_spent")
    .asks("", &["points", "balance"])
    .carries(&["points", "balance"]);

/// `loyalty points spent: …`
pub const POINTS_SPENT: Kind = Kind {
    key: "loyalty points spent",
    says: "Points were spent.",
    shape: Shape::Happened(&POINTS_SPENT_SPEC),
    read: |node, _, problems| POINTS_SPENT_SPEC.read(node, problems),
};

static AMOUNT_ADDED_SPEC: Spec = Spec::new("loyalty amount added", "loyalty.amount_added")
    .asks("", &["amount", "balance"])
    .carries(&["amount", "balance"]);

/// `loyalty amount added: …`
pub const AMOUNT_ADDED: Kind = Kind {
    key: "loyalty amount added",
    says: "Money was added to the card.",
    shape: Shape::Happened(&AMOUNT_ADDED_SPEC),
    read: |node, _, problems| AMOUNT_ADDED_SPEC.read(node, problems),
};

static AMOUNT_SPENT_SPEC: Spec = Spec::new("loyalty amount spent", "loyalty.amount_spent")
    .asks("", &["amount", "balance"])
    .carries(&["amount", "balance"]);

/// `loyalty amount spent: …`
pub const AMOUNT_SPENT: Kind = Kind {
    key: "loyalty amount spent",
    says: "Money was spent from the card.",
    shape: Shape::Happened(&AMOUNT_SPENT_SPEC),
    read: |node, _, problems| AMOUNT_SPENT_SPEC.read(node, problems),
};

static EXPIRING_SPEC: Spec =
    Spec::new("loyalty points expiring", "loyalty.points_expiring").asks("", &["points"]);

/// `loyalty points expiring: …`
pub const EXPIRING: Kind = Kind {
    key: "loyalty points expiring",
    says: "Points are about to expire.",
    shape: Shape::Happened(&EXPIRING_SPEC),
    read: |node, _, problems| EXPIRING_SPEC.read(node, problems),
};

/// `loyalty points reach: 100`
pub const POINTS_REACH: Kind = Kind {
    key: "loyalty points reach",
    says: "The points go up to that.",
    shape: Shape::Whole,
    read: |node, _, problems| crossing::read("loyalty points reach", POINTS, Way::Up, node, problems),
};

/// `loyalty points fall below: 10`
pub const POINTS_FALL: Kind = Kind {
    key: "loyalty points fall below",
    says: "The points fall below that.",
    shape: Shape::Whole,
    read: |node, _, problems| crossing::read("loyalty points fall below", POINTS, Way::Down, node, problems),
};

/// `loyalty amount reaches: 5000`
pub const AMOUNT_REACHES: Kind = Kind {
    key: "loyalty amount reaches",
    says: "The money goes up to that, in minor units (cents).",
    shape: Shape::Whole,
    read: |node, _, problems| crossing::read("loyalty amount reaches", AMOUNT, Way::Up, node, problems),
};

/// `loyalty amount falls below: 500`
pub const AMOUNT_FALLS: Kind = Kind {
    key: "loyalty amount falls below",
    says: "The money falls below that, in minor units (cents).",
    shape: Shape::Whole,
    read: |node, _, problems| crossing::read("loyalty amount falls below", AMOUNT, Way::Down, node, problems),
};

const POINTS: &str = "loyalty.points_changed";
const AMOUNT: &str = "loyalty.amount_changed";

static REWARD_SPEC: Spec = Spec::new("reward redeemed", "loyalty.reward_redeemed")
    .asks("reward", &["reward", "points"])
    .carries(&["reward", "name", "points", "balance"]);

/// `reward redeemed: …`
pub const REWARD: Kind = Kind {
    key: "reward redeemed",
    says: "A reward was taken for points; by its id.",
    shape: Shape::Happened(&REWARD_SPEC),
    read: |node, _, problems| REWARD_SPEC.read(node, problems),
};
