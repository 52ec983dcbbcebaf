//! Times at which a workflow begins by itself, for everybody of a segment or a list: `every: monday at 09:00` and
//! `on date: 2026-12-24 09:00`, each with `for:`.

use std::fmt;
use std::sync::Arc;

use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, offset};

use crate::calendar::{Occurrence, Recurrence, TimeOfDay, ZoneChoice, at_wall};
use crate::contact::Contact;
use crate::ids::{WorkflowId, base32, digest};
use crate::time::{Instant, Millis};
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, text};
use crate::yaml::{Node, Value};

/// A time of its own, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// When.
    pub when: When,
    /// By whose wall clock.
    pub zone: ZoneChoice,
    /// For whom.
    pub among: Among,
}

/// When it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Again and again.
    Every(Recurrence),
    /// Once.
    On(Date, TimeOfDay),
}

/// For whom it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Among {
    /// Every contact.
    All,
    /// The members of a segment.
    Segment(Arc<str>),
    /// Those who are on a list.
    List(Arc<str>),
}

/// How much later the last zone comes to a time of its wall clock than the first.
const ROUND_THE_WORLD: Millis = Millis::hours(26);

impl Schedule {
    /// Reads the keys beside the time, and their mistakes, even if the time could not be read.
    pub fn read(when: Option<When>, map: &mut MapReader<'_>, problems: &mut Problems) -> Option<Self> {
        let zone = map.get("zone").map_or(Some(ZoneChoice::Account), |node| ZoneChoice::read(node, problems));
        let among = map.need("for", problems).and_then(|node| Among::read(node, problems));
        Some(Self { when: when?, zone: zone?, among: among? })
    }

    /// The name under which it is known among all workflows'.
    pub fn key(&self, workflow: &WorkflowId) -> Arc<str> {
        key(workflow, &self.to_string())
    }

    /// The first time after `after`, with the instant at which some clock that counts comes to it first.
    pub fn next(&self, after: Instant, account: &TimeZone) -> Option<Occurrence> {
        let zone = match &self.zone {
            ZoneChoice::Contact => TimeZone::fixed(offset(14)),
            ZoneChoice::Account => account.clone(),
            ZoneChoice::Named(zone) => zone.clone(),
        };
        match self.when {
            When::Every(recurrence) => recurrence.next(after, &zone),
            When::On(date, time) => {
                let at = at_wall(time.on(date), &zone).filter(|at| *at > after)?;
                Some(Occurrence { date, time, at })
            }
        }
    }

    /// From when on it is to be looked for what is due, of a workflow that is active since `since`.
    pub fn begins(&self, since: Instant) -> Instant {
        // The first clocks may have come to a time before that, and the contact's own not yet.
        if self.zone == ZoneChoice::Contact { since - ROUND_THE_WORLD } else { since }
    }

    /// When a contact's own clock comes to the time that [`Occurrence::id`] names; none if all contacts' come at once.
    pub fn own(&self, occurrence: &str, zone: &TimeZone) -> Option<Instant> {
        if self.zone != ZoneChoice::Contact {
            return None;
        }
        at_wall(occurrence.parse::<DateTime>().ok()?, zone)
    }
}

/// The name under which a workflow's schedule is known, by how it is written.
pub fn key(workflow: &WorkflowId, written: &str) -> Arc<str> {
    base32(&digest(&["schedule", workflow.as_str(), written]), 16).into()
}

impl Among {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        if node.as_text() == Some("all") {
            return Some(Self::All);
        }
        if let Value::Map(entries) = &node.value
            && let [(key, value)] = &entries[..]
        {
            let name = |problems: &mut Problems| text(value, "for", problems).map(Into::into);
            match key.text.as_str() {
                "segment" => return name(problems).map(Self::Segment),
                "list" => return name(problems).map(Self::List),
                _ => {}
            }
        }
        let message = "`for:` is `{ segment: … }`, `{ list: … }` or `all`";
        problems.error(node.place, "for.unreadable", message);
        None
    }

    /// Whether a contact was among them before an instant, and still is.
    pub fn has(&self, contact: &Contact, before: Instant) -> bool {
        let since = match self {
            Self::All => Some(contact.profile.created_at),
            Self::Segment(name) => contact.state.member_since(name),
            Self::List(name) => contact.profile.lists.get(name).copied(),
        };
        since.is_some_and(|since| since < before)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.when {
            When::Every(recurrence) => write!(f, "{recurrence}")?,
            When::On(date, time) => write!(f, "{date} {time}")?,
        }
        write!(f, ", {}, {}", self.zone, self.among)
    }
}

impl fmt::Display for Among {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Segment(name) => write!(f, "segment {name}"),
            Self::List(name) => write!(f, "list {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar;

    fn schedule(when: &str, zone: &str) -> Schedule {
        let when = When::Every(when.parse().unwrap());
        Schedule { when, zone: zone.parse().unwrap(), among: Among::All }
    }

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn by_the_accounts_clock_it_is_one_instant() {
        let schedule = schedule("monday at 09:00", "account");
        let rome = calendar::zone("Europe/Rome").unwrap();
        let next = schedule.next(at("2026-03-25T00:00:00Z"), &rome).unwrap();
        assert_eq!((next.id().as_str(), next.at), ("2026-03-30T09:00", at("2026-03-30T07:00:00Z")));
        assert_eq!(schedule.own(&next.id(), &rome), None);
        assert_eq!(schedule.begins(next.at), next.at);
    }

    #[test]
    fn by_the_contacts_clock_it_begins_where_the_day_does() {
        let schedule = schedule("monday at 09:00", "contact");
        let rome = calendar::zone("Europe/Rome").unwrap();
        let next = schedule.next(at("2026-03-25T00:00:00Z"), &rome).unwrap();
        assert_eq!((next.id().as_str(), next.at), ("2026-03-30T09:00", at("2026-03-29T19:00:00Z")));
        assert_eq!(schedule.own(&next.id(), &rome), Some(at("2026-03-30T07:00:00Z")));
        // Activated after the first clocks have come to it: contacts further west are still to come.
        let found = schedule.next(schedule.begins(at("2026-03-30T06:00:00Z")), &rome).unwrap();
        assert_eq!(found.id(), next.id());
    }

    #[test]
    fn what_is_said_otherwise_is_another_schedule() {
        let workflow = WorkflowId::new("w");
        let one = schedule("monday at 09:00", "account");
        assert_eq!(one.key(&workflow), schedule("mon at 09:00", "account").key(&workflow));
        assert_ne!(one.key(&workflow), schedule("monday at 09:01", "account").key(&workflow));
        assert_ne!(one.key(&workflow), one.key(&WorkflowId::new("v")));
    }
}
