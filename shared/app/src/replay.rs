//! Replaying a contact (R1): what was recorded of it, given once more to the definitions of that time, must make the same
//! records and, in the end, what is stored. It reads only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::contact::send::Sent;
use flusso_engine::definitions::Definitions;
use flusso_engine::ids::{ContactId, SendId};
use flusso_engine::react::{Input, Need, Refusal, Rows, react};
use flusso_engine::tally::Tally;
use flusso_engine::timeline::Entry;
use flusso_store::keys::head::Head;
use serde_json::Value;

use crate::{App, AppError};

/// Records of one page.
const PAGE: usize = 100;
/// Most messages that are read at once.
const MESSAGES: usize = 100;

/// What a replay showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// How many reactions there were.
    pub reactions: usize,
    /// The first record that came out otherwise; what follows from it says nothing any more.
    pub record: Option<Difference>,
    /// The parts of the contact that came out otherwise.
    pub parts: Vec<String>,
}

/// A record that came out otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// As it is stored.
    pub stored: Arc<Entry>,
    /// As the replay makes it, or why it makes none.
    pub again: Result<Entry, String>,
}

impl Replayed {
    /// Whether everything came out as it is stored.
    pub fn is_same(&self) -> bool {
        self.record.is_none() && self.parts.is_empty()
    }
}

impl App {
    /// Replays a contact from its first reaction to its last.
    pub async fn replay(&self, id: &str) -> Result<Replayed, AppError> {
        let stored = self.contact(id).await?;
        let records = self.own_records(&stored).await?;
        let mut replay = Replay::new(self);
        replay.begin(&stored.id);
        for entry in &records {
            let again = match replay.step(entry).await {
                Ok((again, _)) if is_same(&again, entry) => continue,
                Ok((again, _)) => Ok(again),
                Err(Stuck::Refused(why)) => Err(why),
                Err(Stuck::App(error)) => return Err(error),
            };
            let record = Some(Difference { stored: entry.clone(), again });
            return Ok(Replayed { reactions: records.len(), record, parts: Vec::new() });
        }
        let parts = replay.differences(&stored).await?;
        Ok(Replayed { reactions: records.len(), record: None, parts })
    }
}

impl App {
    /// All records of a contact's own reactions, the first one first.
    pub(crate) async fn own_records(&self, contact: &Contact) -> Result<Vec<Arc<Entry>>, AppError> {
        let mut records = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.repository.own_timeline(contact, cursor.as_deref(), PAGE).await?;
            records.extend(page.items);
            cursor = page.cursor;
            if cursor.is_none() {
                records.reverse();
                return Ok(records);
            }
        }
    }
}

/// Whether two records say the same: what is mixed into their links is drawn, and a replay has messages at hand that were
/// looked up then.
pub fn is_same(one: &Entry, other: &Entry) -> bool {
    *one == Entry { salt: one.salt.clone(), rows: one.rows.clone(), ..other.clone() }
}

/// Why a replay can't go on.
#[derive(Debug)]
pub enum Stuck {
    /// The engine refuses the input.
    Refused(String),
    /// What is needed can't be read.
    App(AppError),
}

impl From<AppError> for Stuck {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

/// A contact as it is made once more, and the definitions that this took.
pub struct Replay<'a> {
    app: &'a App,
    definitions: BTreeMap<u64, Arc<Definitions>>,
    contact: Contact,
    sent: BTreeMap<SendId, Sent>,
    /// Whether another contact may have changed its messages.
    shared: bool,
}

impl<'a> Replay<'a> {
    /// A replay of nobody yet.
    pub fn new(app: &'a App) -> Self {
        let contact = Contact::unborn(ContactId::new(""));
        Self { app, definitions: BTreeMap::new(), contact, sent: BTreeMap::new(), shared: false }
    }

    /// Begins with a contact, as it was before anything happened.
    pub fn begin(&mut self, id: &ContactId) {
        self.contact = Contact::unborn(id.clone());
        self.sent = BTreeMap::new();
        self.shared = false;
    }

    /// Gives a recorded input once more; the record that this makes, and what it counts.
    ///
    /// # Errors
    /// `Refused` if the engine does not take the input any more.
    pub async fn step(&mut self, entry: &Entry) -> Result<(Entry, Tally), Stuck> {
        let mut rows: Rows = entry.rows.clone();
        self.shared |= matches!(entry.input, Input::Merge { .. } | Input::MergedInto { .. });
        loop {
            let definitions = self.definitions_of(entry.definitions).await?;
            match react(&definitions, &self.contact, &entry.input, entry.now, &rows) {
                Ok(reaction) => {
                    self.sent.extend(reaction.sent);
                    let tally = reaction.contact.state.tally.clone();
                    self.contact = reaction.contact;
                    return Ok((reaction.entry, tally));
                }
                Err(Refusal::Need(Need::Sent(send))) => {
                    rows.insert(send.clone(), self.sent.get(&send).cloned());
                }
                Err(Refusal::Need(Need::Program(version))) => {
                    let more = self.app.with_program(&definitions, &version).await?;
                    self.definitions.insert(entry.definitions, more);
                }
                Err(refusal) => return Err(Stuck::Refused(format!("{refusal:?}"))),
            }
        }
    }

    /// The parts of the contact that are stored otherwise than the replay makes them: names of the two rows' values, and
    /// `messages`.
    pub async fn differences(&self, stored: &Contact) -> Result<Vec<String>, AppError> {
        let (mut made, mut stored) = (self.contact.clone(), stored.clone());
        // Those belong to the commit, not to the contact.
        for contact in [&mut made, &mut stored] {
            contact.state.entries = Vec::new();
            contact.state.tally = Tally::default();
            contact.state.counted_on = None;
            contact.state.commit = "".into();
            contact.state.chain = None;
        }
        // The replay gives no message a row of its own: which have one is a matter of room.
        let mut sent = self.sent.clone();
        sent.extend(std::mem::take(&mut made.state.recent));
        let recent = std::mem::take(&mut stored.state.recent);
        let mut parts = differing("profile", &value(&*made.profile), &value(&*stored.profile));
        parts.extend(differing("state", &value(&made.state), &value(&stored.state)));
        if parts.is_empty() && made != stored {
            parts.push("state".to_owned());
        }
        let mut messages_differ = recent.iter().any(|(send, record)| sent.get(send) != Some(record));
        sent.retain(|send, _| !recent.contains_key(send));
        let ids: Vec<SendId> = sent.keys().cloned().collect();
        for ids in ids.chunks(MESSAGES) {
            let rows = self.app.repository.sent(&stored.id, ids).await?;
            messages_differ |= ids.iter().any(|id| rows.get(id).and_then(Option::as_ref) != sent.get(id));
        }
        if messages_differ && !self.shared {
            parts.push("messages".to_owned());
        }
        Ok(parts)
    }

    async fn definitions_of(&mut self, number: u64) -> Result<Arc<Definitions>, Stuck> {
        if let Some(known) = self.definitions.get(&number) {
            return Ok(known.clone());
        }
        let head = self.app.repository.head_at(number).await.map_err(AppError::from)?;
        // Nothing was defined yet under number 0.
        let head = head.or_else(|| (number == 0).then(Head::default));
        let Some(head) = head else {
            return Err(Stuck::Refused(format!("there are no definitions {number}")));
        };
        // What is recorded was not held back.
        let built = Arc::new(Definitions { on_hold: false, ..self.app.build(&head).await? });
        self.definitions.insert(number, built.clone());
        Ok(built)
    }
}

fn value(part: &impl serde::Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}

/// The names under which two objects have different values.
fn differing(of: &str, one: &Value, other: &Value) -> Vec<String> {
    let (Value::Object(one), Value::Object(other)) = (one, other) else {
        return if one == other { Vec::new() } else { vec![of.to_owned()] };
    };
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    names
        .into_iter()
        .filter(|name| one.get(*name) != other.get(*name))
        .map(|name| format!("{of}.{name}"))
        .collect()
}
