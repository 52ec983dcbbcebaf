//! Offers and courses: granted, revoked.

use super::Kind;
use super::happened::Spec;

static GRANTED_SPEC: Spec =
    Spec::new("offer granted", "offer.granted").asks("offer", &["offer"]).carries(&["offer", "state"]);

/// `offer granted: …`
pub const GRANTED: Kind =
    Kind { key: "offer granted", read: |node, _, problems| GRANTED_SPEC.read(node, problems) };

static REVOKED_SPEC: Spec =
    Spec::new("offer revoked", "offer.revoked").asks("offer", &["offer"]).carries(&["offer", "state"]);

/// `offer revoked: …`
pub const REVOKED: Kind =
    Kind { key: "offer revoked", read: |node, _, problems| REVOKED_SPEC.read(node, problems) };
