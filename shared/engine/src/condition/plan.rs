//! `plan: oro`, or `plan: { plan: oro, state: active }`: one of the contact's plans.

use super::{Kind, owned};
use crate::contact::record::Sort;
use crate::workflow::shape::Shape;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "plan",
    says: "One of the plans is so.",
    shape: Shape::Owned(Sort::Plan),
    read: |node, _, problems| owned::read(Sort::Plan, "plan", node, problems),
};
