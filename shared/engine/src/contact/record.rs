//! Records: what belongs to a contact and is told in values that change one by one, such as a deal or a task. Each value
//! has the time of the event that told it, and the newest wins, whatever came last. What a sort of record has is data:
//! one file each ([`super::deal`], [`super::task`], …).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::profile::Field;
use super::{appointment, coupon, deal, invoice, offer, plan, quote, task};
use crate::limits;
use crate::time::Instant;

/// The sorts of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// A chance to sell something.
    Deal,
    /// A price that was asked for.
    Quote,
    /// Something that a colleague is to do.
    Task,
    /// A code of the contact's own.
    Coupon,
    /// Something to which the contact has access.
    Offer,
    /// A meeting.
    Appointment,
    /// Something that the contact pays for again and again.
    Plan,
    /// What the contact owes.
    Invoice,
}

/// What a sort of record has.
#[derive(Debug)]
pub struct Spec {
    /// How its events begin, and the name of its id in them.
    pub word: &'static str,
    /// Most of them that a contact has.
    pub most: usize,
    /// What may be known of it.
    pub attributes: &'static [(&'static str, Is)],
    /// The attribute that tells where it stands, and where that is at first.
    pub standing: (&'static str, &'static str),
    /// Where it stands when it has ended: such a one gives way to a new one.
    pub ended: &'static [&'static str],
    /// What can be said of it, the making first, and where it stands then; none changes nothing of that.
    pub verbs: &'static [(&'static str, Option<&'static str>)],
    /// Attributes of which every change is an event: `deal.stage_changed`.
    pub watched: &'static [&'static str],
}

/// The kind of an attribute's value.
#[derive(Clone, Copy, Debug)]
pub enum Is {
    /// A line of text.
    Text,
    /// A whole number: money in minor units (cents).
    Whole,
    /// A currency's three letters (ISO 4217).
    Currency,
    /// An instant, in RFC 3339.
    Instant,
    /// An address on the web.
    Link,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

impl Spec {
    /// By which verb it is said that values change, and perhaps where it stands then. None if nothing can be said of it
    /// but where it stands.
    pub fn verb(&self, standing: Option<&str>) -> Option<&'static str> {
        let told = self.verbs.iter().rev().find(|(_, stands)| stands.is_some() && *stands == standing);
        let changed = || self.verbs.iter().skip(1).find(|(_, stands)| stands.is_none());
        told.or_else(changed)
            .or_else(|| self.verbs.first().filter(|_| standing.is_some()))
            .map(|(verb, _)| *verb)
    }
}

impl Is {
    /// Reads a value; none for null and for an empty text.
    ///
    /// # Errors
    /// What is expected.
    pub fn read(self, value: &Value) -> Result<Option<Value>, String> {
        let text = match value {
            Value::Null => return Ok(None),
            Value::String(text) if text.trim().is_empty() => return Ok(None),
            Value::String(text) => Some(text.trim()),
            _ => None,
        };
        let most = limits::NAME_BYTES;
        let read: Option<Value> = match self {
            Self::Text => {
                let line = text.map(str::to_owned).or_else(|| value.as_number().map(ToString::to_string));
                let fits =
                    |line: &String| limits::json_bytes(line) <= most && !line.contains(char::is_control);
                line.filter(fits).map(Value::from)
            }
            Self::Whole => {
                value.as_i64().or_else(|| text.and_then(|text| text.parse().ok())).map(Value::from)
            }
            Self::Currency => {
                let code = text.map(str::to_ascii_uppercase);
                code.filter(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()))
                    .map(Value::from)
            }
            Self::Instant => text.and_then(Instant::parse).map(|at| at.millis().into()),
            Self::Link => text.filter(|text| is_link(text)).map(Value::from),
            Self::OneOf(words) => text.filter(|text| words.contains(text)).map(Value::from),
        };
        read.map(Some).ok_or_else(|| self.expected())
    }

    /// What it must be.
    fn expected(self) -> String {
        let most = limits::NAME_BYTES;
        match self {
            Self::Text => format!("a line of at most {most} bytes"),
            Self::Whole => "a whole number; money is in minor units, such as cents".to_owned(),
            Self::Currency => "a currency's three letters, such as EUR".to_owned(),
            Self::Instant => "a time in RFC 3339, such as 2026-11-21T09:00:00Z".to_owned(),
            Self::Link => {
                format!("an address on the web, https://…, of at most {} bytes", limits::LINK_BYTES)
            }
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
        }
    }

    /// A stored value as events and people see it; an instant without an end is nothing.
    pub fn shown(self, value: &Value) -> Value {
        let Self::Instant = self else { return value.clone() };
        let at = value.as_i64().map(Instant::from_millis).filter(|at| *at < Instant::MAX);
        at.map_or(Value::Null, |at| at.to_string().into())
    }
}

fn is_link(text: &str) -> bool {
    let fits = |c: char| !c.is_control() && !c.is_whitespace();
    text.len() <= limits::LINK_BYTES && text.starts_with("https://") && text.chars().all(fits)
}

/// One record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When it was made: the earliest event that spoke of it.
    #[serde(rename = "c")]
    pub created_at: Instant,
    /// What is known of it.
    #[serde(rename = "v")]
    pub values: BTreeMap<Arc<str>, Field>,
}

/// An attribute that has another value now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub attribute: &'static str,
    /// The value before; none if there was none.
    pub from: Option<Value>,
    /// The value now.
    pub to: Value,
}

impl Record {
    /// A record of which nothing is known but where it stands at first.
    pub fn new(sort: Sort, at: Instant) -> Self {
        let (name, first) = sort.spec().standing;
        let first = Field { value: first.into(), at: Instant::default() };
        Self { created_at: at, values: BTreeMap::from([(name.into(), first)]) }
    }

    /// Takes a value unless a newer one is known; the change, if it is one.
    pub fn take(&mut self, attribute: &'static str, to: Value, at: Instant) -> Option<Change> {
        match self.values.get_mut(attribute) {
            Some(known) if known.at > at => None,
            Some(known) if known.value == to => {
                known.at = at;
                None
            }
            known => {
                let from = known.map(|known| known.value.clone());
                self.values.insert(attribute.into(), Field { value: to.clone(), at });
                Some(Change { attribute, from, to })
            }
        }
    }

    /// A value.
    pub fn value(&self, attribute: &str) -> Option<&Value> {
        self.values.get(attribute).map(|field| &field.value)
    }

    /// A value that is text.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.value(attribute).and_then(Value::as_str)
    }

    /// A value that is an instant.
    pub fn instant(&self, attribute: &str) -> Option<Instant> {
        self.value(attribute).and_then(Value::as_i64).map(Instant::from_millis)
    }

    /// Where it stands.
    pub fn standing(&self, sort: Sort) -> &str {
        self.text(sort.spec().standing.0).unwrap_or_default()
    }

    /// Whether it has ended.
    pub fn has_ended(&self, sort: Sort) -> bool {
        sort.spec().ended.contains(&self.standing(sort))
    }

    /// As events and conditions see it: its id, its values, and since when each watched one is what it is.
    pub fn view(&self, sort: Sort, id: &str) -> Map<String, Value> {
        let spec = sort.spec();
        let mut view = Map::from_iter([(spec.word.to_owned(), Value::from(id))]);
        for (name, is) in spec.attributes {
            let Some(field) = self.values.get(*name) else { continue };
            view.insert((*name).to_owned(), is.shown(&field.value));
            if spec.watched.contains(name) {
                let since = field.at.max(self.created_at);
                view.insert(format!("{name}_at"), since.to_string().into());
            }
        }
        view
    }
}

impl Sort {
    /// All sorts.
    pub const ALL: [Self; 8] = [
        Self::Deal,
        Self::Quote,
        Self::Task,
        Self::Coupon,
        Self::Offer,
        Self::Appointment,
        Self::Plan,
        Self::Invoice,
    ];

    /// What it has.
    pub const fn spec(self) -> &'static Spec {
        match self {
            Self::Deal => &deal::SPEC,
            Self::Quote => &quote::SPEC,
            Self::Task => &task::SPEC,
            Self::Coupon => &coupon::SPEC,
            Self::Offer => &offer::SPEC,
            Self::Appointment => &appointment::SPEC,
            Self::Plan => &plan::SPEC,
            Self::Invoice => &invoice::SPEC,
        }
    }

    /// The kind of an attribute.
    pub fn attribute(self, name: &str) -> Option<(&'static str, Is)> {
        self.spec().attributes.iter().find(|(known, _)| *known == name).copied()
    }

    /// By the word with which its events begin.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.spec().word == word)
    }
}

/// The records of a contact, by sort and id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Records(BTreeMap<Sort, BTreeMap<Arc<str>, Record>>);

impl Records {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One of them.
    pub fn get(&self, sort: Sort, id: &str) -> Option<&Record> {
        self.0.get(&sort)?.get(id)
    }

    /// Those of a sort, by id.
    pub fn of(&self, sort: Sort) -> impl Iterator<Item = (&Arc<str>, &Record)> {
        self.0.get(&sort).into_iter().flatten()
    }

    /// The newest one that has not ended.
    pub fn newest_open(&self, sort: Sort) -> Option<(&Arc<str>, &Record)> {
        self.of(sort)
            .filter(|(_, record)| !record.has_ended(sort))
            .max_by_key(|(_, record)| record.created_at)
    }

    /// Takes those of another contact; what both have is one, each of its values the newest. Those that are new here.
    pub(crate) fn absorb(&mut self, other: &Self) -> Vec<(Sort, Arc<str>)> {
        let mut brought = Vec::new();
        for (sort, id, record) in other.all() {
            match self.0.entry(sort).or_default().entry(id.clone()) {
                Entry::Vacant(place) => {
                    place.insert(record.clone());
                    brought.push((sort, id.clone()));
                }
                Entry::Occupied(mut known) => {
                    let known = known.get_mut();
                    known.created_at = known.created_at.min(record.created_at);
                    for (name, field) in &record.values {
                        let own = known.values.entry(name.clone()).or_insert_with(|| field.clone());
                        if field.at > own.at {
                            own.clone_from(field);
                        }
                    }
                }
            }
        }
        brought
    }

    /// Gives back those that another contact brought, as they are now; whatever else it had, as it was.
    pub(crate) fn give_back(&mut self, other: &Self, brought: &[(Sort, Arc<str>)]) -> Self {
        let mut back = Self::default();
        for (sort, id, record) in other.all() {
            let is_brought = brought.iter().any(|(other, name)| *other == sort && name == id);
            let now = self.0.get_mut(&sort).filter(|_| is_brought).and_then(|records| records.remove(id));
            if now.is_some() || !is_brought {
                back.0.entry(sort).or_default().insert(id.clone(), now.unwrap_or_else(|| record.clone()));
            }
        }
        back
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (Sort, &Arc<str>, &Record)> {
        self.0.iter().flat_map(|(sort, records)| records.iter().map(|(id, record)| (*sort, id, record)))
    }

    /// One of them to be changed, made if it is new; none if there is no room: nothing has ended that could give way.
    pub fn open(&mut self, sort: Sort, id: &str, at: Instant) -> Option<&mut Record> {
        let records = self.0.entry(sort).or_default();
        if !records.contains_key(id) {
            if records.len() >= sort.spec().most {
                let ended = records.iter().filter(|(_, record)| record.has_ended(sort));
                let oldest = ended.min_by_key(|(_, record)| record.created_at).map(|(id, _)| id.clone())?;
                records.remove(&oldest);
            }
            records.insert(id.into(), Record::new(sort, at));
        }
        let record = records.get_mut(id)?;
        record.created_at = record.created_at.min(at);
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_come_out_the_same_in_every_order() {
        let told = [("stage", json!("a"), 1), ("stage", json!("b"), 3), ("value", json!(5), 2)];
        let mut outcomes = Vec::new();
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            let mut records = Records::default();
            for at in order {
                let (name, value, millis) = told[at].clone();
                let at = Instant::from_millis(millis);
                records.open(Sort::Deal, "d", at).unwrap().take(name, value, at);
            }
            outcomes.push(records);
        }
        assert_eq!(outcomes[0], outcomes[1]);
        assert_eq!(outcomes[0], outcomes[2]);
        assert_eq!(outcomes[0].get(Sort::Deal, "d").unwrap().text("stage"), Some("b"));
    }

    #[test]
    fn where_it_stands_tells_the_verb_kc_17() {
        let verb = |sort: Sort, standing| sort.spec().verb(standing);
        assert_eq!(verb(Sort::Deal, Some("won")), Some("won"));
        assert_eq!(verb(Sort::Deal, Some("open")), Some("reopened"));
        assert_eq!(verb(Sort::Deal, None), Some("updated"));
        assert_eq!(verb(Sort::Task, Some("done")), Some("completed"));
        assert_eq!(verb(Sort::Appointment, None), Some("moved"));
        assert_eq!(verb(Sort::Appointment, Some("booked")), Some("booked"));
        assert_eq!(verb(Sort::Invoice, Some("void")), Some("voided"));
        assert_eq!(verb(Sort::Invoice, Some("draft")), Some("updated"));
        assert_eq!(verb(Sort::Offer, Some("revoked")), Some("revoked"));
        assert_eq!(verb(Sort::Offer, None), None);
    }

    #[test]
    fn what_has_ended_gives_way_and_nothing_else_does() {
        let most = Sort::Deal.spec().most;
        let at = |n: usize| Instant::from_millis(i64::try_from(n).unwrap());
        let mut records = Records::default();
        for n in 0..most {
            assert!(records.open(Sort::Deal, &n.to_string(), at(n)).is_some());
        }
        assert!(records.open(Sort::Deal, "more", at(most)).is_none());
        records.open(Sort::Deal, "3", at(most)).unwrap().take("status", "won".into(), at(most));
        assert!(records.open(Sort::Deal, "more", at(most)).is_some());
        assert!(records.get(Sort::Deal, "3").is_none());
    }
}
