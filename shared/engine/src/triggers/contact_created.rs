//! `contact created: any`, or `contact created: form` by its source: a contact is new.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static SPEC: Spec = Spec::new("contact created", "contact.created")
    .asks("source", &["source"])
    .carries_only(&["source", "by"]);

/// `contact created: …`
pub const KIND: Kind = Kind {
    key: "contact created",
    says: "A contact is new; by its source.",
    shape: Shape::Happened(&SPEC),
    read: |node, _, problems| SPEC.read(node, problems),
};
