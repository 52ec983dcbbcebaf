//! `list joined: Novità`, `list left: Novità`: only a change fires.

use super::Kind;
use super::happened::Spec;

static JOINED_SPEC: Spec =
    Spec::new("list joined", "list.joined").asks("list", &["list"]).carries_only(&["list"]);

/// `list joined: …`
pub const JOINED: Kind =
    Kind { key: "list joined", read: |node, _, problems| JOINED_SPEC.read(node, problems) };

static LEFT_SPEC: Spec = Spec::new("list left", "list.left").asks("list", &["list"]).carries_only(&["list"]);

/// `list left: …`
pub const LEFT: Kind = Kind { key: "list left", read: |node, _, problems| LEFT_SPEC.read(node, problems) };
