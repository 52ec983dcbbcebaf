//! Quotes: in another state, at another stage.

use super::Kind;
use super::happened::Spec;

static STATE_SPEC: Spec = Spec::new("quote", "quote.state_changed")
    .asks("to", &["from", "to", "stage", "value", "currency", "quote"])
    .carries(&["quote", "from", "to", "state"]);

/// `quote: …`
pub const STATE: Kind = Kind { key: "quote", read: |node, _, problems| STATE_SPEC.read(node, problems) };

static CREATED_SPEC: Spec = Spec::new("quote created", "quote.created")
    .asks("stage", &["stage", "state", "value", "currency"])
    .carries(&["quote", "state"]);

/// `quote created: …`
pub const CREATED: Kind =
    Kind { key: "quote created", read: |node, _, problems| CREATED_SPEC.read(node, problems) };

static STAGE_SPEC: Spec = Spec::new("quote stage", "quote.stage_changed")
    .asks("to", &["from", "to", "state", "value", "currency", "quote"])
    .carries(&["quote", "to", "stage"]);

/// `quote stage: …`
pub const STAGE: Kind =
    Kind { key: "quote stage", read: |node, _, problems| STAGE_SPEC.read(node, problems) };
