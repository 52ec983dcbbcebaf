//! Contacts that are put away or deleted, and taken back.

use flusso_engine::contact::Contact;
use flusso_engine::contact::hidden::{self, Hidden};
use serde_json::Map;

use crate::hand::{ByHand, deleted};
use crate::{App, AppError};

/// What is done with a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hide {
    /// It is put away: not shown any more, and as before in all else.
    Archive,
    /// It is shown again.
    Unarchive,
    /// It is deleted, and erased in 30 days.
    Delete,
    /// It is there again.
    Restore,
}

impl Hide {
    /// The event that does it.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Archive => hidden::ARCHIVED,
            Self::Unarchive => hidden::UNARCHIVED,
            Self::Delete => hidden::DELETED,
            Self::Restore => hidden::RESTORED,
        }
    }
}

impl App {
    /// Puts a contact away, deletes it, or takes that back; the contact as it is then. What is so already stays so.
    pub async fn hide_contact(&self, hand: &ByHand, hide: Hide) -> Result<Contact, AppError> {
        let contact = self.contact(&hand.contact).await?;
        if contact.is_deleted() && matches!(hide, Hide::Archive | Hide::Unarchive) {
            return Err(deleted(&contact));
        }
        let ends = contact.state.hidden.and_then(Hidden::erased_from);
        if hide == Hide::Restore && ends.is_some_and(|at| at <= self.now()) {
            let message =
                format!("the time to restore the contact {} is over; it is being erased", contact.id);
            return Err(AppError::Conflict { code: "contact.too_late", message });
        }
        let event = hand.id(self)?;
        let done = self.happen(hand, &event, hide.kind(), Map::new(), |_| true).await?;
        done.ok_or_else(|| AppError::NotFound { what: "contact", id: hand.contact.clone() })
    }
}
