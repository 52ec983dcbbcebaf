//! Two contacts that may be one person: `dbl`, `<contact>~<other>`. An index row: fenced by the first one's revision.

use std::sync::Arc;

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::ContactId;
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "double", prefix: "dbl", personal: Personal::Derived };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct DoubleRow;

impl Kind for DoubleRow {
    type Value = Suspected;
    const FORMAT: u16 = 1;
}

/// The partition of all of them.
pub const PARTITION: &str = "dbl";

/// Why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspected {
    /// The kinds of identities that they share.
    pub kinds: Vec<Arc<str>>,
    /// Since when that is known.
    pub at: Instant,
}

/// Where it lives.
pub fn key(contact: &ContactId, other: &ContactId) -> Key {
    Key::new(PARTITION, format!("{contact}~{other}"))
}

/// The two of a sort key.
pub fn pair(sort: &str) -> Option<(ContactId, ContactId)> {
    let (contact, other) = sort.split_once('~')?;
    Some((ContactId::new(contact), ContactId::new(other)))
}
