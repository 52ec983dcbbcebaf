//! `group joined: allievi`, `group left: allievi`: only a change fires.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static JOINED_SPEC: Spec =
    Spec::new("group joined", "group.joined").asks("group", &["group"]).carries(&["group"]);

/// `group joined: …`
pub const JOINED: Kind = Kind {
    key: "group joined",
    says: "The contact joins a group.",
    shape: Shape::Happened(&JOINED_SPEC),
    read: |node, _, problems| JOINED_SPEC.read(node, problems),
};

static LEFT_SPEC: Spec = Spec::new("group left", "group.left").asks("group", &["group"]).carries(&["group"]);

/// `group left: …`
pub const LEFT: Kind = Kind {
    key: "group left",
    says: "The contact leaves a group.",
    shape: Shape::Happened(&LEFT_SPEC),
    read: |node, _, problems| LEFT_SPEC.read(node, problems),
};
