//! Codes of coupons: reserved, shown, issued, given back (SEM-11). A code that only messages show is issued when the first
//! of them has been sent; a passage that ends without gives it back. One that other steps put elsewhere, or that nothing
//! shows, is issued at once.

use std::sync::Arc;

use serde_json::Value;

use super::memory::has_room;
use super::objects::Cause;
use super::{Need, Turn, Visit};
use crate::contact::ask::{Ask, Reserved, Wish};
use crate::contact::enrollment::Enrollment;
use crate::contact::record::Sort;
use crate::contact::send::{Class, Send};
use crate::definitions::Definitions;
use crate::ids::{AskId, EnrollmentId, StepId, VersionId, WorkflowId};
use crate::steps::Step;
use crate::template::Template;
use crate::time::Instant;
use crate::timeline::What;

impl Visit<'_, '_> {
    /// The contact has a code, or will have it when a message shows it.
    pub fn reserve_code(&mut self, pool: &str, code: &Arc<str>, until: Option<Instant>) {
        let (id, step, visit) = (self.id.clone(), self.def.id.clone(), self.enrollment.visit);
        let reserved = Reserved { step, visit, pool: pool.into(), code: code.clone(), until };
        let (messages, others): (Vec<_>, Vec<_>) = self
            .program
            .steps
            .iter()
            .filter(|def| names(&*def.step, &*self.def.step, self.turn.definitions))
            .partition(|def| def.step.message_class(Class::Service).is_some());
        let Some(enrollment) = self.turn.contact.state.enrollments.get_mut(&id) else { return };
        // What later messages show is the code of this visit.
        let earlier = enrollment.reserved.iter().position(|other| other.step == reserved.step);
        let earlier = earlier.map(|at| enrollment.reserved.remove(at));
        enrollment.reserved.push(reserved);
        if messages.is_empty() || !others.is_empty() || !has_room(enrollment, &enrollment.vars) {
            enrollment.reserved.pop().into_iter().for_each(|code| self.turn.issue(self.enrollment, &code));
        }
        if let Some(earlier) = earlier {
            self.turn.settle_code(self.id, self.enrollment, earlier);
        }
    }
}

/// Whether a step, or a mail template that it names, shows what another one keeps.
fn names(step: &dyn Step, keeper: &dyn Step, definitions: &Definitions) -> bool {
    let kept = keeper.vars();
    let reads = |template: &Template| {
        template.names().iter().any(|name| {
            let var = name.strip_prefix("vars.").and_then(|rest| rest.split('.').next());
            var.is_some_and(|var| kept.contains(&var))
        })
    };
    let named = step.named_templates().into_iter().filter_map(|name| definitions.templates.get(name));
    step.templates().into_iter().any(reads) || named.flat_map(|named| named.texts()).any(reads)
}

impl Turn<'_> {
    /// A message was sent: the codes that it shows are the contact's.
    pub(super) fn show_codes(&mut self, send: &Send) -> Result<(), Need> {
        let Some(passage) = self.contact.state.enrollments.get(&send.enrollment).cloned() else {
            return Ok(());
        };
        if passage.reserved.is_empty() {
            return Ok(());
        }
        let program = self.program(&send.version)?;
        let step = |id: &StepId| program.step(id).map(|at| &*program.steps[at].step);
        let message = step(&send.step);
        let shows = |code: &Reserved| match (message, step(&code.step)) {
            (Some(message), Some(keeper)) => names(message, keeper, self.definitions),
            // It runs another version by now.
            _ => true,
        };
        let (shown, kept): (Vec<_>, Vec<_>) = passage.reserved.iter().cloned().partition(shows);
        if let Some(enrollment) = self.contact.state.enrollments.get_mut(&send.enrollment) {
            enrollment.reserved = kept;
        }
        shown.iter().for_each(|code| self.issue(&passage, code));
        Ok(())
    }

    /// A passage has ended: what no message has shown goes back.
    pub(super) fn settle_codes(&mut self, id: &EnrollmentId, passage: &Enrollment) {
        for code in passage.reserved.clone() {
            self.settle_code(id, passage, code);
        }
    }

    /// Of a message that may be under way nobody knows what it shows.
    fn settle_code(&mut self, id: &EnrollmentId, passage: &Enrollment, code: Reserved) {
        let under_way = |send: &Send| send.enrollment == *id && send.fixed.is_none();
        if self.contact.state.sends.values().any(under_way) {
            self.issue(passage, &code);
        } else {
            self.give_back(id, (&passage.workflow, &passage.version), code);
        }
    }

    fn issue(&mut self, passage: &Enrollment, code: &Reserved) {
        let cause = Cause {
            by: Some((&passage.workflow, &code.step)),
            at: self.now,
            chain: passage.chain.clone(),
            source: format!("workflow:{}", passage.workflow).into(),
        };
        let mut values = vec![("pool", Value::from(&*code.pool))];
        values.extend(code.until.map(|until| ("valid_until", until.millis().into())));
        self.do_to(&cause, Sort::Coupon, &code.code, "issued", values);
    }

    /// Nobody was shown a code: somebody else may have it.
    pub(super) fn give_back(
        &mut self,
        id: &EnrollmentId,
        (workflow, version): (&WorkflowId, &VersionId),
        back: Reserved,
    ) {
        let Reserved { step, visit, pool, code, .. } = back;
        let what = What::CodeGivenBack { pool: pool.to_string(), code: code.to_string() };
        self.log(Some(workflow), Some(&step), what);
        let got = AskId::derive(id, &step, visit);
        let ask = Ask {
            enrollment: id.clone(),
            workflow: workflow.clone(),
            version: version.clone(),
            step,
            visit,
            asked_at: self.now,
            wish: Wish::GiveBack { pool, code, got: got.clone() },
        };
        self.contact.state.asks.insert(got.giving_back(), ask);
    }
}
