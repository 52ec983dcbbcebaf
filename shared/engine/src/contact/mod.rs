//! The contact: the unit of consistency. Two rows of one partition: `State`, written by every commit, and
//! `Profile`, written when it changes.

pub mod appointment;
pub mod ask;
pub mod association;
pub mod catalogue;
pub mod consent;
pub mod conversion;
pub mod coupon;
pub mod deal;
pub mod disturb;
pub mod document;
pub mod due;
pub mod enrollment;
pub mod fields;
pub mod gone;
pub mod hidden;
pub mod identity;
pub mod invoice;
pub mod loyalty;
pub mod note;
pub mod objects;
pub mod offer;
pub mod passed;
pub mod phone;
pub mod plan;
pub mod profile;
pub mod purchase;
pub mod quiz;
pub mod quote;
pub mod record;
pub mod ring;
pub mod score;
pub mod send;
pub mod standing;
pub mod state;
pub mod task;
pub mod test;
pub mod touch;

use std::sync::Arc;

pub use profile::Profile;
pub use state::State;

use gone::Gone;

use crate::ids::ContactId;
use crate::time::Instant;

/// A person, with everything that decisions about them need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Who.
    pub id: ContactId,
    /// What moves: enrollments, sends, score, rings, the alarm.
    pub state: State,
    /// What is known: fields, tags, lists, consents, and what belongs to the contact. Shared until it changes.
    pub profile: Arc<Profile>,
}

impl Contact {
    /// A contact of whom nothing is stored yet (revision 0).
    pub fn unborn(id: ContactId) -> Self {
        Self { id, state: State::default(), profile: Arc::new(Profile::default()) }
    }

    /// Whether nothing was ever committed for the contact.
    pub fn is_unborn(&self) -> bool {
        self.state.revision == 0
    }

    /// Whether there is such a person: something was committed, and it was not erased or merged into another one.
    pub fn is_there(&self) -> bool {
        !self.is_unborn() && self.state.gone.is_none()
    }

    /// The contact into which this one was merged.
    pub fn merged_into(&self) -> Option<&ContactId> {
        match &self.state.gone {
            Some(Gone::Merged { into, .. }) => Some(into),
            _ => None,
        }
    }

    /// The score at an instant.
    pub fn score(&self, at: Instant) -> i64 {
        self.state.score.value(at)
    }
}
