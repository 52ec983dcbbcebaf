//! What people read of a scenario. Instants are told in the account's zone.

use std::fmt::Write as _;

use flusso_engine::contact::enrollment::{Enrollment, Waiting};
use flusso_engine::contact::send::{Phase, Via};
use flusso_engine::message::{Detail, Message};
use flusso_engine::react::Input;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::timeline::{Entry, Line, What};
use jiff::tz::TimeZone;

use super::objects;
use super::world::Person;

/// The text so far.
#[derive(Debug)]
pub struct Transcript {
    zone: TimeZone,
    text: String,
}

impl Transcript {
    /// Nothing was told yet.
    pub fn new(zone: TimeZone) -> Self {
        Self { zone, text: String::new() }
    }

    /// The whole text.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Tells something that is no reaction.
    pub fn note(&mut self, now: Instant, text: &str) {
        let _ = writeln!(self.text, "{} {text}", self.local(now));
    }

    /// Tells a reaction: what came in, then its lines. A line of another instant than the reaction's says so.
    pub fn reaction(&mut self, entry: &Entry) {
        let input = match &entry.input {
            Input::Event { event, .. } => event.kind.to_string(),
            other => other.kind().to_owned(),
        };
        self.note(entry.now, &input);
        for line in &entry.lines {
            let at =
                if line.at == entry.now { String::new() } else { format!(" (of {})", self.local(line.at)) };
            let text = self.with_local_instants(line);
            let _ = writeln!(self.text, "  {text}{at}");
        }
    }

    /// Tells what the provider took.
    pub fn message(&mut self, via: Via, message: &Message) {
        let to = &message.to;
        let from = if message.from.is_empty() { String::new() } else { format!(" from {}", message.from) };
        let said = match (&message.detail, via) {
            (Detail::Plain, Via::Email) => format!("to {to}: {}", message.subject),
            (Detail::Plain, _) => format!("{via} to {to}{from}"),
            (Detail::Approved { name, language, values }, _) => {
                let values: Vec<_> = values.iter().map(|(name, value)| format!(", {name} {value}")).collect();
                format!("{via} to {to}: {name} ({language}){}", values.concat())
            }
            (Detail::Audience { joins: true, .. }, _) => format!("joins the audience {to}"),
            (Detail::Audience { joins: false, .. }, _) => format!("leaves the audience {to}"),
            (Detail::Request { method, headers }, _) => {
                let headers: Vec<_> =
                    headers.iter().map(|(name, value)| format!(", {name}: {value}")).collect();
                format!("{method} {to}{}", headers.concat())
            }
        };
        let _ = writeln!(self.text, "  > {said}");
        for line in message.text.trim_end().lines() {
            let _ = writeln!(self.text, "{}", format!("  | {line}").trim_end());
        }
    }

    /// Tells how a contact stands.
    pub fn show(&mut self, person: &Person, now: Instant) {
        let (contact, profile) = (&person.contact, &person.contact.profile);
        let mut lines = Vec::new();
        let named = |name: &str, words: Vec<String>| {
            if words.is_empty() { None } else { Some(format!("{name} {}", words.join(", "))) }
        };
        let fields = profile.fields.iter().filter(|(name, _)| &***name != "email");
        lines
            .extend(named("fields", fields.map(|(name, field)| format!("{name} {}", field.value)).collect()));
        lines.extend(named("tags", profile.tags.keys().map(ToString::to_string).collect()));
        lines.extend(named("lists", profile.lists.keys().map(ToString::to_string).collect()));
        let consents = profile.consents.iter();
        let consents = consents.map(|consent| {
            format!("{} by {} {:?}", consent.purpose, consent.channel, consent.standing).to_lowercase()
        });
        lines.extend(named("consents", consents.collect()));
        lines.extend(objects::told(contact, now));
        if !contact.state.score.is_empty() {
            lines.push(format!("score {}", contact.score(now)));
        }
        for enrollment in contact.state.enrollments.values() {
            lines.push(self.enrollment(enrollment));
        }
        for send in contact.state.sends.values() {
            let phase = match &send.phase {
                Phase::Planned { not_before } => format!("planned, not before {}", self.local(*not_before)),
                Phase::Interrupted { .. } => "interrupted".to_owned(),
                Phase::Claimed { .. } => "claimed".to_owned(),
                Phase::Unknown { .. } => "unknown".to_owned(),
                Phase::Unresolved { .. } => "unresolved".to_owned(),
            };
            lines.push(format!("message {}/{}: {phase}", send.workflow, send.step));
        }
        if !contact.state.agenda.is_empty() {
            lines.push(format!("{} pieces of work left", contact.state.agenda.len()));
        }
        lines.extend(contact.state.alarm_at.map(|at| format!("alarm {}", self.local(at))));
        let name = profile.email().unwrap_or("somebody without an address");
        let _ = writeln!(self.text, "\n= {name} at {}", self.local(now));
        for line in lines {
            let _ = writeln!(self.text, "  {line}");
        }
    }

    fn enrollment(&self, enrollment: &Enrollment) -> String {
        let waiting = match &enrollment.waiting {
            Waiting::Nothing => "about to run".to_owned(),
            Waiting::Until { at } => format!("until {}", self.local(*at)),
            Waiting::Event { at } => format!("for an event until {}", self.local(*at)),
            Waiting::Condition { at } => format!("for a condition until {}", self.local(*at)),
            Waiting::Turn { at, .. } => format!("for its turn at {}", self.local(*at)),
            Waiting::Answer { .. } => "for an answer".to_owned(),
            Waiting::Sends { open } => format!("for {} messages", open.len()),
        };
        let still = if enrollment.stands_still { ", stands still" } else { "" };
        format!("inside {}/{}, {waiting}{still}", enrollment.workflow, enrollment.step)
    }

    fn with_local_instants(&self, line: &Line) -> String {
        let instant = match &line.what {
            What::Waiting { until } | What::WaitingFor { until, .. } | What::SendHeld { until, .. } => {
                Some(*until)
            }
            What::SendRefused { again_at, .. } => Some(*again_at),
            _ => None,
        };
        let text = line.to_string();
        instant.map_or_else(|| text.clone(), |at| text.replace(&at.to_string(), &self.local(at)))
    }

    fn local(&self, at: Instant) -> String {
        let millis = at.millis().rem_euclid(1000);
        let wall = self
            .zone
            .to_datetime((at - Millis(millis)).timestamp())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string();
        if millis == 0 { wall } else { format!("{wall}.{millis:03}") }
    }
}
