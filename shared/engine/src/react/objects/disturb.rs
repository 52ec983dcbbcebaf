//! Do not disturb: blocking a channel, and lifting that with a proof.

use std::sync::Arc;

use serde_json::Value;

use super::{Cause, Data, text};
use crate::contact::consent::Channel;
use crate::contact::disturb::{By, Mark, Reach};
use crate::limits;
use crate::react::Turn;
use crate::timeline::What;

impl Turn<'_> {
    /// What an event from outside says of it: `dnd.blocked`, `dnd.lifted`, and a STOP, `sms.stopped`.
    pub(super) fn apply_disturb(
        &mut self,
        cause: &Cause<'_>,
        word: &str,
        verb: &str,
        mut data: Data,
    ) -> Option<Data> {
        let (reach, on) = match (word, verb) {
            ("dnd", "blocked") => (text(&data, "channel").and_then(|name| Reach::parse(&name)), true),
            ("dnd", "lifted") => (text(&data, "channel").and_then(|name| Reach::parse(&name)), false),
            (_, "stopped") => (Channel::parse(word).map(Reach::One), true),
            _ => return Some(data),
        };
        let reach = reach?;
        let by = text(&data, "by").and_then(|by| By::parse(&by)).unwrap_or(By::Contact);
        let proof = text(&data, "proof");
        if !on && proof.is_none() {
            let kept = What::ObjectKept {
                object: "dnd".to_owned(),
                id: reach.to_string().into(),
                reason: "no_proof".to_owned(),
            };
            self.tell(cause, kept);
            return None;
        }
        data.insert("by".to_owned(), by.as_str().into());
        let changed = self.set_disturb(cause, reach, by, on, proof.as_deref());
        // A STOP that changes nothing was sent all the same.
        (changed || word != "dnd").then_some(data)
    }

    /// Blocks, or lifts a block with what proves that it may be lifted. What is linked goes along. False if nothing
    /// changed.
    pub fn set_disturb(
        &mut self,
        cause: &Cause<'_>,
        reach: Reach,
        by: By,
        on: bool,
        proof: Option<&str>,
    ) -> bool {
        let source: Arc<str> =
            limits::cut(proof.unwrap_or(&cause.source).to_owned(), limits::NAME_BYTES).into();
        let apart = self.definitions.account.sms_and_whatsapp_apart;
        let linked = match reach {
            Reach::One(Channel::Sms) if !apart => Some(Reach::One(Channel::Whatsapp)),
            Reach::One(Channel::Whatsapp) if !apart => Some(Reach::One(Channel::Sms)),
            _ => None,
        };
        let mut any = false;
        for reach in [reach].into_iter().chain(linked) {
            let mark = Mark { on, at: cause.at, source: source.clone() };
            if !self.profile().objects.disturb.take(reach, by, mark) {
                continue;
            }
            any = true;
            let channel = reach.to_string();
            let said = [("channel", channel.as_str()), ("by", by.as_str())];
            let mut data: Data =
                said.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
            let kind = if on {
                self.tell(cause, What::DisturbOn { channel, by });
                "dnd.blocked"
            } else {
                data.insert("proof".to_owned(), Value::from(&*source));
                self.tell(cause, What::DisturbOff { channel, by, proof: source.clone() });
                "dnd.lifted"
            };
            self.follows(cause, kind, data);
        }
        any
    }
}
