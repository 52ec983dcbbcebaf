//! Somebody moves an enrollment to another step of its version. What lies on the way from there is done again, even if it
//! was done before: so it was decided.

use super::super::{Need, Turn};
use crate::event::Event;
use crate::ids::StepId;
use crate::timeline::What;

impl Turn<'_> {
    pub(super) fn move_to(&mut self, event: &Event) -> Result<(), Need> {
        let Some(id) = self.meant(event) else { return Ok(()) };
        let Some(enrollment) = self.contact.state.enrollments.get(&id) else { return Ok(()) };
        let program = self.program(&enrollment.version)?;
        let to = event.data.get("step").and_then(|step| step.as_str()).map(StepId::new);
        let Some((to, target)) = to.and_then(|to| Some((to.clone(), program.step(&to)?))) else {
            self.refuse_for(&id, "step_unknown");
            return Ok(());
        };
        let (workflow, from) = (enrollment.workflow.clone(), enrollment.step.clone());
        self.drop_sends(&id);
        if let Some(enrollment) = self.contact.state.enrollments.get_mut(&id) {
            for at in program.reached_from(target) {
                let def = &program.steps[at];
                if enrollment.passed.has(def.number) || def.id == from {
                    // Another visit, so that what is done there is another thing.
                    let visits = enrollment.visit + 1;
                    let visits = if def.id == from { visits } else { 1 };
                    enrollment.arrivals.entry(def.id.clone()).or_insert(visits);
                }
            }
        }
        self.log(Some(&workflow), Some(&from), What::Moved { enrollment: id.clone(), to });
        self.advance(&id, &program, Some(target), self.now);
        Ok(())
    }
}
