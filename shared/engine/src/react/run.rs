//! Running an enrollment: step after step, until it has to wait or ends.

use super::{Need, Turn, Visit};
use crate::condition::Facets;
use crate::contact::enrollment::{Enrollment, Waiting};
use crate::contact::send::{Phase, Send};
use crate::contact::state::Work;
use crate::ids::{EnrollmentId, SendId, StepId};
use crate::limits;
use crate::steps::{Next, Step};
use crate::tally;
use crate::time::Instant;
use crate::timeline::What;
use crate::workflow::program::{Exit, Program, StepDef, Target, Then};

impl Turn<'_> {
    /// Runs an enrollment from where it stands. If the budget ends on the way, the rest is put first in the agenda.
    pub(super) fn run(&mut self, id: &EnrollmentId) -> Result<(), Need> {
        loop {
            let Some(enrollment) = self.contact.state.enrollments.get(id) else { return Ok(()) };
            if enrollment.waiting != Waiting::Nothing || enrollment.stands_still {
                return Ok(());
            }
            if self.spent.is_out() {
                self.work.push_front(Work::Run { enrollment: id.clone() });
                return Ok(());
            }
            self.spent.steps += 1;
            let enrollment = enrollment.clone();
            let program = self.program(&enrollment.version)?;
            let Some(def) = program.step(&enrollment.step).map(|at| &program.steps[at]) else {
                self.fail(id, "step_missing");
                return Ok(());
            };
            self.chain = enrollment.chain.clone();
            let mut visit = Visit { turn: self, id, enrollment: &enrollment, program: &program, def };
            let next = def.step.run(&mut visit)?;
            if let Some(enrollment) = self.contact.state.enrollments.get_mut(id) {
                // Going over to this version can't be taken back any more.
                enrollment.before = None;
            }
            if self.dirty != Facets::NONE {
                // What the step changed may be a goal: then nothing more of it goes on.
                self.settle()?;
                let stands = self.contact.state.enrollments.get(id);
                if stands.is_none_or(|now| now.step != enrollment.step || now.visit != enrollment.visit) {
                    continue;
                }
            }
            match self.shortened(next, &enrollment) {
                Next::Continue => self.advance_to(id, &program, def.next, self.now),
                Next::Skip => {
                    let after = def.next.map(|next| program.steps[next].next);
                    self.advance_to(id, &program, after.flatten(), self.now);
                }
                Next::Goto(target) => self.advance_to(id, &program, target, self.now),
                Next::GoTo(step) => self.jump(id, &program, &step),
                Next::Exit(reason) => self.exit(id, &reason),
                // It came late: the wait is over since then, and how late the next step is counts from there.
                Next::Wait(Waiting::Until { at } | Waiting::Event { at } | Waiting::Condition { at })
                    if at <= self.now =>
                {
                    self.advance_to(id, &program, def.step.due(def.next), at);
                }
                Next::Wait(waiting) => {
                    match &waiting {
                        Waiting::Until { at } => {
                            self.log(Some(&program.workflow), Some(&def.id), What::Waiting { until: *at });
                        }
                        Waiting::Event { at } => {
                            let event =
                                def.step.listens().map_or_else(String::new, |(kind, _, _)| kind.to_owned());
                            self.log(
                                Some(&program.workflow),
                                Some(&def.id),
                                What::WaitingFor { event, until: *at },
                            );
                        }
                        Waiting::Condition { at } => {
                            let event = "condition.met".to_owned();
                            let what = What::WaitingFor { event, until: *at };
                            self.log(Some(&program.workflow), Some(&def.id), what);
                        }
                        Waiting::Sends { .. }
                        | Waiting::Answer { .. }
                        | Waiting::Turn { .. }
                        | Waiting::Nothing => {}
                    }
                    let watches = matches!(waiting, Waiting::Condition { .. });
                    if let Some(enrollment) = self.contact.state.enrollments.get_mut(id) {
                        enrollment.waiting = waiting;
                    }
                    if watches {
                        self.watch(id, Facets::ALL)?;
                    }
                    return Ok(());
                }
            }
        }
    }

    /// What a step says, with the shorter waits of a test contact.
    pub(super) fn shortened(&self, next: Next, enrollment: &Enrollment) -> Next {
        let Next::Wait(waiting) = next else { return next };
        if !self.contact.profile.test {
            return Next::Wait(waiting);
        }
        let (rules, zone) = (&self.definitions.account.tests, self.contact_zone());
        Next::Wait(match waiting {
            Waiting::Until { at } => Waiting::Until { at: rules.over(enrollment.anchor, at, &zone) },
            Waiting::Event { at } => Waiting::Event { at: rules.given_up(enrollment.anchor, at, &zone) },
            Waiting::Condition { at } => {
                Waiting::Condition { at: rules.given_up(enrollment.anchor, at, &zone) }
            }
            Waiting::Sends { .. } | Waiting::Answer { .. } | Waiting::Turn { .. } | Waiting::Nothing => {
                waiting
            }
        })
    }

    /// Goes to a step that was named. Too many jumps while no time passes are a loop that would never end.
    fn jump(&mut self, id: &EnrollmentId, program: &Program, step: &StepId) {
        let Some(enrollment) = self.contact.state.enrollments.get_mut(id) else { return };
        enrollment.jumps += 1;
        if enrollment.jumps > limits::JUMPS_WITHOUT_A_WAIT {
            return self.fail(id, "loop");
        }
        self.advance_to(id, program, program.step(step), self.now);
    }

    /// Moves an enrollment on from a step that was completed at `completed_at`, and has it run.
    pub(super) fn advance(
        &mut self,
        id: &EnrollmentId,
        program: &Program,
        target: Target,
        completed_at: Instant,
    ) {
        self.advance_to(id, program, target, completed_at);
        if self.contact.state.enrollments.contains_key(id) {
            self.work.push_back(Work::Run { enrollment: id.clone() });
        }
    }

    pub(super) fn advance_to(
        &mut self,
        id: &EnrollmentId,
        program: &Program,
        target: Target,
        completed_at: Instant,
    ) {
        self.count_time(id, completed_at);
        let Some(enrollment) = self.contact.state.enrollments.get_mut(id) else { return };
        if let Some(left) = program.step(&enrollment.step) {
            enrollment.passed.add(program.steps[left].number);
        }
        enrollment.before = None;
        let Some(def) = self.not_done(id, program, target) else { return self.complete(id) };
        let Some(enrollment) = self.contact.state.enrollments.get_mut(id) else { return };
        enrollment.step = def.id.clone();
        enrollment.visit = 0;
        if program.repeats.contains(&def.id) || enrollment.arrivals.contains_key(&def.id) {
            let arrivals = enrollment.arrivals.entry(def.id.clone()).or_default();
            enrollment.visit = *arrivals;
            *arrivals += 1;
        }
        if enrollment.waiting.due_at().is_some() && completed_at > enrollment.anchor {
            enrollment.jumps = 0;
        }
        let was_due = enrollment.waiting.due_at() == Some(completed_at);
        enrollment.waiting = Waiting::Nothing;
        enrollment.anchor = completed_at;
        let version = enrollment.version.clone();
        self.count(&program.workflow, &version, Some(&def.id), "reached");
        if was_due && self.until.since(completed_at) > tally::LATE {
            self.count(&program.workflow, &version, Some(&def.id), "late");
        }
    }

    /// Counts how long an enrollment stood at the step that it leaves. What takes no time is not counted: that is the
    /// rest of those who came to the step.
    fn count_time(&mut self, id: &EnrollmentId, left_at: Instant) {
        let Some(enrollment) = self.contact.state.enrollments.get(id) else { return };
        let Some(took) = tally::took(left_at.since(enrollment.anchor)) else { return };
        let (workflow, version) = (enrollment.workflow.clone(), enrollment.version.clone());
        let step = enrollment.step.clone();
        self.count(&workflow, &version, Some(&step), took);
    }

    /// The step itself, or the first one behind it that was not done: what an enrollment did in an older version that led
    /// another way is not done again.
    fn not_done<'p>(
        &mut self,
        id: &EnrollmentId,
        program: &'p Program,
        target: Target,
    ) -> Option<&'p StepDef> {
        let mut target = target;
        loop {
            let def = &program.steps[target?];
            let enrollment = self.contact.state.enrollments.get_mut(id)?;
            let visited = program.repeats.contains(&def.id) || enrollment.arrivals.contains_key(&def.id);
            if visited || !enrollment.passed.has(def.number) {
                return Some(def);
            }
            if def.step.only_leads() {
                // Where it leads is asked again, which does nothing.
                enrollment.arrivals.insert(def.id.clone(), 1);
                return Some(def);
            }
            let reason = "done_before".to_owned();
            self.log(Some(&program.workflow), Some(&def.id), What::StepSkipped { reason });
            target = def.step.due(def.next);
        }
    }

    /// Does what an exit says; true if the enrollment is no longer where it was.
    pub(super) fn take_exit(
        &mut self,
        id: &EnrollmentId,
        program: &Program,
        exit: usize,
        at: Instant,
    ) -> bool {
        let Some(Exit { then, reason, goal, .. }) = program.exits.get(exit) else { return false };
        if *goal {
            self.count(&program.workflow, &program.version, None, "goal");
            self.log(Some(&program.workflow), None, What::GoalReached { goal: reason.clone() });
        }
        if let Some(enrollment) = self.contact.state.enrollments.get_mut(id) {
            enrollment.reached.insert(exit);
        }
        match then {
            Then::Exit => self.exit(id, reason),
            Then::GoTo(step) => {
                let what = What::SentOn { enrollment: id.clone(), reason: reason.clone(), to: step.clone() };
                self.log(Some(&program.workflow), None, what);
                self.drop_sends(id);
                self.advance(id, program, program.step(step), at);
            }
            Then::Count => return false,
        }
        true
    }

    /// Takes a send off what its enrollment waits for; once nothing is left, the enrollment goes on.
    pub(super) fn release(&mut self, id: &SendId, send: &Send, completed_at: Instant) -> Result<(), Need> {
        self.let_go(id, send, completed_at, |step, next| step.due(next))
    }

    /// The same for one that will not be handed over any more.
    pub(super) fn release_refused(
        &mut self,
        id: &SendId,
        send: &Send,
        completed_at: Instant,
    ) -> Result<(), Need> {
        self.let_go(id, send, completed_at, |step, next| step.refused(next))
    }

    fn let_go(
        &mut self,
        id: &SendId,
        send: &Send,
        completed_at: Instant,
        whither: impl Fn(&dyn Step, Target) -> Target,
    ) -> Result<(), Need> {
        let Some(enrollment) = self.contact.state.enrollments.get_mut(&send.enrollment) else {
            return Ok(());
        };
        let Waiting::Sends { open } = &mut enrollment.waiting else { return Ok(()) };
        let waited = open.len();
        open.retain(|other| other != id);
        if open.len() == waited || !open.is_empty() {
            return Ok(());
        }
        let (version, step) = (enrollment.version.clone(), enrollment.step.clone());
        let program = self.program(&version)?;
        match program.step(&step).map(|at| &program.steps[at]) {
            Some(def) => {
                let target = whither(&*def.step, def.next);
                self.advance(&send.enrollment, &program, target, completed_at);
            }
            None => self.fail(&send.enrollment, "step_missing"),
        }
        Ok(())
    }

    fn complete(&mut self, id: &EnrollmentId) {
        let enrollment = id.clone();
        self.end(id, ("completed", None), What::Completed { enrollment });
    }

    /// Ends an enrollment early.
    pub(super) fn exit(&mut self, id: &EnrollmentId, reason: &str) {
        let what = What::Exited { enrollment: id.clone(), reason: reason.to_owned() };
        self.end(id, ("exited", Some(reason)), what);
    }

    /// Ends an enrollment because its workflow, or the contact, is no more.
    pub(super) fn cancel(&mut self, id: &EnrollmentId, reason: &str) {
        let what = What::Cancelled { enrollment: id.clone(), reason: reason.to_owned() };
        self.end(id, ("cancelled", Some(reason)), what);
    }

    /// Ends an enrollment that can't go on.
    pub(super) fn fail(&mut self, id: &EnrollmentId, reason: &str) {
        let what = What::Failed { enrollment: id.clone(), reason: reason.to_owned() };
        self.end(id, ("failed", Some(reason)), what);
    }

    fn end(&mut self, id: &EnrollmentId, (counter, reason): (&str, Option<&str>), what: What) {
        let Some(ended) = self.contact.state.enrollments.remove(id) else { return };
        if let Some(past) = self.contact.state.past.get_mut(&ended.workflow) {
            past.ended_at = Some(self.now);
        }
        self.count(&ended.workflow, &ended.version, None, counter);
        if let Some(reason) = reason {
            self.count(&ended.workflow, &ended.version, None, &format!("{counter}.{reason}"));
            self.count(&ended.workflow, &ended.version, Some(&ended.step), counter);
        }
        self.log(Some(&ended.workflow), Some(&ended.step), what);
        self.skip_planned(&ended.waiting);
        self.settle_codes(id, &ended);
        if let Some(occurrence) = ended.queued {
            let (occurrence, workflow) = (*occurrence, ended.workflow);
            self.work.push_back(Work::Enter { occurrence, workflow });
        }
    }

    /// The enrollment goes elsewhere: what it waited for is not sent any more.
    pub(super) fn drop_sends(&mut self, id: &EnrollmentId) {
        let Some(enrollment) = self.contact.state.enrollments.get_mut(id) else { return };
        let waiting = std::mem::replace(&mut enrollment.waiting, Waiting::Nothing);
        self.skip_planned(&waiting);
    }

    /// Nothing that is only planned is claimed any more; what was claimed is still recorded.
    fn skip_planned(&mut self, waiting: &Waiting) {
        let Waiting::Sends { open } = waiting else { return };
        for id in open {
            let send = self.contact.state.sends.get(id);
            if send
                .is_some_and(|send| matches!(send.phase, Phase::Planned { .. } | Phase::Interrupted { .. }))
            {
                self.skip(id, "enrollment_ended");
            }
        }
    }
}
