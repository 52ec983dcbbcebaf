//! Events that speak of a message: which one, and what that proves.

use serde_json::{Map, Value};

use super::{Need, Turn};
use crate::event::Event;
use crate::ids::SendId;
use crate::limits;
use crate::time::Instant;
use crate::timeline::What;

impl Turn<'_> {
    /// The event's data, completed by the message of which it speaks; none if that is no message of this contact and
    /// the event means nothing without it.
    pub(super) fn read_mail_event(
        &mut self,
        event: &Event,
        at: Instant,
    ) -> Result<Option<Map<String, Value>>, Need> {
        let mut data = event.data.clone();
        let named = data.get("send").and_then(Value::as_str).map(SendId::new);
        let (id, needed) = match &*event.kind {
            "email.opened" => (named, true),
            // A reply that names no message answers the newest.
            "email.replied" => (named.or_else(|| self.contact.state.last_sent.clone()), false),
            "email.delivered" | "email.delayed" | "email.bounced" | "email.complained" | "email.clicked"
            | "email.unsubscribed" => (named, false),
            _ => return Ok(Some(data)),
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
        let remembers = event.is_feedback() && sent.heard.len() < limits::HEARD;
        if remembers {
            sent.heard.insert(event.mark());
            self.heard.push(event.mark());
        }
        let (first, counter, what) = match &*event.kind {
            "email.opened" => {
                let class = data
                    .entry("class")
                    .or_insert_with(|| "human".into())
                    .as_str()
                    .unwrap_or("unknown")
                    .to_owned();
                let human = class == "human";
                let first = if human { &mut sent.opened_at } else { &mut sent.opened_by_machine_at };
                (
                    first,
                    if human { "opened" } else { "opened.machine" },
                    What::Opened { send: id.clone(), class },
                )
            }
            "email.replied" => (&mut sent.replied_at, "replied", What::Replied { send: id.clone() }),
            _ => {
                if remembers {
                    self.put_sent(id, sent);
                }
                return Ok(Some(data));
            }
        };
        let is_first = first.is_none();
        first.get_or_insert(at);
        self.log(Some(&workflow), Some(&step), what);
        if is_first {
            self.count(&workflow, &version, Some(&step), counter);
        }
        if is_first || remembers {
            self.put_sent(id, sent);
        }
        Ok(Some(data))
    }
}
