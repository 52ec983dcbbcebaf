//! Tasks: what a colleague is to do for the contact.

use super::record::{Is, Spec};
use crate::limits;

/// What a task has.
pub const SPEC: Spec = Spec {
    word: "task",
    most: limits::TASKS,
    attributes: &[
        ("title", Is::Text),
        ("assignee", Is::Text),
        ("due", Is::Instant),
        ("state", Is::OneOf(&["open", "done"])),
    ],
    standing: ("state", "open"),
    ended: &["done"],
    verbs: &[("created", None), ("updated", None), ("completed", Some("done")), ("reopened", Some("open"))],
    watched: &["state"],
};
