//! Contacts that are no more, and those that were merged into one that is.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::profile::Field;
use super::record::Sort;
use super::{Contact, Profile, State};
use crate::ids::ContactId;
use crate::time::{Instant, Millis};

/// For how long a merge can be undone.
pub const UNDONE_WITHIN: Millis = Millis::hours(30 * 24);

/// Why there is no such person any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Gone {
    /// It is part of another contact, which answers for it.
    Merged {
        /// Which.
        into: ContactId,
        /// Since when.
        at: Instant,
    },
    /// Everything that was known of it was erased.
    Erased {
        /// When.
        at: Instant,
    },
}

/// A contact that was merged into the one whose state says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// When.
    #[serde(rename = "t")]
    pub at: Instant,
    /// The revision that did it; its record holds what the other one was.
    #[serde(rename = "r")]
    pub revision: u64,
    /// The contact into which it was merged before that one was merged into this; none if that was this.
    #[serde(default, rename = "v", skip_serializing_if = "Option::is_none")]
    pub via: Option<ContactId>,
}

/// A contact whole, as a record keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole {
    /// Who.
    pub id: ContactId,
    /// Its state, without the records that the row carries.
    pub state: State,
    /// What was known of it.
    pub profile: Profile,
}

/// What a merge brought to a contact that it had not: what undoing the merge takes back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    /// Fields that were set, each with what stood there before.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<Arc<str>, Option<Field>>,
    /// Tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Arc<str>>,
    /// Lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<Arc<str>>,
    /// Groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Arc<str>>,
    /// Quizzes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quizzes: Vec<Arc<str>>,
    /// Deals, tasks and the like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<(Sort, Arc<str>)>,
}

impl Whole {
    /// A contact as it is.
    pub fn of(contact: &Contact) -> Self {
        let mut state = contact.state.clone();
        state.entries = Vec::new();
        state.tally = crate::tally::Tally::default();
        state.counted_on = None;
        state.commit = "".into();
        state.chain = None;
        Self { id: contact.id.clone(), state, profile: (*contact.profile).clone() }
    }
}
