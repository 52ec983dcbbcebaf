//! Putting a contact away and deleting it, and taking both back: see [`crate::contact::hidden`].

use super::Turn;
use crate::condition::Facets;
use crate::contact::hidden::{self, Hidden};
use crate::contact::send::Phase;
use crate::event::Event;
use crate::ids::{EnrollmentId, SendId};
use crate::timeline::What;

impl Turn<'_> {
    /// Whether the event only says that the contact is shown or not.
    pub(super) fn read_hidden(&mut self, event: &Event) -> bool {
        let was = self.contact.state.hidden;
        match &*event.kind {
            hidden::ARCHIVED if was.is_none() => {
                self.contact.state.hidden = Some(Hidden::Archived { at: self.now });
                self.log(None, None, What::Archived);
            }
            hidden::UNARCHIVED if matches!(was, Some(Hidden::Archived { .. })) => {
                self.contact.state.hidden = None;
                self.log(None, None, What::Unarchived);
            }
            hidden::DELETED if !self.contact.is_deleted() => self.delete(),
            hidden::RESTORED if self.contact.is_deleted() => self.show_again(),
            hidden::ARCHIVED | hidden::UNARCHIVED | hidden::DELETED | hidden::RESTORED => {}
            _ => return false,
        }
        true
    }

    /// The contact is there as before it was deleted, but for what ended then.
    pub(super) fn show_again(&mut self) {
        self.contact.state.hidden = None;
        self.dirty = Facets::ALL;
        self.log(None, None, What::Restored);
    }

    /// Whatever is under way ends. What was claimed already is recorded to its end.
    pub(super) fn delete(&mut self) {
        let hidden = Hidden::Deleted { at: self.now };
        self.contact.state.hidden = Some(hidden);
        let inside: Vec<EnrollmentId> = self.contact.state.enrollments.keys().cloned().collect();
        for id in inside {
            if let Some(one) = self.contact.state.enrollments.get_mut(&id) {
                one.queued = None;
            }
            self.cancel(&id, "deleted");
        }
        // Notifications wait for their colleague by themselves.
        let planned = |phase: &Phase| matches!(phase, Phase::Planned { .. } | Phase::Interrupted { .. });
        let sends = self.contact.state.sends.iter().filter(|(_, send)| planned(&send.phase));
        let sends: Vec<SendId> = sends.map(|(id, _)| id.clone()).collect();
        for id in sends {
            self.skip(&id, "deleted");
        }
        self.contact.state.missed.clear();
        self.log(None, None, What::Deleted { until: hidden.erased_from().unwrap_or(self.now) });
    }
}
