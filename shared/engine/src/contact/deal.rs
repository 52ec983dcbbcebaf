//! Deals: chances to sell something, each at a stage of a pipeline.

use super::record::{Is, Spec};
use crate::limits;

/// Where a deal stands.
pub const STATUSES: &[&str] = &["open", "won", "lost", "abandoned"];

/// What a deal has.
pub const SPEC: Spec = Spec {
    word: "deal",
    most: limits::DEALS,
    attributes: &[
        ("title", Is::Text),
        ("pipeline", Is::Text),
        ("stage", Is::Text),
        ("status", Is::OneOf(STATUSES)),
        ("value", Is::Whole),
        ("currency", Is::Currency),
        ("owner", Is::Text),
        ("reason", Is::Text),
    ],
    standing: ("status", "open"),
    ended: &["won", "lost", "abandoned"],
    verbs: &[
        ("created", None),
        ("updated", None),
        ("won", Some("won")),
        ("lost", Some("lost")),
        ("abandoned", Some("abandoned")),
        ("reopened", Some("open")),
    ],
    watched: &["stage", "status"],
};
