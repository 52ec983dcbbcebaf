//! A new version is active, and whoever is inside an older one leaves.

use super::super::Turn;
use crate::event::Event;

impl Turn<'_> {
    pub(super) fn leave(&mut self, event: &Event) {
        for id in self.inside(event) {
            let Some(enrollment) = self.contact.state.enrollments.get(&id) else { continue };
            let active = self.definitions.workflows.get(&enrollment.workflow);
            if active.is_some_and(|active| active.version != enrollment.version) {
                self.exit(&id, "version_ended");
            }
        }
    }
}
