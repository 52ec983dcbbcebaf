//! `contact created: any`, or `contact created: form` by its source: a contact is new.

use super::Kind;
use super::happened::Spec;

static SPEC: Spec = Spec::new("contact created", "contact.created")
    .asks("source", &["source"])
    .carries_only(&["source", "by"]);

/// `contact created: …`
pub const KIND: Kind = Kind { key: "contact created", read: |node, _, problems| SPEC.read(node, problems) };
