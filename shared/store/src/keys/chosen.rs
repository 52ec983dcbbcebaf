//! A contact that was chosen by a filter when a job began: `chs/<choice>`, `<contact>`. It expires as jobs do.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::ContactId;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "chosen", prefix: "chs/", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct ChosenRow;

impl Kind for ChosenRow {
    type Value = Chosen;
    const FORMAT: u16 = 1;
}

/// Nothing but that it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {}

/// All of a choice.
pub fn partition(choice: &str) -> String {
    format!("chs/{choice}")
}

/// Where it lives.
pub fn key(choice: &str, contact: &ContactId) -> Key {
    Key::new(partition(choice), contact.as_str())
}
