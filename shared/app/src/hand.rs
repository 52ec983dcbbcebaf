//! What people and programs do with a contact by hand: each is an event of its own, applied before anybody is answered.

use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::contact::association::{Other, inverse};
use flusso_engine::contact::hidden;
use flusso_engine::contact::record::{Record, Sort};
use flusso_engine::contact::state::Work;
use flusso_engine::limits;
use flusso_engine::react::check_event;
use flusso_engine::timeline::What;
use serde_json::{Map, Value, json};

use crate::accept::{check_id, check_size};
use crate::ports::queue::Lane;
use crate::workflows::people::decided;
use crate::{App, AppError};

/// Who does something with which contact.
#[derive(Clone, Debug)]
pub struct ByHand {
    /// Whose it is: `con_…`.
    pub contact: String,
    /// Who does it, as the source of events: `api:<key's name>`, `person:<id>`.
    pub caller: String,
    /// What names the request: the same one counts once.
    pub key: Option<String>,
}

/// What is put on a contact and taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// A tag.
    Tag,
    /// A list.
    List,
    /// A group.
    Group,
}

impl Put {
    /// Its name, in events and for people; then the events by which it is put on and taken off.
    const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Tag => ("tag", "tag.added", "tag.removed"),
            Self::List => ("list", "list.joined", "list.left"),
            Self::Group => ("group", "group.joined", "group.left"),
        }
    }
}

type Data = Map<String, Value>;

impl ByHand {
    /// The id of the event: the key that came with the request, else a drawn one.
    pub(crate) fn id(&self, app: &App) -> Result<Arc<str>, AppError> {
        match &self.key {
            Some(key) => Ok(check_id("Idempotency-Key", key)?.into()),
            None => Ok(app.ports.tokens.token().into()),
        }
    }
}

impl App {
    /// Has an event happen to a contact; the contact after it. None if the contact is not meant.
    pub(crate) async fn happen(
        &self,
        hand: &ByHand,
        id: &str,
        kind: &str,
        data: Data,
        is_meant: impl Fn(&Contact) -> bool + Send,
    ) -> Result<Option<Contact>, AppError> {
        check_event(kind, &data).map_err(|(name, message)| AppError::invalid(name, "event.data", message))?;
        let contact = self.contact(&hand.contact).await?;
        // Whoever was something to somebody who is erased is told so all the same.
        let allowed = hidden::KINDS.contains(&kind) || kind == "association.removed";
        if contact.is_deleted() && !allowed {
            return Err(deleted(&contact));
        }
        let contact = contact.id;
        let mut definitions = self.definitions().await?;
        let event = decided(&hand.caller, id, kind, data, self.now());
        check_size(&event)?;
        let told = self.tell(Lane::Fast, &mut definitions, &contact, event, is_meant).await?;
        let Some((contact, revision)) = told else { return Ok(None) };
        let waits = |work: &Work| matches!(work, Work::Apply { event, .. } if *event.id == *id);
        if contact.state.agenda.iter().any(waits) {
            // It is kept, and counts once: whoever asks again by the same key learns what came of it.
            return Err(AppError::Unavailable("the contact has much to do; it comes after that".to_owned()));
        }
        let lines = self.lines_of(&contact, revision).await?;
        // What a workflow could not add is no matter of who asked.
        let full = lines.iter().filter(|line| line.workflow.is_none()).find_map(|line| match &line.what {
            What::LimitReached { limit } if limit != "rings" => Some(limit),
            _ => None,
        });
        if let Some(limit) = full {
            let message = format!("the contact has all the {limit} that it can have; take one away first");
            return Err(AppError::Conflict { code: "limit_reached", message });
        }
        Ok(Some(contact))
    }

    /// Makes a record of a contact; its id, and the contact.
    pub async fn make_record(
        &self,
        hand: &ByHand,
        sort: Sort,
        id: Option<&str>,
        values: Data,
    ) -> Result<(Contact, String), AppError> {
        let spec = sort.spec();
        let event = hand.id(self)?;
        let drawn = || format!("{}_{}", &spec.word[..3], mark(&hand.caller, &event));
        let id = id.map_or_else(drawn, str::to_owned);
        let data = record_data(sort, &id, values)?;
        let (made, _) = spec.verbs[0];
        let is_new = |contact: &Contact| contact.profile.objects.records.get(sort, &id).is_none();
        let kind = format!("{}.{made}", spec.word);
        let Some(contact) = self.happen(hand, &event, &kind, data, is_new).await? else {
            let message =
                format!("there is a {} `{id}` already; change that one, or choose another id", spec.word);
            return Err(AppError::Conflict { code: "id_taken", message });
        };
        Ok((contact, id))
    }

    /// Changes a record of a contact; the contact.
    pub async fn change_record(
        &self,
        hand: &ByHand,
        sort: Sort,
        id: &str,
        values: Data,
    ) -> Result<Contact, AppError> {
        let spec = sort.spec();
        let event = hand.id(self)?;
        let data = record_data(sort, id, values)?;
        let verb = spec.verb(data.get(spec.standing.0).and_then(Value::as_str)).ok_or_else(|| {
            let message = format!("say in `{}` where it stands", spec.standing.0);
            AppError::invalid(spec.standing.0, "event.data", message)
        })?;
        let is_there = |contact: &Contact| contact.profile.objects.records.get(sort, id).is_some();
        let changed = self.happen(hand, &event, &format!("{}.{verb}", spec.word), data, is_there).await?;
        changed.ok_or_else(|| AppError::NotFound { what: spec.word, id: id.to_owned() })
    }

    /// The records of a contact, the newest first.
    pub async fn records(&self, contact: &str, sort: Sort) -> Result<Vec<(Arc<str>, Record)>, AppError> {
        let contact = self.contact(contact).await?;
        let records = contact.profile.objects.records.of(sort);
        let mut records: Vec<_> = records.map(|(id, record)| (id.clone(), record.clone())).collect();
        records.sort_by_key(|(_, record)| std::cmp::Reverse(record.created_at));
        Ok(records)
    }

    /// Puts a tag, a list or a group on a contact, or takes it off. What is so already stays so.
    pub async fn put_label(
        &self,
        hand: &ByHand,
        what: Put,
        name: &str,
        on: bool,
    ) -> Result<Contact, AppError> {
        let (word, added, removed) = what.words();
        let data = Data::from_iter([(word.to_owned(), name.into())]);
        let event = hand.id(self)?;
        let contact = self.happen(hand, &event, if on { added } else { removed }, data, |_| true).await?;
        contact.ok_or_else(|| AppError::NotFound { what: "contact", id: hand.contact.clone() })
    }

    /// Has something happen that is always meant: a payment, a note.
    pub async fn do_by_hand(&self, hand: &ByHand, kind: &str, data: Data) -> Result<Contact, AppError> {
        let event = hand.id(self)?;
        let contact = self.happen(hand, &event, kind, data, |_| true).await?;
        contact.ok_or_else(|| AppError::NotFound { what: "contact", id: hand.contact.clone() })
    }

    /// Says, or says no more, what somebody else or a company is to a contact. Another contact is told by an event of its
    /// own, with the inverse: of a parent, the child.
    pub async fn associate(
        &self,
        hand: &ByHand,
        kind: &str,
        other: &str,
        inverse_kind: Option<&str>,
        on: bool,
    ) -> Result<Contact, AppError> {
        let verb = if on { "association.added" } else { "association.removed" };
        let contact = self.contact(&hand.contact).await?;
        let event = hand.id(self)?;
        let mut other = Other::parse(other);
        if let Other::Contact(id) = &mut other {
            match self.contact(id.as_str()).await {
                Ok(there) if on && is_full(&there) => {
                    let message = "the other contact has all the associations that it can have";
                    return Err(AppError::Conflict { code: "limit_reached", message: message.to_owned() });
                }
                Ok(there) if there.id == contact.id => {
                    let message = "a contact is nothing to itself; name another one";
                    return Err(AppError::invalid("other", "association.self", message));
                }
                Ok(there) => *id = there.id,
                // Who is gone can still be let go.
                Err(AppError::NotFound { .. }) if !on => {}
                Err(error) => return Err(error),
            }
        }
        let known = contact.profile.objects.associations.iter();
        let known =
            known.filter(|one| one.other == other && &*one.kind == kind).find_map(|one| one.inverse.clone());
        let back = inverse_kind.or(known.as_deref()).unwrap_or_else(|| inverse(kind)).to_owned();
        let data = |kind: &str, other: &Other, back: &str| {
            let named = other.to_string();
            let said = [("type", kind), (other.word(), &named), ("inverse", back)];
            said.map(|(name, value)| (name.to_owned(), Value::from(value))).into_iter().collect::<Data>()
        };
        let done = self.happen(hand, &event, verb, data(kind, &other, &back), |_| true).await?;
        let done = done.ok_or_else(|| AppError::NotFound { what: "contact", id: hand.contact.clone() })?;
        if let Other::Contact(id) = other {
            let there = ByHand { contact: id.to_string(), ..hand.clone() };
            let told = data(&back, &Other::Contact(contact.id.clone()), kind);
            match self.happen(&there, &format!("{event}.back"), verb, told, |_| true).await {
                Ok(_) => {}
                Err(AppError::NotFound { .. }) if !on => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }
}

/// Why nothing is done with a contact that was deleted.
pub(crate) fn deleted(contact: &Contact) -> AppError {
    let message = format!("the contact {} is deleted; restore it first", contact.id);
    AppError::Conflict { code: "contact.deleted", message }
}

/// Whether a contact can have no more associations.
fn is_full(contact: &Contact) -> bool {
    contact.profile.objects.associations.len() >= limits::ASSOCIATIONS
}

/// What tells a request from every other, in few letters: what the engine makes of the event that it becomes.
pub(crate) fn mark(source: &str, id: &str) -> Arc<str> {
    decided(source, id, "", Data::new(), flusso_engine::time::Instant::default()).mark()
}

/// The data of the event that says something of a record.
fn record_data(sort: Sort, id: &str, values: Data) -> Result<Data, AppError> {
    let spec = sort.spec();
    if let Some(unknown) = values.keys().find(|name| sort.attribute(name).is_none()) {
        let known: Vec<&str> = spec.attributes.iter().map(|(name, _)| *name).collect();
        let message = format!("a {} has no `{unknown}`; it has {}", spec.word, known.join(", "));
        return Err(AppError::invalid(unknown, "field.unknown", message));
    }
    let fits = limits::json_bytes(id) <= limits::NAME_BYTES && !id.trim().is_empty() && id.trim() == id;
    if !fits || id.contains(char::is_control) {
        let message = format!("an id is a line of 1 to {} bytes", limits::NAME_BYTES);
        return Err(AppError::invalid("id", "id.length", message));
    }
    let mut data = values;
    data.insert(spec.word.to_owned(), json!(id));
    Ok(data)
}
