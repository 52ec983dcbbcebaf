//! An address that is not written to: `sup/<keyed hash of the address>`, `<reason>`. One row a reason, so that a weaker one
//! never takes the place of a stronger. Outlives its contact.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::contact::consent::Suppression;
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "suppression", prefix: "sup/", personal: Personal::Kept };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct SuppressionRow;

impl Kind for SuppressionRow {
    type Value = Suppressed;
    const FORMAT: u16 = 1;
}

/// Why, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    /// Why.
    pub reason: Suppression,
    /// Since when.
    pub at: Instant,
}

/// Every reason, the strongest first.
pub const REASONS: [Suppression; 3] = [Suppression::Complaint, Suppression::Bounce, Suppression::OptOut];

/// Where it lives.
pub fn key(keyed_hash: &str, reason: Suppression) -> Key {
    Key::new(partition(keyed_hash), reason.as_str())
}

/// Whatever stands at an address: one list costs less than a read for each reason.
pub fn partition(keyed_hash: &str) -> String {
    format!("sup/{keyed_hash}")
}
