//! `tag added: vip`, `tag removed: vip`: only a change fires.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static ADDED_SPEC: Spec = Spec::new("tag added", "tag.added").asks("tag", &["tag"]).carries_only(&["tag"]);

/// `tag added: …`
pub const ADDED: Kind = Kind {
    key: "tag added",
    says: "The contact gets a tag.",
    shape: Shape::Happened(&ADDED_SPEC),
    read: |node, _, problems| ADDED_SPEC.read(node, problems),
};

static REMOVED_SPEC: Spec =
    Spec::new("tag removed", "tag.removed").asks("tag", &["tag"]).carries_only(&["tag"]);

/// `tag removed: …`
pub const REMOVED: Kind = Kind {
    key: "tag removed",
    says: "The contact loses a tag.",
    shape: Shape::Happened(&REMOVED_SPEC),
    read: |node, _, problems| REMOVED_SPEC.read(node, problems),
};
