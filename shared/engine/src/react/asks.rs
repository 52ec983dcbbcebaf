//! Asking for what several contacts share, and going on with the answer.

use super::{Need, Turn, Visit};
use crate::contact::ask::{Answer, Ask, Reserved, Wish};
use crate::contact::enrollment::Waiting;
use crate::contact::state::Work;
use crate::ids::AskId;
use crate::steps::Next;
use crate::timeline::What;

impl Turn<'_> {
    /// An answer came. An ask that is answered already, or whose enrollment went elsewhere, gets nothing more.
    pub(super) fn answered(&mut self, id: &AskId, answer: &Answer) -> Result<(), Need> {
        let Some(ask) = self.contact.state.asks.remove(id) else { return Ok(()) };
        if let Wish::GiveBack { .. } = ask.wish {
            return Ok(());
        }
        let program = self.program(&ask.version)?;
        let what = match answer {
            Answer::Got { value } => What::Answered { answer: value.to_string() },
            Answer::At { at } => What::Answered { answer: at.to_string() },
            Answer::None => What::Answered { answer: "none".to_owned() },
        };
        self.log(Some(&ask.workflow), Some(&ask.step), what);
        let enrollment = self.contact.state.enrollments.get(&ask.enrollment);
        if enrollment.is_none_or(|inside| inside.waiting != (Waiting::Answer { ask: id.clone() })) {
            if let (Wish::Coupon { pool }, Answer::Got { value }) = (ask.wish, answer) {
                let (step, visit) = (ask.step, ask.visit);
                let reserved = Reserved { step, visit, pool, code: value.clone(), until: None };
                self.give_back(&ask.enrollment, (&ask.workflow, &ask.version), reserved);
            }
            return Ok(());
        }
        if let (Wish::Slot { from, .. }, Some(enrollment)) =
            (&ask.wish, self.contact.state.enrollments.get_mut(&ask.enrollment))
        {
            // The step runs again, and plans its message for then.
            enrollment.slot = Some(if let Answer::At { at } = answer { *at } else { *from });
            enrollment.waiting = Waiting::Nothing;
            self.work.push_back(Work::Run { enrollment: ask.enrollment });
            return Ok(());
        }
        let Some(enrollment) = self.contact.state.enrollments.get(&ask.enrollment).cloned() else {
            return Ok(());
        };
        let Some(def) = program.step(&ask.step).map(|at| &program.steps[at]) else {
            self.fail(&ask.enrollment, "step_missing");
            return Ok(());
        };
        self.chain = enrollment.chain.clone();
        let mut visit =
            Visit { turn: self, id: &ask.enrollment, enrollment: &enrollment, program: &program, def };
        let next = def.step.answered(&mut visit, answer)?;
        match next {
            Next::Continue | Next::Skip => self.advance(&ask.enrollment, &program, def.next, self.now),
            Next::Goto(target) => self.advance(&ask.enrollment, &program, target, self.now),
            Next::GoTo(step) => self.advance(&ask.enrollment, &program, program.step(&step), self.now),
            Next::Exit(reason) => self.exit(&ask.enrollment, &reason),
            Next::Wait(waiting) => {
                let runs = waiting == Waiting::Nothing;
                if let Some(enrollment) = self.contact.state.enrollments.get_mut(&ask.enrollment) {
                    enrollment.waiting = waiting;
                }
                if runs {
                    self.work.push_back(Work::Run { enrollment: ask.enrollment });
                }
            }
        }
        Ok(())
    }
}

impl Visit<'_, '_> {
    /// Asks for something shared; the enrollment waits for the answer.
    pub fn ask(&mut self, wish: Wish) -> Next {
        let id = AskId::derive(self.id, &self.def.id, self.enrollment.visit);
        let ask = Ask {
            enrollment: self.id.clone(),
            workflow: self.program.workflow.clone(),
            version: self.enrollment.version.clone(),
            step: self.def.id.clone(),
            visit: self.enrollment.visit,
            wish,
            asked_at: self.turn.now,
        };
        self.turn.contact.state.asks.insert(id.clone(), ask);
        self.log(What::Asked);
        Next::Wait(Waiting::Answer { ask: id })
    }
}
