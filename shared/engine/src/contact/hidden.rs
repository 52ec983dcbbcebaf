//! Contacts that are not shown where all are: put away, or deleted with a time within which that can be taken back. Who
//! is put away lives on as before, with every consent. To who is deleted nothing happens: no workflow takes them, nothing
//! is sent, and when the time is over they are erased. Their addresses stay theirs until then.

use serde::{Deserialize, Serialize};

use super::Contact;
use crate::event::Event;
use crate::react::IMPORTED;
use crate::time::{Instant, Millis};

/// The event that puts a contact away.
pub const ARCHIVED: &str = "contact.archived";
/// The event that takes that back.
pub const UNARCHIVED: &str = "contact.unarchived";
/// The event that deletes a contact.
pub const DELETED: &str = "contact.deleted";
/// The event that takes that back.
pub const RESTORED: &str = "contact.restored";
/// All of them.
pub const KINDS: [&str; 4] = [ARCHIVED, UNARCHIVED, DELETED, RESTORED];

/// For how long deleting can be taken back.
pub const RESTORED_WITHIN: Millis = Millis::hours(30 * 24);
/// Who erases, as records say, where somebody was deleted and nobody took that back.
pub const DELETION: &str = "deletion";

/// Why a contact is not shown where all are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Hidden {
    /// It was put away.
    Archived {
        /// Since when.
        at: Instant,
    },
    /// It was deleted.
    Deleted {
        /// Since when.
        at: Instant,
    },
}

impl Hidden {
    /// When it is erased, if nobody takes that back; none if it was only put away.
    pub fn erased_from(self) -> Option<Instant> {
        match self {
            Self::Archived { .. } => None,
            Self::Deleted { at } => Some(at + RESTORED_WITHIN),
        }
    }
}

impl Contact {
    /// Whether it was deleted, and may be restored.
    pub fn is_deleted(&self) -> bool {
        matches!(self.state.hidden, Some(Hidden::Deleted { .. }))
    }

    /// Whether it is shown where all contacts are.
    pub fn is_shown(&self) -> bool {
        self.is_there() && !self.profile.hidden && self.state.hidden.is_none()
    }
}

/// Whether an event says anew who somebody is, as a form, an order or an import does, so that whoever was deleted is
/// there again. What only speaks of somebody, such as a click or an opt-out, does not.
pub fn brings_back(event: &Event) -> bool {
    let states =
        ["email", "phone"].iter().any(|name| event.fields.get(*name).is_some_and(|value| !value.is_null()));
    (states || !event.externals.is_empty()) && (event.is_activity() || &*event.kind == IMPORTED)
}
