//! Invoices: what the contact owes, until when, and whether it was paid.

use super::record::{Is, Spec};
use crate::limits;

/// Where an invoice stands.
pub const STATES: &[&str] = &["draft", "sent", "due", "overdue", "paid", "void"];
/// Where it stands while its end is waited for.
pub const OPEN: &[&str] = &["sent", "due"];

/// What an invoice has.
pub const SPEC: Spec = Spec {
    word: "invoice",
    most: limits::INVOICES,
    attributes: &[
        ("number", Is::Text),
        ("state", Is::OneOf(STATES)),
        ("amount", Is::Whole),
        ("currency", Is::Currency),
        ("due", Is::Instant),
        ("paid_at", Is::Instant),
        ("link", Is::Link),
    ],
    standing: ("state", "draft"),
    ended: &["paid", "void"],
    verbs: &[
        ("created", None),
        ("updated", None),
        ("sent", Some("sent")),
        ("due", Some("due")),
        ("overdue", Some("overdue")),
        ("paid", Some("paid")),
        ("voided", Some("void")),
    ],
    watched: &["state"],
};
