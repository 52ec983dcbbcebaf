//! Events that speak of a message: which one, and what that proves.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Need, Turn};
use crate::condition::Facets;
use crate::contact::consent::Channel;
use crate::contact::enrollment::{Enrollment, Heard};
use crate::contact::send::{Once, Send, Sent};
use crate::event::Event;
use crate::ids::{EnrollmentId, SendId, StepId};
use crate::limits;
use crate::time::Instant;
use crate::timeline::What;
use crate::workflow::program::Program;

/// What can be said of a message that was sent.
const VERBS: &[&str] = &[
    "opened",
    "replied",
    "delivered",
    "not_delivered",
    "delayed",
    "bounced",
    "complained",
    "clicked",
    "unsubscribed",
];

/// The channel and the verb of an event that speaks of a message.
fn of_message(kind: &str) -> Option<(Channel, &str)> {
    let (channel, verb) = kind.split_once('.')?;
    let channel = Channel::parse(channel)
        .filter(|channel| matches!(channel, Channel::Email | Channel::Sms | Channel::Whatsapp))?;
    VERBS.contains(&verb).then_some((channel, verb))
}

impl Turn<'_> {
    /// A message to the contact was taken by its provider: its enrollment remembers it, and workflows see it.
    pub(super) fn message_went(&mut self, id: &SendId, send: &Send, at: Instant) {
        self.remember(&send.enrollment, &send.step, at, |heard| &mut heard.sent);
        self.touch(id, (&send.workflow, &send.version, &send.step), at, false);
        let enrollment = self.contact.state.enrollments.get(&send.enrollment);
        let chain = enrollment.map(|enrollment| enrollment.chain.clone()).unwrap_or_default();
        let said =
            [("send", id.as_str()), ("workflow", send.workflow.as_str()), ("step", send.step.as_str())];
        let data = said.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        self.happen_at(&format!("{}.sent", send.channel), at, data, chain);
    }

    /// The enrollment of a message remembers what came of it.
    fn hear(&mut self, sent: &Sent, verb: &str, data: &mut Map<String, Value>, at: Instant) {
        let which: fn(&mut Heard) -> &mut Option<Instant> = match verb {
            "opened" | "clicked" => {
                let class = data.entry("class").or_insert_with(|| "human".into());
                match (verb, class.as_str() == Some("human")) {
                    ("opened", true) => |heard| &mut heard.opened,
                    ("opened", false) => |heard| &mut heard.opened_by_machine,
                    (_, true) => |heard| &mut heard.clicked,
                    (_, false) => return,
                }
            }
            "replied" => |heard| &mut heard.replied,
            "delivered" => |heard| &mut heard.delivered,
            "bounced" | "not_delivered" => |heard| &mut heard.bounced,
            _ => return,
        };
        self.remember(&sent.enrollment, &sent.step, at, which);
        if verb == "clicked" {
            self.remember_link(sent, data.get("url").and_then(Value::as_str).unwrap_or_default());
        }
    }

    /// Remembers the first link that was followed, if a step reads it.
    fn remember_link(&mut self, sent: &Sent, url: &str) {
        let definitions = self.definitions;
        let names = |path: &str| {
            let (step, rest) = path.split_once('.').unwrap_or((path, ""));
            step == sent.step.as_str() && rest.split('.').next() == Some("clicked")
        };
        let reads = |program: &Arc<Program>| definitions.step_paths(program).into_iter().any(names);
        // Of a version that is not at hand nobody knows what it reads.
        let reads = definitions.programs.get(&sent.version).is_none_or(reads);
        let enrollment = self.contact.state.enrollments.get_mut(&sent.enrollment);
        let heard = enrollment.and_then(|enrollment| enrollment.messages.get_mut(&sent.step));
        let Some(heard) = heard.filter(|heard| reads && heard.url.is_none() && !url.is_empty()) else {
            return;
        };
        if limits::json_bytes(url) <= limits::LINK_BYTES {
            heard.url = Some(url.into());
        } else {
            let limit = "link".to_owned();
            self.log(Some(&sent.workflow), Some(&sent.step), What::LimitReached { limit });
        }
    }

    /// Remembers what came of a message, if a condition of its workflow asks about it; the one that was sent longest
    /// ago may be forgotten for it.
    fn remember(
        &mut self,
        id: &EnrollmentId,
        step: &StepId,
        at: Instant,
        which: fn(&mut Heard) -> &mut Option<Instant>,
    ) {
        let definitions = self.definitions;
        let asks = |program: &Program| {
            let read = |path: &&str| path.split('.').next() == Some(step.as_str());
            program.asks_about(step) || definitions.step_paths(program).iter().any(read)
        };
        let enrollments = &mut self.contact.state.enrollments;
        let Some(enrollment) = enrollments.get_mut(id) else { return };
        // Of a version that is not at hand nobody knows what it asks.
        if definitions.programs.get(&enrollment.version).is_some_and(|program| !asks(program)) {
            return;
        }
        self.dirty = self.dirty | Facets::MESSAGES;
        let first = which(enrollment.messages.entry(step.clone()).or_default());
        *first = Some(first.map_or(at, |first| first.min(at)));
        let messages = |enrollment: &Enrollment| enrollment.messages.len();
        if enrollments.values().map(messages).sum::<usize>() <= limits::MESSAGES {
            return;
        }
        let all = enrollments.iter().flat_map(|(id, enrollment)| {
            enrollment.messages.iter().map(move |(step, heard)| (heard.sent, id, step))
        });
        let others = all.filter(|(_, other, named)| (*other, *named) != (id, step));
        let Some((_, oldest, step)) = others.min().map(|(at, id, step)| (at, id.clone(), step.clone()))
        else {
            return;
        };
        if let Some(enrollment) = enrollments.get_mut(&oldest) {
            enrollment.messages.remove(&step);
        }
    }

    /// The event's data, completed by the message of which it speaks; none if that is no message of this contact and
    /// the event means nothing without it.
    pub(super) fn read_mail_event(
        &mut self,
        event: &Event,
        at: Instant,
    ) -> Result<Option<Map<String, Value>>, Need> {
        let mut data = event.data.clone();
        let Some((channel, verb)) = of_message(&event.kind) else { return Ok(Some(data)) };
        let named = data.get("send").and_then(Value::as_str).map(SendId::new);
        let (id, needed) = match (channel, verb) {
            (Channel::Email, "opened") => (named, true),
            // A reply that names no message answers the newest.
            (Channel::Email, "replied") => (named.or_else(|| self.contact.state.last_sent.clone()), false),
            _ => (named, false),
        };
        let Some(id) = id else {
            if needed {
                self.log(None, None, What::MessageUnknown);
            }
            return Ok((!needed).then_some(data));
        };
        // Any word of a message that was claimed is proof that the provider took it.
        if self.contact.state.sends.get(&id).is_some_and(|send| send.attempt >= 1) {
            self.accepted(&id, at.min(self.now), None)?;
        }
        let Some(mut sent) = self.sent(&id)? else {
            self.log(None, None, What::MessageUnknown);
            return Ok((!needed).then_some(data));
        };
        data.insert("send".to_owned(), id.as_str().into());
        data.insert("workflow".to_owned(), sent.workflow.as_str().into());
        data.insert("step".to_owned(), sent.step.as_str().into());
        let (workflow, version, step) = (sent.workflow.clone(), sent.version.clone(), sent.step.clone());
        self.hear(&sent, verb, &mut data, at);
        if verb == "clicked" && data.get("class").and_then(Value::as_str) == Some("human") {
            self.touch(&id, (&workflow, &version, &step), at, true);
        }
        let remembers = event.is_feedback() && sent.heard.len() < limits::HEARD;
        if remembers {
            sent.heard.insert(event.mark());
            self.heard.push(event.mark());
        }
        let class = || data.get("class").and_then(Value::as_str).unwrap_or("unknown").to_owned();
        let (what, counter) = match verb {
            "opened" => {
                let class = class();
                let counter = if class == "human" { Once::Opened } else { Once::OpenedByMachine };
                (Some(What::Opened { send: id.clone(), class }), Some(counter))
            }
            "clicked" if class() == "human" => (None, Some(Once::Clicked)),
            "clicked" => (None, Some(Once::ClickedByMachine)),
            "replied" => (Some(What::Replied { send: id.clone() }), Some(Once::Replied)),
            "delivered" => (None, Some(Once::Delivered)),
            "bounced" | "not_delivered" => (None, Some(Once::Bounced)),
            "complained" => (None, Some(Once::Complained)),
            _ => (None, None),
        };
        if let Some(what) = what {
            self.log(Some(&workflow), Some(&step), what);
        }
        let is_first = counter.is_some_and(|counter| sent.is_first(counter, at));
        if let Some(counter) = counter.filter(|_| is_first) {
            self.count(&workflow, &version, Some(&step), counter.as_str());
        }
        if is_first || remembers {
            self.put_sent(id, sent);
        }
        Ok(Some(data))
    }
}
