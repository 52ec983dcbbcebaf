//! How many contacts have each tag, are on each list and have a value in each field, as it was counted last: `lbl`,
//! `counted`. Revision: the instant at which the count began.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::contact::Profile;
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "labels", prefix: "lbl", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct LabelsRow;

impl Kind for LabelsRow {
    type Value = Counted;
    const FORMAT: u16 = 1;
}

/// Bytes of the names that are counted: the row has room for them and their numbers.
const NAMES_BYTES: usize = 150_000;
/// Bytes that a name needs besides its letters.
const BESIDES: usize = 12;

/// What was counted, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// When the count began: what changed later may be in it or not.
    pub at: Instant,
    /// The counts.
    pub counts: Counts,
}

/// How many contacts have what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// How many contacts there are.
    pub contacts: u64,
    /// Contacts by tag.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<Arc<str>, u64>,
    /// Contacts by list.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<Arc<str>, u64>,
    /// Contacts by field in which they have a value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<Arc<str>, u64>,
    /// How often something was not counted because there were too many names already.
    #[serde(default)]
    pub left_out: u64,
}

impl Counts {
    /// Counts what some contacts have.
    pub fn take<'p>(&mut self, profiles: impl IntoIterator<Item = &'p Profile>) {
        let all = [&self.tags, &self.lists, &self.fields].into_iter().flat_map(BTreeMap::keys);
        let mut bytes: usize = all.map(|name| name.len() + BESIDES).sum();
        for profile in profiles {
            self.contacts += 1;
            let tags = profile.tags.keys().map(|name| (0, name));
            let lists = profile.lists.keys().map(|name| (1, name));
            let filled = profile.fields.iter().filter(|(_, field)| !field.value.is_null());
            let fields = filled.map(|(name, _)| (2, name));
            for (of, name) in tags.chain(lists).chain(fields) {
                let counts = [&mut self.tags, &mut self.lists, &mut self.fields].into_iter().nth(of);
                let Some(counts) = counts else { continue };
                if let Some(count) = counts.get_mut(name) {
                    *count += 1;
                } else if bytes + name.len() + BESIDES <= NAMES_BYTES {
                    bytes += name.len() + BESIDES;
                    counts.insert(name.clone(), 1);
                } else {
                    self.left_out += 1;
                }
            }
        }
    }
}

/// Where it lives.
pub fn key() -> Key {
    Key::new("lbl", "counted")
}
