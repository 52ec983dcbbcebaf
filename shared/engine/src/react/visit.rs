//! What a step can do to the contact, in the name of its enrollment.

use jiff::tz::TimeZone;
use serde_json::Value;

use super::objects::Label;
use super::{Need, Turn};
use crate::condition::Scope;
use crate::contact::ask::Wish;
use crate::contact::enrollment::{Enrollment, Waiting};
use crate::contact::send::{Class, Fixed, Phase, Send, Via};
use crate::ids::{EnrollmentId, SendId};
use crate::steps::Next;
use crate::template::Template;
use crate::time::Instant;
use crate::timeline::What;
use crate::workflow::program::{Program, StepDef};
use crate::{limits, message};

/// One visit of an enrollment at a step.
#[derive(Debug)]
pub struct Visit<'v, 't> {
    /// The reaction that it is part of.
    pub turn: &'v mut Turn<'t>,
    /// Whose visit.
    pub id: &'v EnrollmentId,
    /// As it was on arrival.
    pub enrollment: &'v Enrollment,
    /// The version that it runs.
    pub program: &'v Program,
    /// The step.
    pub def: &'v StepDef,
}

impl Visit<'_, '_> {
    /// Records a line for this step.
    pub fn log(&mut self, what: What) {
        self.turn.log(Some(&self.program.workflow), Some(&self.def.id), what);
    }

    /// The zone in which this person's days are counted: the contact's own, else the account's.
    pub fn zone(&self) -> TimeZone {
        self.turn.contact_zone()
    }

    /// What conditions look at here: the event is the one that made the person enter.
    pub fn scope(&self) -> Scope<'_> {
        self.turn.scope(Some((self.id, self.enrollment)))
    }

    /// Renders a text with the values of this moment.
    ///
    /// # Errors
    /// The reason code.
    pub fn render(&self, template: &Template) -> Result<String, String> {
        let (turn, enrollment) = (&self.turn, Some(self.enrollment));
        let context = message::context(turn.definitions, self.program, &turn.contact, enrollment, turn.now);
        template
            .render(&context, self.program.settings.missing)
            .map_err(|error| message::reason(&error).to_owned())
    }

    /// Plans messages: to the contact, or with fixed content to colleagues, each by its channel. The enrollment waits until
    /// they have ended.
    pub fn plan(&mut self, class: Class, messages: Vec<(Via, Option<Fixed>)>) -> Next {
        let mut not_before = self.turn.now;
        if class != Class::Internal
            && !self.turn.contact.profile.test
            && let Some((most, per)) = self.program.settings.pacing
        {
            let Some(slot) = self.enrollment.slot else {
                let per = per.elapsed().unwrap_or_default();
                return self.ask(Wish::Slot { most, per, from: self.turn.now });
            };
            not_before = not_before.max(slot);
            if let Some(enrollment) = self.turn.contact.state.enrollments.get_mut(self.id) {
                enrollment.slot = None;
            }
        }
        // Outside the window it waits for the opening; how late it is counts from the one after its anchor.
        let mut planned_for = self.enrollment.anchor.max(self.enrollment.slot.unwrap_or_default());
        let mut opening = None;
        if let Some(hours) = self.turn.hours(self.program, class) {
            let release = |at| Turn::release_at(&hours, self.program, self.id, at);
            if let Some(release) = release(not_before).filter(|release| release.opening > not_before) {
                (not_before, opening) = (release.at, Some(release.opening));
            }
            planned_for = release(planned_for).map_or(planned_for, |release| release.opening);
        }
        let mut open = Vec::new();
        for (recipient, (channel, fixed)) in messages.into_iter().enumerate() {
            if self.turn.contact.state.sends.len() >= limits::OPEN_SENDS {
                self.log(What::StepSkipped { reason: "too_many_open_sends".to_owned() });
                break;
            }
            let id = SendId::derive(
                &self.turn.contact.id,
                self.id,
                &self.def.id,
                self.enrollment.visit,
                recipient,
            );
            let send = Send {
                enrollment: self.id.clone(),
                workflow: self.program.workflow.clone(),
                version: self.enrollment.version.clone(),
                step: self.def.id.clone(),
                visit: self.enrollment.visit,
                channel,
                class,
                planned_for,
                opening,
                attempt: 0,
                refusals: 0,
                phase: Phase::Planned { not_before },
                fixed,
            };
            self.turn.contact.state.sends.insert(id.clone(), send);
            self.log(What::SendPlanned { send: id.clone() });
            if not_before > self.turn.now {
                let reason = if opening.is_some() { "window" } else { "pacing" }.to_owned();
                self.log(What::SendHeld { send: id.clone(), until: not_before, reason });
            }
            open.push(id);
        }
        if open.is_empty() { Next::Continue } else { Next::Wait(Waiting::Sends { open }) }
    }

    /// Adds a tag.
    pub fn add_tag(&mut self, tag: &str) {
        self.set_label(Label::Tag, tag, true);
    }

    /// Removes a tag.
    pub fn remove_tag(&mut self, tag: &str) {
        self.set_label(Label::Tag, tag, false);
    }

    /// Puts the contact on a list.
    pub fn join_list(&mut self, list: &str) {
        self.set_label(Label::List, list, true);
    }

    /// Takes the contact off a list.
    pub fn leave_list(&mut self, list: &str) {
        self.set_label(Label::List, list, false);
    }

    fn set_label(&mut self, label: Label, name: &str, on: bool) {
        let cause = self.cause();
        self.turn.set_label(&cause, label, name, on);
    }

    /// Sets a field, or says why not.
    pub fn set_field(&mut self, name: &str, value: Result<Value, String>) {
        let parsed = value.and_then(|value| {
            let account = Some(self.turn.definitions);
            crate::contact::fields::parse(name, &value, account).map_err(|_| "bad_value".to_owned())
        });
        let value = match parsed {
            Ok(value) => value.unwrap_or(Value::Null),
            Err(reason) => return self.log(What::FieldKept { field: name.into(), reason }),
        };
        let (by, at) = ((&self.program.workflow, &self.def.id), self.turn.now);
        self.turn.put_field(Some(by), name, value, at, self.enrollment.chain.clone());
    }

    /// Adds points.
    pub fn add_score(&mut self, points: i64, expires_at: Option<Instant>) {
        let now = self.turn.now;
        if self.turn.contact.profile.test {
            return self.log(What::StepSkipped { reason: "test_contact".to_owned() });
        }
        if expires_at.is_some_and(|expires_at| expires_at <= now) {
            return self.log(What::StepSkipped { reason: "expired_already".to_owned() });
        }
        let before = self.turn.contact.score(now);
        if !self.turn.contact.state.score.add(points, expires_at) {
            return self.log(What::LimitReached { limit: "score_entries".to_owned() });
        }
        let after = self.turn.contact.score(now);
        self.log(What::ScoreAdded { points, score: after });
        let chain = self.enrollment.chain.clone();
        self.turn.score_changed(before, after, chain);
    }

    /// Whether this step has not yet done anything for the message that the entering event speaks of. From now on it
    /// has.
    ///
    /// # Errors
    /// The message's row must be loaded.
    pub fn first_for_message(&mut self) -> Result<bool, Need> {
        let Some(send) = self.enrollment.event.get("send").and_then(Value::as_str).map(SendId::new) else {
            return Ok(true);
        };
        let Some(mut row) = self.turn.sent(&send)? else { return Ok(true) };
        if !row.once.insert(format!("{}/{}", self.program.workflow, self.def.id)) {
            self.log(What::StepSkipped { reason: "once_per_message".to_owned() });
            return Ok(false);
        }
        self.turn.put_sent(send, row);
        Ok(true)
    }
}
