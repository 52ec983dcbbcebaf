//! `conversion: corso-venduto`, or `{ conversion: …, value: { at least: 10000 } }`: the contact converted.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static SPEC: Spec = Spec::new("conversion", "conversion.recorded")
    .asks("conversion", &["conversion", "value", "currency"])
    .carries(&["conversion"]);

/// `conversion: …`
pub const KIND: Kind = Kind {
    key: "conversion",
    says: "The contact converted.",
    shape: Shape::Happened(&SPEC),
    read: |node, _, problems| SPEC.read(node, problems),
};
