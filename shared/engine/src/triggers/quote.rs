//! Quotes: in another state, at another stage.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static STATE_SPEC: Spec = Spec::new("quote", "quote.state_changed")
    .asks("to", &["from", "to", "stage", "value", "currency", "quote"])
    .carries(&["quote", "from", "to", "state"]);

/// `quote: …`
pub const STATE: Kind = Kind {
    key: "quote",
    says: "A quote is in another state.",
    shape: Shape::Happened(&STATE_SPEC),
    read: |node, _, problems| STATE_SPEC.read(node, problems),
};

static CREATED_SPEC: Spec = Spec::new("quote created", "quote.created")
    .asks("stage", &["stage", "state", "value", "currency"])
    .carries(&["quote", "state"]);

/// `quote created: …`
pub const CREATED: Kind = Kind {
    key: "quote created",
    says: "A quote is new.",
    shape: Shape::Happened(&CREATED_SPEC),
    read: |node, _, problems| CREATED_SPEC.read(node, problems),
};

static STAGE_SPEC: Spec = Spec::new("quote stage", "quote.stage_changed")
    .asks("to", &["from", "to", "state", "value", "currency", "quote"])
    .carries(&["quote", "to", "stage"]);

/// `quote stage: …`
pub const STAGE: Kind = Kind {
    key: "quote stage",
    says: "A quote is at another stage.",
    shape: Shape::Happened(&STAGE_SPEC),
    read: |node, _, problems| STAGE_SPEC.read(node, problems),
};
