//! Coupons of a pool: `cpn/<pool>`, `free/<code>` while nobody has it, `used/<code>` once somebody does.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::ContactId;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "coupon", prefix: "cpn/", personal: Personal::Derived };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct CouponRow;

impl Kind for CouponRow {
    type Value = Coupon;
    const FORMAT: u16 = 1;
}

/// Who has a code; nobody, while it is free.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coupon {
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
}

/// How the codes that nobody has begin.
pub const FREE: &str = "free/";
/// How the codes that somebody has begin.
pub const USED: &str = "used/";

/// All codes of a pool.
pub fn partition(pool: &str) -> String {
    format!("cpn/{pool}")
}

/// Where a code that nobody has lives.
pub fn free(pool: &str, code: &str) -> Key {
    Key::new(partition(pool), format!("{FREE}{code}"))
}

/// Where a code that somebody has lives.
pub fn used(pool: &str, code: &str) -> Key {
    Key::new(partition(pool), format!("{USED}{code}"))
}
