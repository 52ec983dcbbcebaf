//! `plan cancelled: oro`: a plan has ended. `plan cancel requested: oro`: its end was asked for.

use super::Kind;
use super::happened::Spec;

static STARTED_SPEC: Spec = Spec::new("plan started", "plan.started")
    .asks("plan", &["plan", "value", "currency"])
    .carries(&["plan", "state"]);

/// `plan started: …`
pub const STARTED: Kind =
    Kind { key: "plan started", read: |node, _, problems| STARTED_SPEC.read(node, problems) };

static REQUESTED_SPEC: Spec = Spec::new("plan cancel requested", "plan.cancel_requested")
    .asks("plan", &["plan", "value", "currency"])
    .carries(&["plan", "state"]);

/// `plan cancel requested: …`
pub const REQUESTED: Kind =
    Kind { key: "plan cancel requested", read: |node, _, problems| REQUESTED_SPEC.read(node, problems) };

static CANCELLED_SPEC: Spec = Spec::new("plan cancelled", "plan.cancelled")
    .asks("plan", &["plan", "value", "currency"])
    .carries(&["plan", "state"]);

/// `plan cancelled: …`
pub const CANCELLED: Kind =
    Kind { key: "plan cancelled", read: |node, _, problems| CANCELLED_SPEC.read(node, problems) };
