//! `quote: accepted`, or `quote: { state: sent, value: { at least: 100000 } }`: one of the contact's quotes.

use super::{Kind, owned};
use crate::contact::record::Sort;
use crate::workflow::shape::Shape;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "quote",
    says: "One of the quotes is so.",
    shape: Shape::Owned(Sort::Quote),
    read: |node, _, problems| owned::read(Sort::Quote, "state", node, problems),
};
