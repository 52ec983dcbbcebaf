//! `list joined: Novità`, `list left: Novità`: only a change fires.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static JOINED_SPEC: Spec =
    Spec::new("list joined", "list.joined").asks("list", &["list"]).carries_only(&["list"]);

/// `list joined: …`
pub const JOINED: Kind = Kind {
    key: "list joined",
    says: "The contact joins a list.",
    shape: Shape::Happened(&JOINED_SPEC),
    read: |node, _, problems| JOINED_SPEC.read(node, problems),
};

static LEFT_SPEC: Spec = Spec::new("list left", "list.left").asks("list", &["list"]).carries_only(&["list"]);

/// `list left: …`
pub const LEFT: Kind = Kind {
    key: "list left",
    says: "The contact leaves a list.",
    shape: Shape::Happened(&LEFT_SPEC),
    read: |node, _, problems| LEFT_SPEC.read(node, problems),
};
