//! Enrollments go over to the active version of their workflow. Whoever stands at a step that is still there stands at
//! it, and waits as long as it says now, counted from when the wait began. A step that is gone leads to the step that
//! was named for it, or out. What was done is not done again.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::super::{Need, Turn, Visit};
use crate::condition::Facets;
use crate::contact::ask::Ask;
use crate::contact::enrollment::{Before, Enrollment, Waiting};
use crate::event::Event;
use crate::ids::{EnrollmentId, StepId};
use crate::life::turn_of;
use crate::steps::Next;
use crate::time::{Instant, Millis};
use crate::timeline::What;
use crate::workflow::program::{Program, Target};

/// Where somebody goes.
enum Place {
    /// Stays at the step.
    Here(usize),
    /// Goes to another one.
    There(usize),
    /// Leaves.
    Out,
}

impl Turn<'_> {
    pub(super) fn migrate(&mut self, event: &Event) -> Result<(), Need> {
        let none = Map::new();
        let steps = event.data.get("steps").and_then(Value::as_object).unwrap_or(&none);
        let over = Millis(event.data.get("over").and_then(Value::as_i64).unwrap_or_default());
        let version = event.data.get("version").and_then(Value::as_str).unwrap_or_default();
        for id in self.inside(event) {
            let Some(enrollment) = self.contact.state.enrollments.get(&id) else { continue };
            let Some(active) = self.definitions.workflows.get(&enrollment.workflow) else { continue };
            if active.version.as_str() != version {
                self.refuse_for(&id, "version_not_active");
                continue;
            }
            if enrollment.version == active.version {
                continue;
            }
            let (to, old) = (active.program.clone(), self.program(&enrollment.version)?);
            let turn = turn_of(&self.contact.id, &enrollment.workflow, event.begins_at(), over);
            match place(enrollment, &old, &to, steps) {
                Some(Place::Out) => self.exit(&id, "step_removed"),
                Some(Place::Here(at)) => {
                    self.pin(&id, &old, &to);
                    self.stay(&id, &to, at, turn)?;
                    self.watch(&id, Facets::ALL)?;
                }
                Some(Place::There(at)) => {
                    self.pin(&id, &old, &to);
                    self.go_in_turn(&id, &to, at, turn);
                    self.watch(&id, Facets::ALL)?;
                }
                None => self.refuse_for(&id, "step_removed"),
            }
        }
        Ok(())
    }

    /// The enrollment runs another version from here on, and knows what it was before.
    fn pin(&mut self, id: &EnrollmentId, old: &Program, to: &Arc<Program>) {
        let Some(enrollment) = self.contact.state.enrollments.get_mut(id) else { return };
        enrollment.before = Some(Box::new(Before {
            version: enrollment.version.clone(),
            step: enrollment.step.clone(),
            visit: enrollment.visit,
            anchor: enrollment.anchor,
            waiting: enrollment.waiting.clone(),
            reached: enrollment.reached.clone(),
        }));
        enrollment.version = to.version.clone();
        // Exits are known by their places.
        let known = |at: &usize| {
            let was = old.exits.get(*at)?;
            to.exits.iter().position(|exit| exit.reason == was.reason && exit.goal == was.goal)
        };
        enrollment.reached = enrollment.reached.iter().filter_map(known).collect();
        // What is done again in a loop is another visit than the one before.
        for def in to.steps.iter().filter(|def| to.repeats.contains(&def.id)) {
            if enrollment.passed.has(def.number) {
                enrollment.arrivals.entry(def.id.clone()).or_insert(1);
            }
        }
        let (workflow, from, to) = (enrollment.workflow.clone(), old.version.clone(), to.version.clone());
        let step = enrollment.step.clone();
        self.count(&workflow, &from, None, "moved_out");
        self.count(&workflow, &to, None, "moved_in");
        self.log(Some(&workflow), Some(&step), What::Migrated { enrollment: id.clone(), from, to });
    }

    /// Stays at its step as the new version has it.
    fn stay(&mut self, id: &EnrollmentId, to: &Arc<Program>, at: usize, turn: Instant) -> Result<(), Need> {
        let def = &to.steps[at];
        let Some(enrollment) = self.contact.state.enrollments.get_mut(id) else { return Ok(()) };
        let renamed = std::mem::replace(&mut enrollment.step, def.id.clone());
        if renamed != def.id
            && let Some(arrivals) = enrollment.arrivals.remove(&renamed)
        {
            enrollment.arrivals.insert(def.id.clone(), arrivals);
        }
        if to.repeats.contains(&def.id) {
            let visits = enrollment.visit + 1;
            enrollment.arrivals.entry(def.id.clone()).or_insert(visits);
        }
        match &enrollment.waiting {
            Waiting::Nothing | Waiting::Turn { .. } => {}
            Waiting::Until { .. } | Waiting::Event { .. } | Waiting::Condition { .. } => {
                return self.wait_anew(id, to, at, turn);
            }
            Waiting::Answer { ask } => {
                let ask = ask.clone();
                if let Some(Ask { version, step, .. }) = self.contact.state.asks.get_mut(&ask) {
                    (*version, *step) = (to.version.clone(), def.id.clone());
                }
            }
            Waiting::Sends { open } => {
                let goes = def.step.content().is_some();
                for send in open {
                    let Some(send) = self.contact.state.sends.get_mut(send) else { continue };
                    // What was not claimed goes as the new version has it.
                    if goes && send.fixed.is_none() && send.phase.claimed_at().is_none() {
                        (send.version, send.step) = (to.version.clone(), def.id.clone());
                    }
                }
            }
        }
        Ok(())
    }

    /// Waits as the step says now, from when the wait began. Who would be over it already goes on when it is their turn.
    pub(super) fn wait_anew(
        &mut self,
        id: &EnrollmentId,
        to: &Arc<Program>,
        at: usize,
        turn: Instant,
    ) -> Result<(), Need> {
        let Some(enrollment) = self.contact.state.enrollments.get(id).cloned() else { return Ok(()) };
        let def = &to.steps[at];
        let stands_still = enrollment.stands_still;
        let waiting = if def.step.is_wait() {
            let mut visit = Visit { turn: self, id, enrollment: &enrollment, program: to, def };
            match def.step.run(&mut visit)? {
                Next::Wait(waiting) => match (self.shortened(Next::Wait(waiting), &enrollment), turn) {
                    // Whoever stands still gets a turn when they go on.
                    (Next::Wait(waiting), at) if !stands_still => in_turn(waiting, self.now, at),
                    (Next::Wait(waiting), _) => waiting,
                    (_, at) => Waiting::Turn { at, due: None },
                },
                _ => Waiting::Turn { at: turn, due: None },
            }
        } else {
            // The step is something else now, and is still to be done.
            Waiting::Turn { at: turn, due: None }
        };
        if let Some(until) = waiting.due_at() {
            self.log(Some(&to.workflow), Some(&def.id), What::Waiting { until });
        }
        if let Some(enrollment) = self.contact.state.enrollments.get_mut(id) {
            enrollment.waiting = waiting;
        }
        Ok(())
    }

    /// Goes to another step, which runs when it is the enrollment's turn.
    fn go_in_turn(&mut self, id: &EnrollmentId, to: &Arc<Program>, at: usize, turn: Instant) {
        self.drop_sends(id);
        let before = self.contact.state.enrollments.get_mut(id).and_then(|one| one.before.take());
        let target: Target = Some(at);
        self.advance_to(id, to, target, self.now);
        if let Some(enrollment) = self.contact.state.enrollments.get_mut(id) {
            enrollment.before = before;
            enrollment.waiting = Waiting::Turn { at: turn, due: None };
        }
    }
}

/// A wait that would be over lasts until the enrollment's turn.
fn in_turn(waiting: Waiting, now: Instant, turn: Instant) -> Waiting {
    match waiting.due_at() {
        Some(due) if due <= now => Waiting::Turn { at: turn, due: Some(due) },
        _ => waiting,
    }
}

/// Where an enrollment goes in the new version: to what was named for its step, else it stays.
fn place(enrollment: &Enrollment, old: &Program, to: &Program, steps: &Map<String, Value>) -> Option<Place> {
    match steps.get(enrollment.step.as_str()) {
        Some(Value::String(step)) => return to.step(&StepId::new(step.as_str())).map(Place::There),
        Some(_) => return Some(Place::Out),
        None => {}
    }
    let here = old.step(&enrollment.step)?;
    to.same_step(&old.steps[here]).map(Place::Here)
}
