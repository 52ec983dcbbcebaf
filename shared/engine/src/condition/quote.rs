//! `quote: accepted`, or `quote: { state: sent, value: { at least: 100000 } }`: one of the contact's quotes.

use super::{Kind, owned};
use crate::contact::record::Sort;

/// How it is written.
pub const KIND: Kind =
    Kind { key: "quote", read: |node, _, problems| owned::read(Sort::Quote, "state", node, problems) };
