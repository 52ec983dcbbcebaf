//! Somebody ends the wait of an enrollment.

use super::super::{Need, Turn};
use crate::contact::enrollment::Waiting;
use crate::contact::state::Work;
use crate::event::Event;
use crate::timeline::What;

impl Turn<'_> {
    pub(super) fn skip_wait(&mut self, event: &Event) -> Result<(), Need> {
        let Some(id) = self.meant(event) else { return Ok(()) };
        let Some(enrollment) = self.contact.state.enrollments.get(&id) else { return Ok(()) };
        let program = self.program(&enrollment.version)?;
        let (workflow, step) = (enrollment.workflow.clone(), enrollment.step.clone());
        let runs = matches!(enrollment.waiting, Waiting::Turn { due: None, .. });
        if enrollment.waiting.due_at().is_none() {
            self.refuse_for(&id, "not_waiting");
            return Ok(());
        }
        let Some(def) = program.step(&step).map(|at| &program.steps[at]) else {
            self.fail(&id, "step_missing");
            return Ok(());
        };
        self.log(Some(&workflow), Some(&step), What::WaitSkipped { enrollment: id.clone() });
        if !runs {
            self.advance(&id, &program, def.step.due(def.next), self.now);
        } else if let Some(enrollment) = self.contact.state.enrollments.get_mut(&id) {
            enrollment.waiting = Waiting::Nothing;
            self.work.push_back(Work::Run { enrollment: id });
        }
        Ok(())
    }
}
