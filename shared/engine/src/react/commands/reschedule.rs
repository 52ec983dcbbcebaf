//! Somebody has an enrollment wait until another instant.

use super::super::Turn;
use crate::contact::enrollment::Waiting;
use crate::event::Event;
use crate::time::Instant;
use crate::timeline::What;

impl Turn<'_> {
    pub(super) fn reschedule(&mut self, event: &Event) {
        let Some(id) = self.meant(event) else { return };
        let until = event.data.get("at").and_then(|at| at.as_str()).and_then(Instant::parse);
        let Some(until) = until else { return self.refuse_for(&id, "bad_instant") };
        let Some(enrollment) = self.contact.state.enrollments.get_mut(&id) else { return };
        match &mut enrollment.waiting {
            Waiting::Until { at }
            | Waiting::Event { at }
            | Waiting::Condition { at }
            | Waiting::Turn { at, due: None } => *at = until,
            // It is over already, and waits for nothing but its turn.
            Waiting::Turn { at, due: Some(due) } => (*at, *due) = (until, until),
            Waiting::Nothing | Waiting::Sends { .. } | Waiting::Answer { .. } => {
                return self.refuse_for(&id, "not_waiting");
            }
        }
        let (workflow, step) = (enrollment.workflow.clone(), enrollment.step.clone());
        self.log(Some(&workflow), Some(&step), What::Rescheduled { enrollment: id, until });
    }
}
