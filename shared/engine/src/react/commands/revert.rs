//! Going over to a new version is taken back for whoever has not done a step of it: step and due time are as before.

use super::super::{Need, Turn};
use crate::contact::enrollment::Before;
use crate::event::Event;
use crate::ids::EnrollmentId;
use crate::timeline::What;

impl Turn<'_> {
    pub(super) fn revert(&mut self, event: &Event) -> Result<(), Need> {
        for id in self.inside(event) {
            let enrollment = self.contact.state.enrollments.get_mut(&id);
            match enrollment.and_then(|enrollment| enrollment.before.take()) {
                Some(before) => self.go_back(&id, *before)?,
                None => self.refuse_for(&id, "step_taken"),
            }
        }
        Ok(())
    }

    fn go_back(&mut self, id: &EnrollmentId, before: Before) -> Result<(), Need> {
        let Some(enrollment) = self.contact.state.enrollments.get_mut(id) else { return Ok(()) };
        let (workflow, from) = (enrollment.workflow.clone(), enrollment.version.clone());
        for send in self.contact.state.sends.values_mut().filter(|send| send.enrollment == *id) {
            if send.version == from && send.phase.claimed_at().is_none() {
                send.version = before.version.clone();
                send.step = before.step.clone();
            }
        }
        enrollment.version = before.version;
        enrollment.step = before.step;
        enrollment.visit = before.visit;
        enrollment.anchor = before.anchor;
        enrollment.waiting = before.waiting;
        enrollment.reached = before.reached;
        let (to, step) = (enrollment.version.clone(), enrollment.step.clone());
        self.count(&workflow, &from, None, "moved_out");
        self.count(&workflow, &to, None, "moved_in");
        self.log(Some(&workflow), Some(&step), What::Reverted { enrollment: id.clone(), to });
        self.watch(id, crate::condition::Facets::ALL)
    }
}
