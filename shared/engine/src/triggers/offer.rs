//! Offers and courses: granted, revoked.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static GRANTED_SPEC: Spec =
    Spec::new("offer granted", "offer.granted").asks("offer", &["offer"]).carries(&["offer", "state"]);

/// `offer granted: …`
pub const GRANTED: Kind = Kind {
    key: "offer granted",
    says: "The contact gets access to an offer or course.",
    shape: Shape::Happened(&GRANTED_SPEC),
    read: |node, _, problems| GRANTED_SPEC.read(node, problems),
};

static REVOKED_SPEC: Spec =
    Spec::new("offer revoked", "offer.revoked").asks("offer", &["offer"]).carries(&["offer", "state"]);

/// `offer revoked: …`
pub const REVOKED: Kind = Kind {
    key: "offer revoked",
    says: "The contact loses access to it.",
    shape: Shape::Happened(&REVOKED_SPEC),
    read: |node, _, problems| REVOKED_SPEC.read(node, problems),
};
