//! A part of an immutable definition: `def/<hash>`, `<part>`; beside the parts of a version of a workflow, what its steps
//! are called, where that follows from older versions: `names`. Kept for ever.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "definition", prefix: "def/", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct DefinitionRow;

impl Kind for DefinitionRow {
    type Value = String;
    const FORMAT: u16 = 1;
}

/// Most bytes of one part: a source of 1 MB takes several rows.
pub const PART_BYTES: usize = 256 * 1024;

/// Where a part lives.
pub fn key(hash: &str, part: usize) -> Key {
    Key::new(partition(hash), format!("{part:04}"))
}

/// Where it says what the steps of a version are called.
pub fn names(hash: &str) -> Key {
    Key::new(partition(hash), NAMES)
}

/// The sort key of what the steps are called.
pub const NAMES: &str = "names";

/// The parts of a definition.
pub fn partition(hash: &str) -> String {
    format!("def/{hash}")
}
