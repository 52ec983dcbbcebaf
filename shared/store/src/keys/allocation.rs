//! What an ask got: `alc/<ask>`, `a`. Once it is there, every retry gets the same.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::contact::ask::Answer;
use flusso_engine::ids::{AskId, ContactId};
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "allocation", prefix: "alc/", personal: Personal::Derived };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct AllocationRow;

impl Kind for AllocationRow {
    type Value = Allocation;
    const FORMAT: u16 = 1;
}

/// What was given to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// Who asked.
    pub contact: ContactId,
    /// What it got.
    pub answer: Answer,
}

/// Where it lives.
pub fn key(ask: &AskId) -> Key {
    Key::new(format!("alc/{ask}"), "a")
}
