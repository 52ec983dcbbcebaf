//! What belongs to the contact besides fields, tags, lists and consents. It lies in the profile's row, bounded as
//! docs/limits.md says; what is forgotten for newer things stays in the timeline.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::association::Association;
use super::conversion::Converted;
use super::disturb::Disturb;
use super::document::Document;
use super::loyalty::Card;
use super::note::Notes;
use super::purchase::Purchases;
use super::record::Records;
use crate::time::Instant;

/// Everything that belongs to a contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objects {
    /// Deals, quotes, tasks, coupons, offers, appointments, plans, invoices.
    #[serde(default, skip_serializing_if = "Records::is_empty")]
    pub records: Records,
    /// The loyalty card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loyalty: Option<Card>,
    /// Groups, each with when it was joined or left.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<Arc<str>, Member>,
    /// What was bought.
    #[serde(default, skip_serializing_if = "Purchases::is_empty")]
    pub purchases: Purchases,
    /// Conversions by definition.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub conversions: BTreeMap<Arc<str>, Converted>,
    /// The newest notes.
    #[serde(default, skip_serializing_if = "Notes::is_empty")]
    pub notes: Notes,
    /// Files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Document>,
    /// Other contacts, and companies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub associations: Vec<Association>,
    /// Do not disturb.
    #[serde(default, skip_serializing_if = "Disturb::is_empty")]
    pub disturb: Disturb,
}

/// Whether the contact is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// In it, or has left.
    #[serde(rename = "v")]
    pub inside: bool,
    /// Since when.
    #[serde(rename = "t")]
    pub at: Instant,
}

impl Objects {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
