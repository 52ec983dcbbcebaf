//! What becomes of a contact's enrollments when their workflow is interrupted, goes on, or is stopped.

use super::{Need, Turn};
use crate::contact::enrollment::Waiting;
use crate::contact::send::Phase;
use crate::contact::state::Missed;
use crate::event::Occurrence;
use crate::ids::{EnrollmentId, SendId, WorkflowId};
use crate::life::{Life, turn_of};
use crate::limits;
use crate::time::{Instant, Millis};
use crate::timeline::What;

use super::enroll::kept;

impl Turn<'_> {
    /// Follows what has become of the workflows that the contact is inside since it reacted last.
    pub(super) fn follow_workflows(&mut self) {
        // What it finds out, it finds out at this instant, whatever is still to be caught up with.
        let caught_up = std::mem::replace(&mut self.now, self.until);
        let inside: Vec<EnrollmentId> = self.contact.state.enrollments.keys().cloned().collect();
        for id in inside {
            let Some(enrollment) = self.contact.state.enrollments.get_mut(&id) else { continue };
            let active = self.definitions.workflows.get(&enrollment.workflow);
            let Some(life) =
                active.map(|active| &active.life).filter(|life| enrollment.entered_at >= life.begun)
            else {
                self.cancel(&id, "stopped");
                continue;
            };
            if life.interrupted.is_some() {
                if !std::mem::replace(&mut enrollment.stands_still, true) {
                    self.stand_still(&id);
                }
            } else if enrollment.stands_still || enrollment.stood_still != life.stood_still {
                self.go_on(&id, life);
            }
        }
        self.follow_missed();
        self.now = caught_up;
    }

    /// Nothing of the enrollment goes on: what was planned is not claimed.
    fn stand_still(&mut self, id: &EnrollmentId) {
        let Some(enrollment) = self.contact.state.enrollments.get(id) else { return };
        let (workflow, step) = (enrollment.workflow.clone(), enrollment.step.clone());
        self.log(Some(&workflow), Some(&step), What::Interrupted { enrollment: id.clone() });
        for send in self.sends_of(id) {
            let Some(open) = self.contact.state.sends.get_mut(&send) else { continue };
            if let Phase::Planned { not_before } = open.phase
                && !open.waits_for_colleague()
            {
                open.phase = Phase::Interrupted { not_before };
            }
        }
    }

    /// The enrollment goes on. If it is overdue, when its turn has come.
    fn go_on(&mut self, id: &EnrollmentId, life: &Life) {
        let Some(enrollment) = self.contact.state.enrollments.get_mut(id) else { return };
        let (resumed_at, over) =
            life.resumed.map_or((self.now, Millis(0)), |resumed| (resumed.at, resumed.over));
        let shift = Millis(life.stood_still.0 - enrollment.stood_still.0);
        enrollment.stands_still = false;
        enrollment.stood_still = life.stood_still;
        if !matches!(enrollment.waiting, Waiting::Event { .. }) {
            // What is waited for may have happened since the true instant.
            enrollment.anchor = enrollment.anchor + shift;
        }
        enrollment.waiting.put_off(shift);
        enrollment.slot = enrollment.slot.map(|slot| slot + shift);
        let turn = turn_of(&self.contact.id, &enrollment.workflow, resumed_at, over);
        let overdue = enrollment.waiting.due_at().is_some_and(|at| at <= resumed_at);
        let enrollment_turn = match &enrollment.waiting {
            Waiting::Nothing => Some(None),
            Waiting::Turn { due, .. } if overdue => Some(*due),
            Waiting::Until { at } | Waiting::Event { at } | Waiting::Condition { at } if overdue => {
                Some(Some(*at))
            }
            _ => None,
        };
        if let Some(due) = enrollment_turn {
            enrollment.waiting = Waiting::Turn { at: turn, due };
        }
        let (workflow, step) = (enrollment.workflow.clone(), enrollment.step.clone());
        let turn_at = enrollment_turn.map(|_| turn);
        self.log(Some(&workflow), Some(&step), What::Resumed { enrollment: id.clone(), turn: turn_at });
        for send in self.sends_of(id) {
            let Some(open) = self.contact.state.sends.get_mut(&send) else { continue };
            let Phase::Interrupted { not_before } = open.phase else { continue };
            let not_before = (not_before + shift).max(turn);
            open.planned_for = open.planned_for + shift;
            open.phase = Phase::Planned { not_before };
            let reason = "interrupted".to_owned();
            self.log(Some(&workflow), Some(&step), What::SendHeld { send, until: not_before, reason });
        }
    }

    fn sends_of(&self, id: &EnrollmentId) -> Vec<SendId> {
        let sends = self.contact.state.sends.iter().filter(|(_, send)| send.enrollment == *id);
        sends.map(|(send, _)| send.clone()).collect()
    }

    /// Keeps in mind that the contact would have entered a workflow that is interrupted.
    pub(super) fn miss(&mut self, workflow: &WorkflowId, occurrence: &Occurrence) {
        let Some(active) = self.definitions.workflows.get(workflow) else { return };
        let ignored = |reason: &str| What::Ignored { reason: reason.to_owned() };
        let Some(data) = kept(&self.definitions.event_paths(&active.program), &occurrence.data) else {
            return self.log(Some(workflow), None, ignored("event_values_too_large"));
        };
        self.log(Some(workflow), None, ignored("interrupted"));
        if self.contact.state.missed.len() >= limits::MISSED {
            return self.log(Some(workflow), None, What::LimitReached { limit: "missed".to_owned() });
        }
        self.count(workflow, &active.version, None, "missed");
        let occurrence = Occurrence { data, ..occurrence.clone() };
        let (workflow, version, number) = (workflow.clone(), active.version.clone(), self.definitions.number);
        self.contact.state.missed.push(Missed { workflow, version, occurrence, number, at: None });
    }

    /// Those who would have entered while their workflow was interrupted enter when their turn has come, or not at all.
    fn follow_missed(&mut self) {
        for mut missed in std::mem::take(&mut self.contact.state.missed) {
            let life = self.definitions.workflows.get(&missed.workflow).map(|active| &active.life);
            let begun = life.filter(|life| missed.occurrence.at >= life.begun);
            match begun.map(|life| (life.interrupted, life.resumed)) {
                // Who was to enter when the next interruption came is decided about again.
                Some((Some(now), _)) if missed.number >= now.number || missed.at.is_some() => {
                    missed.at = None;
                    missed.number = missed.number.max(now.number);
                }
                Some((None, Some(resumed))) if resumed.missed && missed.number >= resumed.since => {
                    let turn = turn_of(&self.contact.id, &missed.workflow, resumed.at, resumed.over);
                    missed.at = missed.at.or(Some(turn));
                }
                _ => {
                    self.uncount_missed(&missed);
                    let what = What::Ignored { reason: "missed".to_owned() };
                    self.log(Some(&missed.workflow), None, what);
                    continue;
                }
            }
            self.contact.state.missed.push(missed);
        }
    }

    /// Has them enter whose turn has come.
    pub(super) fn take_in(&mut self, at: Instant) -> Result<(), Need> {
        let is_due = |missed: &Missed| missed.at.is_some_and(|turn| turn <= at);
        while let Some(due) = self.contact.state.missed.iter().position(is_due) {
            let missed = self.contact.state.missed.remove(due);
            self.uncount_missed(&missed);
            self.chain = missed.occurrence.chain.clone();
            self.enter_late(&missed.workflow, &missed.occurrence)?;
        }
        Ok(())
    }

    fn uncount_missed(&mut self, missed: &Missed) {
        self.count_by(&missed.workflow, &missed.version, None, "missed", -1);
    }
}
