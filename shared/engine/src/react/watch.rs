//! Conditions of enrollments: those by which they are left, and those that they wait for. Goals come first: whatever
//! became true is seen before anything else goes on.

use super::standing::later;
use super::{Need, Turn};
use crate::condition::{Facets, Predicate, Truth};
use crate::contact::enrollment::Waiting;
use crate::ids::EnrollmentId;
use crate::time::Instant;
use crate::timeline::What;
use crate::workflow::program::{On, Program};

impl Turn<'_> {
    /// Sees what came of the changes since this was called last.
    pub(super) fn settle(&mut self) -> Result<(), Need> {
        while self.dirty != Facets::NONE {
            let changed = std::mem::take(&mut self.dirty);
            for id in self.watching() {
                self.watch(&id, changed)?;
            }
            self.reassess(changed);
            if changed.meets(Facets::PROFILE) {
                self.plan_dates();
            }
        }
        Ok(())
    }

    /// The enrollments that a condition may move.
    fn watching(&self) -> Vec<EnrollmentId> {
        let watching = self.contact.state.enrollments.iter().filter(|(_, enrollment)| {
            let program = self.definitions.programs.get(&enrollment.version);
            matches!(enrollment.waiting, Waiting::Condition { .. })
                || program
                    .is_none_or(|program| program.exits.iter().any(|exit| exit.on.condition().is_some()))
        });
        watching.map(|(id, _)| id.clone()).collect()
    }

    /// Asks the conditions of an enrollment, if they look at what changed.
    pub(super) fn watch(&mut self, id: &EnrollmentId, changed: Facets) -> Result<(), Need> {
        let Some(enrollment) = self.contact.state.enrollments.get(id) else { return Ok(()) };
        let program = self.program(&enrollment.version)?;
        let step = program.step(&enrollment.step).map(|at| &program.steps[at]);
        let waits = matches!(enrollment.waiting, Waiting::Condition { .. });
        let awaited = step.filter(|_| waits).and_then(|def| def.step.awaits());
        let due = enrollment.watch_at.is_some_and(|at| at <= self.now);
        let exits = program.exits.iter().filter_map(|exit| exit.on.condition());
        let looks_at = exits.chain(awaited.map(|(condition, _)| condition));
        if !due
            && changed != Facets::ALL
            && !looks_at.map(Predicate::facets).any(|facets| facets.meets(changed))
        {
            return Ok(());
        }
        if program.settings.ends_at.is_some_and(|ends| ends <= self.now) {
            self.exit(id, "workflow_ended");
            return Ok(());
        }
        if self.leave_when(id, &program) {
            // Gone elsewhere: what else holds is seen there too.
            return self.watch(id, Facets::ALL);
        }
        let mut watch_at: Option<Instant> = program.settings.ends_at;
        let Some(enrollment) = self.contact.state.enrollments.get(id) else { return Ok(()) };
        let scope = self.scope(Some((id, enrollment)));
        let open = program.exits.iter().enumerate().filter(|(at, _)| !enrollment.reached.contains(at));
        for condition in open.filter_map(|(_, exit)| exit.on.condition()) {
            watch_at = watch_at.into_iter().chain(condition.eval(&scope).changes_at).min();
        }
        if let (Some((condition, target)), Some(def)) = (awaited, step) {
            let verdict = condition.eval(&scope);
            if verdict.truth == Truth::Yes {
                let event = "condition.met".into();
                self.log(Some(&program.workflow), Some(&def.id), What::Heard { event });
                self.advance(id, &program, target, self.now);
            }
            watch_at = watch_at.into_iter().chain(verdict.changes_at).min();
        }
        let now = self.now;
        if let Some(enrollment) = self.contact.state.enrollments.get_mut(id) {
            enrollment.watch_at = watch_at.map(|at| later(at, now));
        }
        Ok(())
    }

    /// Leaves by the first exit whose condition holds; true if the enrollment went elsewhere.
    fn leave_when(&mut self, id: &EnrollmentId, program: &Program) -> bool {
        for (at, exit) in program.exits.iter().enumerate() {
            let On::Condition(condition) = &exit.on else { continue };
            let Some(enrollment) = self.contact.state.enrollments.get(id) else { return true };
            if enrollment.reached.contains(&at) {
                continue;
            }
            if condition.eval(&self.scope(Some((id, enrollment)))).truth == Truth::Yes
                && self.take_exit(id, program, at, self.now)
            {
                return true;
            }
        }
        false
    }
}
