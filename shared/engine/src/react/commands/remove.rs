//! Somebody takes the contact out of a workflow.

use super::super::Turn;
use crate::event::Event;

impl Turn<'_> {
    pub(super) fn remove(&mut self, event: &Event) {
        if let Some(id) = self.meant(event) {
            self.exit(&id, "removed_by_hand");
        }
    }
}
