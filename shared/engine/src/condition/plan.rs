//! `plan: oro`, or `plan: { plan: oro, state: active }`: one of the contact's plans.

use super::{Kind, owned};
use crate::contact::record::Sort;

/// How it is written.
pub const KIND: Kind =
    Kind { key: "plan", read: |node, _, problems| owned::read(Sort::Plan, "plan", node, problems) };
