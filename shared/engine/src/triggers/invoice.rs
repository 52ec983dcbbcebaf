//! Invoices: new, in another state.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static STATE_SPEC: Spec = Spec::new("invoice", "invoice.state_changed")
    .asks("to", &["from", "to", "number", "amount", "currency", "invoice"])
    .carries(&["invoice", "from", "to", "state"]);

/// `invoice: …`
pub const STATE: Kind = Kind {
    key: "invoice",
    says: "An invoice is in another state, such as overdue or paid.",
    shape: Shape::Happened(&STATE_SPEC),
    read: |node, _, problems| STATE_SPEC.read(node, problems),
};

static CREATED_SPEC: Spec = Spec::new("invoice created", "invoice.created")
    .asks("number", &["number", "amount", "currency", "state"])
    .carries(&["invoice", "state"]);

/// `invoice created: …`
pub const CREATED: Kind = Kind {
    key: "invoice created",
    says: "An invoice is new.",
    shape: Shape::Happened(&CREATED_SPEC),
    read: |node, _, problems| CREATED_SPEC.read(node, problems),
};
