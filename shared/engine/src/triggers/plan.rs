//! `plan cancelled: oro`: a plan has ended. `plan cancel requested: oro`: its end was asked for.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static STARTED_SPEC: Spec = Spec::new("plan started", "plan.started")
    .asks("plan", &["plan", "value", "currency"])
    .carries(&["plan", "state"]);

/// `plan started: …`
pub const STARTED: Kind = Kind {
    key: "plan started",
    says: "A plan begins.",
    shape: Shape::Happened(&STARTED_SPEC),
    read: |node, _, problems| STARTED_SPEC.read(node, problems),
};

static REQUESTED_SPEC: Spec = Spec::new("plan cancel requested", "plan.cancel_requested")
    .asks("plan", &["plan", "value", "currency"])
    .carries(&["plan", "state"]);

/// `plan cancel requested: …`
pub const REQUESTED: Kind = Kind {
    key: "plan cancel requested",
    says: "The end of a plan was asked for.",
    shape: Shape::Happened(&REQUESTED_SPEC),
    read: |node, _, problems| REQUESTED_SPEC.read(node, problems),
};

static CANCELLED_SPEC: Spec = Spec::new("plan cancelled", "plan.cancelled")
    .asks("plan", &["plan", "value", "currency"])
    .carries(&["plan", "state"]);

/// `plan cancelled: …`
pub const CANCELLED: Kind = Kind {
    key: "plan cancelled",
    says: "A plan has ended.",
    shape: Shape::Happened(&CANCELLED_SPEC),
    read: |node, _, problems| CANCELLED_SPEC.read(node, problems),
};

static RENEWED_SPEC: Spec = Spec::new("plan renewed", "plan.renewed")
    .asks("plan", &["plan", "value", "currency"])
    .carries(&["plan", "state"]);

/// `plan renewed: …`
pub const RENEWED: Kind = Kind {
    key: "plan renewed",
    says: "A plan goes on for another time.",
    shape: Shape::Happened(&RENEWED_SPEC),
    read: |node, _, problems| RENEWED_SPEC.read(node, problems),
};
