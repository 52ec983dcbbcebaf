//! Appointments: when the contact comes, or is called.

use super::record::{Is, Spec};
use crate::limits;

/// Where an appointment stands.
pub const STATES: &[&str] = &["booked", "cancelled", "attended", "missed"];

/// What an appointment has.
pub const SPEC: Spec = Spec {
    word: "appointment",
    most: limits::APPOINTMENTS,
    attributes: &[("calendar", Is::Text), ("starts_at", Is::Instant), ("state", Is::OneOf(STATES))],
    standing: ("state", "booked"),
    ended: &["cancelled", "attended", "missed"],
    verbs: &[
        ("booked", Some("booked")),
        ("moved", None),
        ("cancelled", Some("cancelled")),
        ("attended", Some("attended")),
        ("missed", Some("missed")),
    ],
    watched: &["state"],
};
