//! `tag added: vip`, `tag removed: vip`: only a change fires.

use super::Kind;
use super::happened::Spec;

static ADDED_SPEC: Spec = Spec::new("tag added", "tag.added").asks("tag", &["tag"]).carries_only(&["tag"]);

/// `tag added: …`
pub const ADDED: Kind = Kind { key: "tag added", read: |node, _, problems| ADDED_SPEC.read(node, problems) };

static REMOVED_SPEC: Spec =
    Spec::new("tag removed", "tag.removed").asks("tag", &["tag"]).carries_only(&["tag"]);

/// `tag removed: …`
pub const REMOVED: Kind =
    Kind { key: "tag removed", read: |node, _, problems| REMOVED_SPEC.read(node, problems) };
