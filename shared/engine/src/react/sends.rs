//! The life of a send inside the contact: claimed by one performer, settled by proof. Within an attempt its phases only
//! go up, so doubled, late and early reports give the same state.

use std::sync::Arc;

use serde_json::Value;

use super::gate::{self, Gate};
use super::{Need, Outcome, Turn};
use crate::contact::consent::Suppression;
use crate::contact::send::{Class, MAX_REFUSALS, Phase, Send, Sent};
use crate::ids::SendId;
use crate::limits;
use crate::time::Instant;
use crate::timeline::What;

impl Turn<'_> {
    /// Claims a planned send, if the gate lets it through.
    pub(super) fn claim(
        &mut self,
        id: &SendId,
        by: &Arc<str>,
        suppression: Option<Suppression>,
    ) -> Result<(), Need> {
        let Some(send) = self.contact.state.sends.get(id).filter(|_| !self.definitions.on_hold) else {
            return Ok(());
        };
        if !matches!(send.phase, Phase::Planned { not_before } if not_before <= self.now) {
            return Ok(());
        }
        let program = self.program(&send.version)?;
        match gate::check(self, &program, id, send, suppression) {
            Gate::Send => {
                let at = self.now;
                let Some(send) = self.contact.state.sends.get_mut(id) else { return Ok(()) };
                send.attempt += 1;
                send.phase = Phase::Claimed { at, by: by.clone() };
                let (workflow, step, attempt) = (send.workflow.clone(), send.step.clone(), send.attempt);
                self.log(Some(&workflow), Some(&step), What::SendClaimed { send: id.clone(), attempt });
            }
            Gate::Hold(at, reason, opening) => {
                let Some(send) = self.contact.state.sends.get_mut(id) else { return Ok(()) };
                // How late it is counts from when it may go.
                send.planned_for = opening.unwrap_or(at);
                send.opening = opening.or(send.opening);
                let waits = (reason == gate::QUIET_HOURS).then(|| send.clone());
                let reason = reason.to_owned();
                self.change(
                    id,
                    Phase::Planned { not_before: at },
                    What::SendHeld { send: id.clone(), until: at, reason },
                );
                // The night of a colleague holds nobody's path.
                if let Some(send) = waits {
                    self.release(id, &send, self.now)?;
                }
            }
            Gate::Skip(reason) => {
                let send = send.clone();
                self.skip(id, reason);
                self.release_refused(id, &send, self.now)?;
            }
        }
        Ok(())
    }

    /// After a restore: whatever is still to be handed over may have been. Its enrollment goes on, which may plan more.
    pub(super) fn restored(&mut self) -> Result<(), Need> {
        loop {
            let is_open = |send: &Send| !matches!(send.phase, Phase::Unresolved { .. });
            let open = self.contact.state.sends.iter().filter(|(_, send)| is_open(send));
            let open: Vec<_> = open.map(|(id, send)| (id.clone(), send.clone())).collect();
            if open.is_empty() {
                return Ok(());
            }
            for (id, send) in open {
                let phase = Phase::Unresolved { claimed_at: send.planned_for };
                self.count(&send.workflow, &send.version, Some(&send.step), "unresolved");
                self.change(&id, phase, What::SendUnresolved { send: id.clone() });
                self.release(&id, &send, send.planned_for)?;
            }
            if !self.catch_up()? {
                return Ok(());
            }
        }
    }

    /// Records what came of an attempt.
    pub(super) fn outcome(&mut self, id: &SendId, attempt: u32, outcome: &Outcome) -> Result<(), Need> {
        let Some(send) = self.contact.state.sends.get(id) else { return Ok(()) };
        let open =
            matches!(send.phase, Phase::Claimed { .. } | Phase::Unknown { .. } | Phase::Unresolved { .. });
        let present = open && send.attempt == attempt;
        match outcome {
            // Proof of accepted for any attempt settles the send.
            Outcome::Accepted { at, provider_id } if attempt >= 1 && attempt <= send.attempt => {
                self.accepted(id, (*at).min(self.now), Some(provider_id.clone()))
            }
            Outcome::Answered { at, status, body } if attempt >= 1 && attempt <= send.attempt => {
                let at = (*at).min(self.now);
                self.take_answer(id, *status, body)?;
                self.accepted(id, at, None)
            }
            Outcome::Refused { permanent, reason } if present => self.refused(id, *permanent, reason),
            Outcome::GivenBack if present => {
                let not_before = self.now;
                self.change(id, Phase::Planned { not_before }, What::SendGivenBack { send: id.clone() });
                Ok(())
            }
            Outcome::Unknown if present && send.channel.repeats() => self.refused(id, false, "no_answer"),
            Outcome::Unknown if present => {
                if let Phase::Claimed { at, .. } = send.phase {
                    let phase = Phase::Unknown { claimed_at: at, since: self.now };
                    self.change(id, phase, What::SendUnknown { send: id.clone() });
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The send has ended: the provider has it.
    pub(super) fn accepted(
        &mut self,
        id: &SendId,
        at: Instant,
        provider_id: Option<Arc<str>>,
    ) -> Result<(), Need> {
        let Some(send) = self.contact.state.sends.remove(id) else { return Ok(()) };
        self.count(&send.workflow, &send.version, Some(&send.step), "sent");
        self.log(Some(&send.workflow), Some(&send.step), What::Sent { send: id.clone(), via: send.channel });
        let channel = send.channel.channel().filter(|_| send.fixed.is_none());
        if let Some(channel) =
            channel.filter(|_| send.class == Class::Marketing && !self.contact.profile.test)
        {
            let keep = usize::try_from(limits::CAP).unwrap_or_default();
            self.contact.state.accepted.entry(channel).or_default().count(at, keep);
        }
        if channel.is_some() {
            self.show_codes(&send)?;
            self.contact.state.last_sent = Some(id.clone());
            self.contact.state.recent.insert(id.clone(), Sent::of(&send, at, provider_id));
            self.message_went(id, &send, at);
        }
        self.release(id, &send, at)
    }

    /// Keeps what later steps read of a webhook's answer.
    fn take_answer(&mut self, id: &SendId, status: u16, body: &Value) -> Result<(), Need> {
        let Some(send) = self.contact.state.sends.get(id).cloned() else { return Ok(()) };
        let what = What::WebhookAnswered { send: id.clone(), status };
        self.log(Some(&send.workflow), Some(&send.step), what);
        let program = self.program(&send.version)?;
        let reads = self.definitions.step_paths(&program);
        let reads = |what: &str| {
            let path = format!("{}.{what}", send.step);
            reads.iter().any(|read| {
                read.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        if send.fixed.is_none() && self.contact.state.holds(id, &send) {
            if reads("status") {
                self.keep(&send.enrollment, &send.step, "status", status.into());
            }
            if reads("body") && !body.is_null() {
                self.keep(&send.enrollment, &send.step, "body", body.clone());
            }
        }
        Ok(())
    }

    /// Nobody knows whether it was handed over, and it does no harm to hand it over again.
    pub(super) fn hand_over_again(&mut self, id: &SendId) -> Result<(), Need> {
        self.refused(id, false, "no_answer")
    }

    fn refused(&mut self, id: &SendId, permanent: bool, reason: &str) -> Result<(), Need> {
        let now = self.now;
        let Some(send) = self.contact.state.sends.get_mut(id) else { return Ok(()) };
        send.refusals += 1;
        if permanent || send.refusals >= MAX_REFUSALS {
            let Some(send) = self.contact.state.sends.remove(id) else { return Ok(()) };
            self.count(&send.workflow, &send.version, Some(&send.step), "send_failed");
            let what = What::SendFailed { send: id.clone(), reason: reason.to_owned() };
            self.log(Some(&send.workflow), Some(&send.step), what);
            return self.release_refused(id, &send, now);
        }
        let again_at = now + send.backoff();
        let what = What::SendRefused { send: id.clone(), reason: reason.to_owned(), again_at };
        self.change(id, Phase::Planned { not_before: again_at }, what);
        Ok(())
    }

    fn change(&mut self, id: &SendId, phase: Phase, what: What) {
        let Some(send) = self.contact.state.sends.get_mut(id) else { return };
        let inside = self.contact.state.enrollments.get(&send.enrollment);
        let inside = inside.filter(|_| !send.waits_for_colleague());
        send.phase = match phase {
            Phase::Planned { not_before } if inside.is_some_and(|inside| inside.stands_still) => {
                Phase::Interrupted { not_before }
            }
            phase => phase,
        };
        let (workflow, step) = (send.workflow.clone(), send.step.clone());
        self.log(Some(&workflow), Some(&step), what);
    }

    /// The send has ended without being handed over.
    pub(super) fn skip(&mut self, id: &SendId, reason: &str) {
        let Some(Send { workflow, version, step, .. }) = self.contact.state.sends.remove(id) else { return };
        self.count(&workflow, &version, Some(&step), &format!("skipped.{reason}"));
        let what = What::SendSkipped { send: id.clone(), reason: reason.to_owned() };
        self.log(Some(&workflow), Some(&step), what);
    }
}
