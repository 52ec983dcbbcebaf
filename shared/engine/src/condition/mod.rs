//! The predicate tree. One language for trigger filters, decisions, exits and, later, smart lists. Three-valued,
//! and each verdict says when it may change by time alone.
//!
//! Adding a condition: one file here, one line in [`KINDS`].

mod answer;
mod appointment;
mod consent;
mod conversion;
mod coupon;
mod data;
mod deal;
mod disturb;
mod email;
mod event;
mod facets;
mod field;
mod group;
mod invoice;
mod known;
mod list;
mod loyalty;
mod offer;
mod owned;
mod plan;
mod purchase;
mod quote;
mod score;
pub(crate) mod segment;
mod tag;
mod task;
mod test;

pub use data::data_is;
pub use event::{happened, often, ring};
pub use facets::Facets;
pub use field::read_fields as fields;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::BitOr;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::contact::consent::Channel;
use crate::contact::enrollment::Enrollment;
use crate::contact::{Contact, fields};
use crate::definitions::{Segment, Tracking};
use crate::ids::{EnrollmentId, RingId};
use crate::pipeline::Named;
use crate::react::Label;
use crate::time::Instant;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, closest, one_or_more};
use crate::workflow::shape::Shape;
use crate::yaml::Node;

pub use test::Test;

/// Yes, no, or not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// What is known does not tell.
    Unknown,
}

impl From<bool> for Truth {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// The truth at an instant, and the next instant at which it can change with no new event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The truth now.
    pub truth: Truth,
    /// The next instant at which it may be another; none if only an event can change it.
    pub changes_at: Option<Instant>,
}

impl Verdict {
    /// A verdict that time alone does not change.
    pub fn steady(truth: impl Into<Truth>) -> Self {
        Self { truth: truth.into(), changes_at: None }
    }
}

/// What a predicate may look at.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The contact.
    pub contact: &'a Contact,
    /// The present instant.
    pub now: Instant,
    /// The account's zone: calendar days are counted in it.
    pub zone: &'a TimeZone,
    /// The values of the event in question; none where there is none.
    pub event: Option<&'a Map<String, Value>>,
    /// Since when each ring is complete.
    pub rings: &'a BTreeMap<RingId, RingSince>,
    /// The segments that there are.
    pub segments: &'a BTreeMap<Arc<str>, Segment>,
    /// Whose opens and clicks are noted.
    pub tracking: Tracking,
    /// The enrollment for which it is asked; none where it is asked for nobody's.
    pub enrollment: Option<(&'a EnrollmentId, &'a Enrollment)>,
}

/// A ring that contacts keep, and since when it counts every event.
#[derive(Clone, Debug)]
pub struct RingSince {
    /// What it counts.
    pub spec: RingSpec,
    /// It is complete from here on; for contacts made later, from their beginning.
    pub since: Instant,
}

/// What a ring counts.
#[derive(Clone, Debug)]
pub struct RingSpec {
    /// Its name, derived from what it counts.
    pub id: RingId,
    /// The type of the events.
    pub kind: String,
    /// Which of them.
    pub filter: Predicate,
    /// How many instants it keeps.
    pub keep: usize,
}

/// One kind of condition.
pub trait Condition: fmt::Debug + Send + Sync {
    /// The verdict for a contact at an instant.
    fn eval(&self, scope: &Scope<'_>) -> Verdict;
    /// Which parts of the contact it looks at.
    fn facets(&self) -> Facets;
    /// The rings that it needs.
    fn rings(&self) -> Vec<RingSpec> {
        Vec::new()
    }
    /// The segments that it names.
    fn segments(&self) -> Vec<&str> {
        Vec::new()
    }
    /// The paths of the event that it reads (`guide_url`), for what must be kept of an enrollment's event.
    fn event_paths(&self) -> Vec<String> {
        Vec::new()
    }
    /// What it looks at that may not be known of everybody; fields by their names.
    fn unknown(&self) -> Vec<String> {
        Vec::new()
    }
    /// The fields of the contact that it looks at.
    fn fields(&self) -> Vec<&str> {
        Vec::new()
    }
    /// The tags and lists that it names.
    fn labels(&self) -> Vec<(Label, &str)> {
        Vec::new()
    }
    /// What it asks of deals.
    fn deals(&self) -> Option<Named> {
        None
    }
    /// The fields without which it does not hold.
    fn known(&self) -> Vec<&str> {
        Vec::new()
    }
    /// Whether it holds only of contacts that agreed to marketing on a channel.
    fn needs_consent(&self, _channel: Channel) -> bool {
        false
    }
    /// Those of the steps that it names of whose message it asks what the reader did.
    fn reactions(&self) -> Vec<&str> {
        Vec::new()
    }
    /// The steps of the same workflow that it names, which must send a message.
    fn steps(&self) -> Vec<&str> {
        Vec::new()
    }
    /// What it asks of the answers to earlier steps, as paths: `check.status`, `check.body.price`.
    fn answers(&self) -> Vec<String> {
        Vec::new()
    }
    /// Whether it compares with what the workflow is about for a person: `{{ entity }}`.
    fn names_entity(&self) -> bool {
        false
    }
}

/// How a kind of condition is written: its key, and how it is read from there.
pub struct Kind {
    /// The key that introduces it.
    pub key: &'static str,
    /// What it means, for whoever writes one.
    pub says: &'static str,
    /// What may stand behind its key.
    pub shape: Shape,
    /// Reads it from its value and the keys beside it.
    pub read: for<'d> fn(&'d Node, &mut MapReader<'d>, &mut Problems) -> Option<Box<dyn Condition>>,
}

/// Every kind of condition.
pub const KINDS: &[&Kind] = &[
    &answer::KIND,
    &appointment::KIND,
    &consent::KIND,
    &conversion::KIND,
    &coupon::KIND,
    &deal::KIND,
    &disturb::KIND,
    &email::KIND,
    &email::SMS,
    &email::WHATSAPP,
    &event::KIND,
    &field::KIND,
    &group::KIND,
    &invoice::KIND,
    &known::KIND,
    &list::KIND,
    &loyalty::KIND,
    &offer::KIND,
    &plan::KIND,
    &purchase::KIND,
    &quote::KIND,
    &score::KIND,
    &segment::KIND,
    &tag::KIND,
    &task::KIND,
];

/// A condition, or several put together.
#[derive(Debug, Clone)]
pub enum Predicate {
    /// All of them hold. An empty one always holds.
    All(Vec<Predicate>),
    /// One of them holds.
    Any(Vec<Predicate>),
    /// It does not hold.
    Not(Box<Predicate>),
    /// A single condition.
    One(std::sync::Arc<dyn Condition>),
}

impl Predicate {
    /// The one that always holds.
    pub const ALWAYS: Self = Self::All(Vec::new());

    /// Reads a predicate: a map of conditions that must all hold.
    pub fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut map = MapReader::open(node, "a condition", problems)?;
        if map.rest().is_empty() {
            problems.error(
                node.place,
                "condition.empty",
                "a condition must name something, such as `tag: vip`",
            );
        }
        let predicate = Self::read_rest(&mut map, problems);
        // An empty matcher must not match everybody by accident.
        (!matches!(&predicate, Self::All(all) if all.is_empty())).then_some(predicate)
    }

    /// Reads what is left of a map as conditions that must all hold.
    pub fn read_rest(map: &mut MapReader<'_>, problems: &mut Problems) -> Self {
        let mut all = Vec::new();
        // Conditions first: `event` takes the `at least` beside it, wherever that stands.
        let mut entries = map.rest();
        entries.sort_by_key(|(key, _, _)| KINDS.iter().all(|kind| kind.key != *key));
        for (key, place, node) in entries {
            if !map.rest().iter().any(|(left, _, _)| *left == key) {
                continue; // the condition before took it
            }
            map.get(key);
            let read = match key {
                "all" => Some(Self::All(Self::read_list(node, problems))),
                "any" => Some(Self::Any(Self::read_list(node, problems))),
                "not" => Self::read(node, problems).map(|inner| Self::Not(Box::new(inner))),
                _ => Self::read_one(key, place, node, map, problems),
            };
            all.extend(read);
        }
        if all.len() == 1 { all.remove(0) } else { Self::All(all) }
    }

    fn read_one<'d>(
        key: &str,
        place: crate::yaml::Place,
        node: &'d Node,
        map: &mut MapReader<'d>,
        problems: &mut Problems,
    ) -> Option<Self> {
        if let Some(kind) = KINDS.iter().find(|kind| kind.key == key) {
            return (kind.read)(node, map, problems).map(|condition| Self::One(condition.into()));
        }
        if let Some(path) = key.strip_prefix("data.") {
            return data::read(path, node, problems).map(|condition| Self::One(condition.into()));
        }
        let known: Vec<&str> = KINDS.iter().map(|kind| kind.key).chain(["all", "any", "not"]).collect();
        let beside = ["at least", "within", "where", "is"];
        if let Some(near) = closest(key, &[&known[..], &beside].concat()) {
            problems.error(
                place,
                "condition.unknown",
                format!("there is no condition `{key}:`; did you mean `{near}:`?"),
            );
            return None;
        }
        if fields::is_name(key) {
            return field::read_named(key, node, problems).map(|condition| Self::One(condition.into()));
        }
        let message = format!(
            "there is no condition `{key}:`; there are {}, `data.…` and the names of fields",
            known.join(", ")
        );
        problems.error(place, "condition.unknown", message);
        None
    }

    fn read_list(node: &Node, problems: &mut Problems) -> Vec<Self> {
        let list: Vec<Self> =
            one_or_more(node).iter().filter_map(|item| Self::read(item, problems)).collect();
        if one_or_more(node).is_empty() {
            problems.error(node.place, "condition.empty", "a list of conditions must not be empty");
        }
        list
    }

    /// The verdict for a contact at an instant.
    pub fn eval(&self, scope: &Scope<'_>) -> Verdict {
        match self {
            Self::All(all) => gather(all, scope, Truth::No, Truth::Yes),
            Self::Any(any) => gather(any, scope, Truth::Yes, Truth::No),
            Self::Not(inner) => {
                let verdict = inner.eval(scope);
                let truth = match verdict.truth {
                    Truth::Yes => Truth::No,
                    Truth::No => Truth::Yes,
                    Truth::Unknown => Truth::Unknown,
                };
                Verdict { truth, ..verdict }
            }
            Self::One(condition) => condition.eval(scope),
        }
    }

    /// Which parts of the contact it looks at.
    pub fn facets(&self) -> Facets {
        self.leaves().into_iter().map(Condition::facets).fold(Facets::NONE, BitOr::bitor)
    }

    /// The segments that it names.
    pub fn segments(&self) -> Vec<&str> {
        self.leaves().into_iter().flat_map(Condition::segments).collect()
    }

    /// The fields of the contact that it looks at.
    pub fn fields(&self) -> Vec<&str> {
        self.leaves().into_iter().flat_map(Condition::fields).collect()
    }

    /// The tags and lists that it names.
    pub fn labels(&self) -> Vec<(Label, &str)> {
        self.leaves().into_iter().flat_map(Condition::labels).collect()
    }

    /// What it asks of deals.
    pub fn deals(&self) -> Vec<Named> {
        self.leaves().into_iter().filter_map(Condition::deals).collect()
    }

    /// The rings that it needs.
    pub fn rings(&self) -> Vec<RingSpec> {
        self.leaves().into_iter().flat_map(Condition::rings).collect()
    }

    /// The paths of the event that it reads.
    pub fn event_paths(&self) -> Vec<String> {
        self.leaves().into_iter().flat_map(Condition::event_paths).collect()
    }

    /// The steps that it names.
    pub fn steps(&self) -> Vec<&str> {
        self.leaves().into_iter().flat_map(Condition::steps).collect()
    }

    /// What it asks of the answers to earlier steps, as paths.
    pub fn answers(&self) -> Vec<String> {
        self.leaves().into_iter().flat_map(Condition::answers).collect()
    }

    /// Whether it compares with what the workflow is about for a person.
    pub fn names_entity(&self) -> bool {
        self.leaves().into_iter().any(Condition::names_entity)
    }

    /// The steps that it names of whose message it asks what the reader did.
    pub fn reactions(&self) -> Vec<&str> {
        self.leaves().into_iter().flat_map(Condition::reactions).collect()
    }

    /// What it looks at that may not be known of everybody.
    pub fn unknown(&self) -> Vec<String> {
        match self {
            Self::All(all) => {
                // Whoever lacks a field that is asked to be known is out, whatever else is asked of it.
                let ones =
                    all.iter().filter_map(|part| if let Self::One(one) = part { Some(one) } else { None });
                let known: Vec<&str> = ones.flat_map(|one| one.known()).collect();
                let unknown = all.iter().flat_map(Self::unknown);
                unknown.filter(|name| !known.contains(&name.as_str())).collect()
            }
            Self::Any(any) => any.iter().flat_map(Self::unknown).collect(),
            Self::Not(inner) => inner.unknown(),
            Self::One(condition) => condition.unknown(),
        }
    }

    /// Whether it holds only of contacts that agreed to marketing on a channel.
    pub fn needs_consent(&self, channel: Channel) -> bool {
        match self {
            Self::All(all) => all.iter().any(|part| part.needs_consent(channel)),
            Self::Any(any) => !any.is_empty() && any.iter().all(|part| part.needs_consent(channel)),
            Self::Not(_) => false,
            Self::One(condition) => condition.needs_consent(channel),
        }
    }

    fn leaves(&self) -> Vec<&dyn Condition> {
        match self {
            Self::All(list) | Self::Any(list) => list.iter().flat_map(Self::leaves).collect(),
            Self::Not(inner) => inner.leaves(),
            Self::One(condition) => vec![condition.as_ref()],
        }
    }
}

/// `all` and `any`: `decisive` settles it, `otherwise` holds if nothing does and nothing is unknown. The next
/// change is the earliest of all parts, so it may come too early but never too late.
fn gather(parts: &[Predicate], scope: &Scope<'_>, decisive: Truth, otherwise: Truth) -> Verdict {
    let mut truth = otherwise;
    let mut changes_at: Option<Instant> = None;
    for part in parts {
        let verdict = part.eval(scope);
        changes_at = changes_at.into_iter().chain(verdict.changes_at).min();
        if verdict.truth == decisive {
            truth = decisive;
        } else if verdict.truth == Truth::Unknown && truth == otherwise {
            truth = Truth::Unknown;
        }
    }
    Verdict { truth, changes_at }
}

/// Whether all of several verdicts hold, and when the first of them may change.
fn all(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    verdicts.fold(Verdict::steady(Truth::Yes), |so_far, verdict| Verdict {
        truth: match (so_far.truth, verdict.truth) {
            (Truth::No, _) | (_, Truth::No) => Truth::No,
            (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
            (Truth::Yes, Truth::Yes) => Truth::Yes,
        },
        changes_at: so_far.changes_at.into_iter().chain(verdict.changes_at).min(),
    })
}

/// The value at a dotted path of an event.
pub fn value_at<'v>(data: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    let mut parts = path.split('.');
    let first = data.get(parts.next()?)?;
    parts.try_fold(first, |value, part| match value {
        Value::Object(map) => map.get(part),
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        _ => None,
    })
}
