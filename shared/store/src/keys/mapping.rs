//! What the columns of a file were, kept under a name for the next file like it: `mapping`, `<name>`.

use super::import::{Dates, Target};
use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "mapping", prefix: "mapping", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct MappingRow;

impl Kind for MappingRow {
    type Value = Mapping;
    const FORMAT: u16 = 1;
}

/// The partition of all of them.
pub const PARTITION: &str = "mapping";

/// What columns are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// Each column by its name, and what it is.
    pub columns: Vec<(Arc<str>, Target)>,
    /// How dates are written.
    pub dates: Dates,
}

/// Where it lives.
pub fn key(name: &str) -> Key {
    Key::new(PARTITION, name)
}
