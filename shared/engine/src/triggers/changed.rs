//! `status changed: cliente` or `{ from: lead, to: cliente }`, and the same for the lifecycle stage and the owner.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static STATUS_SPEC: Spec =
    Spec::new("status changed", "status.changed").asks("to", &["from", "to"]).carries_only(&["from", "to"]);

/// `status changed: …`
pub const STATUS: Kind = Kind {
    key: "status changed",
    says: "The status has another value.",
    shape: Shape::Happened(&STATUS_SPEC),
    read: |node, _, problems| STATUS_SPEC.read(node, problems),
};

static LIFECYCLE_SPEC: Spec = Spec::new("lifecycle changed", "lifecycle.changed")
    .asks("to", &["from", "to"])
    .carries_only(&["from", "to"]);

/// `lifecycle changed: …`
pub const LIFECYCLE: Kind = Kind {
    key: "lifecycle changed",
    says: "The lifecycle stage is another one.",
    shape: Shape::Happened(&LIFECYCLE_SPEC),
    read: |node, _, problems| LIFECYCLE_SPEC.read(node, problems),
};

static OWNER_SPEC: Spec =
    Spec::new("owner changed", "owner.changed").asks("to", &["from", "to"]).carries_only(&["from", "to"]);

/// `owner changed: …`
pub const OWNER: Kind = Kind {
    key: "owner changed",
    says: "The owner is another one.",
    shape: Shape::Happened(&OWNER_SPEC),
    read: |node, _, problems| OWNER_SPEC.read(node, problems),
};
