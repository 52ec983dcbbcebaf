//! `deal: open`, or `deal: { pipeline: Vendite, stage: Offerta, value: { at least: 100000 } }`: one of the contact's deals.

use super::{Kind, owned};
use crate::contact::record::Sort;
use crate::workflow::shape::Shape;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "deal",
    says: "One of the deals is so.",
    shape: Shape::Owned(Sort::Deal),
    read: |node, _, problems| owned::read(Sort::Deal, "status", node, problems),
};
