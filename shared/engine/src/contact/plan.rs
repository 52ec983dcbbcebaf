//! Plans: what the contact pays for again and again. That it was asked to end and that it has ended are two things.

use super::record::{Is, Spec};
use crate::limits;

/// Where a plan stands.
pub const STATES: &[&str] = &["active", "cancel_requested", "cancelled"];

/// What a plan has. Its name is the id.
pub const SPEC: Spec = Spec {
    word: "plan",
    most: limits::PLANS,
    attributes: &[
        ("state", Is::OneOf(STATES)),
        ("ends_at", Is::Instant),
        ("value", Is::Whole),
        ("currency", Is::Currency),
    ],
    standing: ("state", "active"),
    ended: &["cancelled"],
    verbs: &[
        ("started", Some("active")),
        ("renewed", Some("active")),
        ("cancel_requested", Some("cancel_requested")),
        ("cancelled", Some("cancelled")),
    ],
    watched: &["state"],
};
