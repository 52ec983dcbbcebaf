//! How far a clock that may be moved is ahead of the system's: `clk`, `offset`. Only tests of a deployment write it.

use serde::{Deserialize, Serialize};

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "test_clock", prefix: "clk", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct TestClockRow;

impl Kind for TestClockRow {
    type Value = Offset;
    const FORMAT: u16 = 1;
}

/// How far ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offset {
    /// Milliseconds; negative is behind.
    pub millis: i64,
}

/// Where it lives.
pub fn key() -> Key {
    Key::new("clk", "offset")
}
