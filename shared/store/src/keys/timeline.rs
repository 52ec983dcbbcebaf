//! Records of reactions, one or several in a row: `con/<contact>`, `t/<revision of the first>`. Revision: that of the
//! last. Put before a later commit takes them out of the state row, or with the commit that makes them. Kept for ever.

use std::sync::Arc;

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::ContactId;
use flusso_engine::timeline::Entry;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "timeline", prefix: "con/", personal: Personal::InPartition };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct TimelineRow;

impl Kind for TimelineRow {
    type Value = Records;
    const FORMAT: u16 = 2;
}

/// What a row holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Records {
    /// Of a contact that was erased: nothing is left of them but their links of the chain.
    Erased {
        /// The revision of each, and the salted digest of what it said.
        erased: Vec<(u64, String)>,
    },
    /// Of reactions that followed each other.
    Several(Vec<Arc<Entry>>),
    /// Of one (format 1).
    One(Arc<Entry>),
}

impl Records {
    /// The records, in order.
    pub fn into_entries(self) -> Vec<Arc<Entry>> {
        match self {
            Self::Several(entries) => entries,
            Self::One(entry) => vec![entry],
            Self::Erased { .. } => Vec::new(),
        }
    }
}

/// The revision of a row of what was erased: above every other, so that nobody who comes late puts the records back.
pub const ERASED: u64 = 999_999_999_999;

/// How the sort keys of all records of a contact begin.
pub const PREFIX: &str = "t/";

/// Where it lives. Revisions sort as numbers.
pub fn key(contact: &ContactId, revision: u64) -> Key {
    Key::new(super::contact_partition(contact), format!("{PREFIX}{revision:012}"))
}

/// The partition of all records of a contact.
pub fn partition(contact: &ContactId) -> String {
    super::contact_partition(contact)
}
