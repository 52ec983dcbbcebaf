//! `invoice: overdue`, or `invoice: { state: [sent, due], amount: { at least: 100000 } }`: one of the contact's invoices.

use super::{Kind, owned};
use crate::contact::record::Sort;
use crate::workflow::shape::Shape;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "invoice",
    says: "One of the invoices is so.",
    shape: Shape::Owned(Sort::Invoice),
    read: |node, _, problems| owned::read(Sort::Invoice, "state", node, problems),
};
