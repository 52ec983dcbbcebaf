//! Deals: created, at another stage, won or lost.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static CREATED_SPEC: Spec = Spec::new("deal created", "deal.created")
    .asks("pipeline", &["deal", "pipeline", "stage", "status", "value", "currency", "owner"])
    .carries(&["deal", "status"]);

/// `deal created: …`
pub const CREATED: Kind = Kind {
    key: "deal created",
    says: "A deal is new; by its pipeline.",
    shape: Shape::Happened(&CREATED_SPEC),
    read: |node, _, problems| CREATED_SPEC.read(node, problems),
};

static STAGE_SPEC: Spec = Spec::new("deal stage", "deal.stage_changed")
    .asks("to", &["from", "to", "pipeline", "deal", "value", "owner"])
    .carries(&["deal", "to", "stage"]);

/// `deal stage: …`
pub const STAGE: Kind = Kind {
    key: "deal stage",
    says: "A deal is at another stage.",
    shape: Shape::Happened(&STAGE_SPEC),
    read: |node, _, problems| STAGE_SPEC.read(node, problems),
};

static STATUS_SPEC: Spec = Spec::new("deal status", "deal.status_changed")
    .asks("to", &["from", "to", "pipeline", "stage", "deal", "value", "owner"])
    .carries(&["deal", "from", "to", "status"]);

/// `deal status: …`
pub const STATUS: Kind = Kind {
    key: "deal status",
    says: "A deal has ended, or is open again.",
    shape: Shape::Happened(&STATUS_SPEC),
    read: |node, _, problems| STATUS_SPEC.read(node, problems),
};
