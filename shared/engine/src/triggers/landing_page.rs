//! `landing page: corso` fires when the contact completed that landing page.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static SPEC: Spec = Spec::new("landing page", "landing_page.completed")
    .asks("landing_page", &["landing_page"])
    .carries(&["landing_page"]);

/// `landing page: …`
pub const KIND: Kind = Kind {
    key: "landing page",
    says: "A landing page was completed.",
    shape: Shape::Happened(&SPEC),
    read: |node, _, problems| SPEC.read(node, problems),
};
