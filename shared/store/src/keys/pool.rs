//! That there is a pool of coupons: `cpl`, `<pool>`.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "pool", prefix: "cpl", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct PoolRow;

impl Kind for PoolRow {
    type Value = Pool;
    const FORMAT: u16 = 1;
}

/// The partition of all pools.
pub const PARTITION: &str = "cpl";

/// Nothing but its name, so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {}

/// Where it lives.
pub fn key(pool: &str) -> Key {
    Key::new(PARTITION, pool)
}
