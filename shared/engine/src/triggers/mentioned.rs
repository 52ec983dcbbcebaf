//! `mentioned: giulia`: a note names a colleague, as `@giulia`.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static SPEC: Spec = Spec::new("mentioned", "note.mentioned")
    .asks("user", &["user", "by"])
    .carries_only(&["user", "by", "text"]);

/// `mentioned: …`
pub const KIND: Kind = Kind {
    key: "mentioned",
    says: "A note mentions a colleague, as @giulia.",
    shape: Shape::Happened(&SPEC),
    read: |node, _, problems| SPEC.read(node, problems),
};
