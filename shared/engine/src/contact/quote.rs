//! Quotes: prices that were asked for.

use super::record::{Is, Spec};
use crate::limits;

/// Where a quote stands.
pub const STATES: &[&str] = &["draft", "sent", "viewed", "accepted", "rejected", "expired"];

/// What a quote has.
pub const SPEC: Spec = Spec {
    word: "quote",
    most: limits::QUOTES,
    attributes: &[
        ("title", Is::Text),
        ("state", Is::OneOf(STATES)),
        ("stage", Is::Text),
        ("value", Is::Whole),
        ("currency", Is::Currency),
        ("deal", Is::Text),
    ],
    standing: ("state", "draft"),
    ended: &["accepted", "rejected", "expired"],
    verbs: &[
        ("created", None),
        ("updated", None),
        ("sent", Some("sent")),
        ("viewed", Some("viewed")),
        ("accepted", Some("accepted")),
        ("rejected", Some("rejected")),
        ("expired", Some("expired")),
    ],
    watched: &["state", "stage"],
};
