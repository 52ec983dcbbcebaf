//! The door: events and form submissions are checked, given an id, and durable in a queue before they are answered.

use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::contact::consent::Grant;
use flusso_engine::contact::fields;
use flusso_engine::contact::identity::is_external;
use flusso_engine::definitions::{Definitions, Form};
use flusso_engine::event::{Event, Evidence, Trust, is_kind};
use flusso_engine::ids::{ContactId, SendId, base32, digest};
use flusso_engine::limits;
use flusso_engine::react::ADDRESS_HASH;
use flusso_engine::react::{IMPORTED, UNDONE, check_event, is_command};
use flusso_engine::time::{Instant, Millis};
use flusso_engine::triggers::form::{REQUESTED, SUBMITTED};
use serde_json::{Map, Value};

use crate::ports::queue::Lane;
use crate::queued::Message;
use crate::visits::{VISITOR_ID, is_visit, is_visitor};
use crate::{App, AppError, auth};

/// Most events of one request.
pub const BATCH: usize = 100;
/// Most answers of a form.
const ANSWERS: usize = 200;
/// Most bytes of one message in a queue.
const MESSAGE_BYTES: usize = 200 * 1024;
/// The same form, address and answers within so long are one submission, if nothing else names it.
const SAME_SUBMISSION: Millis = Millis::minutes(10);
/// The source of what the mail provider says.
const MAIL_PROVIDER: &str = "provider:email";
/// Events that only this program makes.
const OWN_KINDS: &[&str] = &[
    "association.added",
    "association.removed",
    "appointment.state_changed",
    "cart.abandoned",
    "condition.met",
    "contact.archived",
    "contact.created",
    "contact.deleted",
    "contact.restored",
    "contact.unarchived",
    "coupon.state_changed",
    "date.reached",
    "deal.stage_changed",
    "deal.status_changed",
    "document.added",
    "document.removed",
    "email.sent",
    "field.changed",
    IMPORTED,
    UNDONE,
    "invoice.state_changed",
    REQUESTED,
    "lifecycle.changed",
    "list.joined",
    "list.left",
    "list.renamed",
    "loyalty.amount_changed",
    "loyalty.points_changed",
    "note.mentioned",
    "offer.state_changed",
    "owner.changed",
    "plan.state_changed",
    "quote.stage_changed",
    "quote.state_changed",
    "schedule.due",
    "schedule.reached",
    "score.changed",
    "segment.entered",
    "segment.left",
    "sms.sent",
    "status.changed",
    "tag.added",
    "tag.removed",
    "tag.renamed",
    "task.state_changed",
    "whatsapp.sent",
    "workflow.started",
];

/// Whether events of a type are made by this program, and nobody can post one.
pub fn is_own(kind: &str) -> bool {
    OWN_KINDS.contains(&kind) || is_command(kind)
}

/// An event as somebody posts it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventDraft {
    /// The source's own id of it.
    pub id: Option<String>,
    /// Its type, such as `order.completed`.
    pub kind: String,
    /// When it happened (RFC 3339); none is now.
    pub occurred_at: Option<String>,
    /// The contact's id, if it is known.
    pub contact_id: Option<String>,
    /// What it says about the person, `email` and `phone` among it.
    pub fields: Map<String, Value>,
    /// What it carries.
    pub data: Map<String, Value>,
    /// Consents that the person gave.
    pub grants: Vec<Grant>,
    /// The browser in which it happened.
    pub visitor: Option<String>,
    /// Ids that other systems have for the person, by system.
    pub external: BTreeMap<String, String>,
    /// The address to which the message went of which this speaks; only its keyed hash is kept.
    pub recipient: Option<String>,
}

/// An event that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The id under which it counts once.
    pub id: String,
    /// Whether it had been accepted before.
    pub duplicate: bool,
}

/// A form submission that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// The id under which it counts once.
    pub id: String,
    /// Where the browser goes.
    pub redirect: Option<Arc<str>>,
    /// Whether it had been accepted before.
    pub duplicate: bool,
}

/// A form submission as a browser posts it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Submission {
    /// The answers in order; a name may stand more than once.
    pub answers: Vec<(String, String)>,
    /// The `Idempotency-Key` of the request.
    pub idempotency_key: Option<String>,
    /// From where it was posted.
    pub evidence: Evidence,
}

/// The hidden answer that names a submission.
pub const SUBMISSION_ID: &str = "submission_id";

impl App {
    /// Accepts events from who may use the API, as `source` (`api:<key's name>`, `person:<id>`). Either all of them
    /// are accepted, or none.
    pub async fn accept_events(
        &self,
        source: &str,
        drafts: Vec<EventDraft>,
        idempotency_key: Option<&str>,
    ) -> Result<Vec<Accepted>, AppError> {
        let definitions = self.definitions().await?;
        self.accept_drafts(source.into(), drafts, idempotency_key, Some(&definitions)).await
    }

    /// Accepts what the mail provider says of messages. What it says may come more than once, under the same id.
    pub async fn accept_feedback(&self, mut drafts: Vec<EventDraft>) -> Result<Vec<Accepted>, AppError> {
        for draft in &mut drafts {
            // Providers may leave the address out, or black it.
            let Some(address) = draft.recipient.take().filter(|address| address.contains('@')) else {
                continue;
            };
            draft.data.insert(ADDRESS_HASH.to_owned(), auth::address_hash(self, &address).into());
        }
        // It says nothing of fields.
        self.accept_drafts(MAIL_PROVIDER.into(), drafts, None, None).await
    }

    async fn accept_drafts(
        &self,
        source: Arc<str>,
        drafts: Vec<EventDraft>,
        idempotency_key: Option<&str>,
        account: Option<&Definitions>,
    ) -> Result<Vec<Accepted>, AppError> {
        if drafts.is_empty() || drafts.len() > BATCH {
            let message = format!("{} events; a request has 1 to {BATCH}", drafts.len());
            return Err(AppError::invalid("events", "batch.size", message));
        }
        let now = self.now();
        let single = drafts.len() == 1;
        let mut events = Vec::new();
        for (at, draft) in drafts.into_iter().enumerate() {
            let path = if single { String::new() } else { format!("events[{at}].") };
            let fallback =
                idempotency_key.map(|key| if single { key.to_owned() } else { format!("{key}-{at}") });
            let fallback = fallback.unwrap_or_else(|| self.ports.tokens.token());
            events.push(read_event(draft, &path, &source, fallback, now, account)?);
        }
        self.accept(Lane::Fast, events).await
    }

    /// Accepts a submission of a form.
    pub async fn accept_form(&self, id: &str, submission: Submission) -> Result<Submitted, AppError> {
        let definitions = self.definitions().await?;
        let form = definitions
            .forms
            .get(id)
            .ok_or_else(|| AppError::NotFound { what: "form", id: id.to_owned() })?;
        let now = self.now();
        if submission.answers.len() > ANSWERS {
            return Err(AppError::invalid(
                "answers",
                "form.answers",
                format!("a form has at most {ANSWERS} answers"),
            ));
        }
        let answer = |name: &str| {
            submission.answers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
        };
        if form.honeypot.as_deref().and_then(answer).is_some_and(|value| !value.is_empty()) {
            // No person fills what no person sees; whoever did learns nothing from the answer.
            let id = self.ports.tokens.token();
            return Ok(Submitted { id, redirect: form.redirect.clone(), duplicate: false });
        }
        let mut event = read_submission(id, form, &submission, now, &definitions)?;
        let given = submission.idempotency_key.clone().or_else(|| answer(SUBMISSION_ID).map(str::to_owned));
        match given.filter(|given| !given.trim().is_empty()) {
            Some(given) => event.id = check_id("submission_id", given.trim())?.into(),
            None => {
                let bucket = now.millis().div_euclid(SAME_SUBMISSION.0);
                let id_of = |bucket: i64| submission_id(id, &event, bucket);
                let before = (event.source.clone(), Arc::from(id_of(bucket - 1)));
                let (receipts, _) = self.repository.lookup(std::slice::from_ref(&before), &[]).await?;
                let id = if receipts.into_iter().flatten().next().is_some() {
                    before.1
                } else {
                    id_of(bucket).into()
                };
                event.id = id;
            }
        }
        let accepted = self.accept(Lane::Fast, vec![(None, event)]).await?;
        let accepted = accepted
            .into_iter()
            .next()
            .ok_or_else(|| AppError::Unavailable("nothing was accepted".to_owned()))?;
        Ok(Submitted { id: accepted.id, redirect: form.redirect.clone(), duplicate: accepted.duplicate })
    }

    /// Puts events into their queue, those of one contact in one message. Nothing is answered before they are durable.
    async fn accept(
        &self,
        lane: Lane,
        events: Vec<(Option<ContactId>, Event)>,
    ) -> Result<Vec<Accepted>, AppError> {
        let keys: Vec<_> = events.iter().map(|(_, event)| (event.source.clone(), event.id.clone())).collect();
        let (receipts, _) = self.repository.lookup(&keys, &[]).await?;
        let mut accepted = Vec::new();
        let mut messages: BTreeMap<(usize, String), (Option<ContactId>, Vec<Event>)> = BTreeMap::new();
        let mut order: Vec<String> = Vec::new();
        let mut seen: BTreeMap<(Arc<str>, Arc<str>), String> = BTreeMap::new();
        for ((contact, event), receipt) in events.into_iter().zip(receipts) {
            let hash = body_hash(&event);
            let first = receipt.map(|receipt| receipt.body_hash);
            let first = first.or_else(|| seen.get(&(event.source.clone(), event.id.clone())).cloned());
            if first.as_ref().is_some_and(|first| *first != hash) {
                let message =
                    format!("the id `{}` was used for another event; give each event its own", event.id);
                return Err(AppError::Conflict { code: "id_reused", message });
            }
            accepted.push(Accepted { id: event.id.to_string(), duplicate: first.is_some() });
            if first.is_some() {
                continue;
            }
            seen.insert((event.source.clone(), event.id.clone()), hash);
            let who = addressee(contact.as_ref(), &event);
            let place = order.iter().position(|known| *known == who).unwrap_or_else(|| {
                order.push(who.clone());
                order.len() - 1
            });
            messages.entry((place, who)).or_insert_with(|| (contact, Vec::new())).1.push(event);
        }
        let outgoing = messages.into_values().flat_map(|(contact, events)| {
            split(events)
                .into_iter()
                .map(move |events| Message::Events { contact: contact.clone(), events }.to(lane, Millis(0)))
        });
        let outgoing: Vec<_> = outgoing.collect();
        if !outgoing.is_empty() {
            self.ports.queue.send(outgoing).await?;
        }
        Ok(accepted)
    }
}

/// What one event says, whatever its time: two events under one id must agree in this.
pub(crate) fn body_hash(event: &Event) -> String {
    let grants: Vec<String> =
        event.grants.iter().map(|grant| format!("{}/{}", grant.channel, grant.purpose)).collect();
    let said = serde_json::to_string(&(&event.kind, &event.data, &event.fields, grants)).unwrap_or_default();
    base32(&digest(&["body", &said]), 32)
}

/// Events of one contact in messages that fit a queue.
pub(crate) fn split(events: Vec<Event>) -> Vec<Vec<Event>> {
    let mut parts: Vec<Vec<Event>> = Vec::new();
    let mut bytes = 0;
    for event in events {
        let size = serde_json::to_string(&event).map_or(0, |text| text.len());
        if parts.is_empty() || bytes + size > MESSAGE_BYTES {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        parts.extend_last(event);
    }
    parts
}

trait ExtendLast<T> {
    fn extend_last(&mut self, item: T);
}

impl<T> ExtendLast<T> for Vec<Vec<T>> {
    fn extend_last(&mut self, item: T) {
        if let Some(last) = self.last_mut() {
            last.push(item);
        }
    }
}

/// Whom an event names, as a text to compare.
fn addressee(contact: Option<&ContactId>, event: &Event) -> String {
    let field = |name: &str| event.fields.get(name).and_then(Value::as_str).map(str::to_lowercase);
    let named = contact.map(ToString::to_string);
    named
        .or_else(|| send_of(&event.data).and_then(|send| send.contact()).map(|contact| contact.to_string()))
        .or_else(|| field("email"))
        .or_else(|| field("phone"))
        .or_else(|| event.visitor.as_deref().map(str::to_owned))
        .unwrap_or_default()
}

fn send_of(data: &Map<String, Value>) -> Option<SendId> {
    data.get("send").and_then(Value::as_str).map(SendId::new)
}

pub(crate) fn check_id(field: &str, id: &str) -> Result<String, AppError> {
    if id.is_empty() || id.len() > 200 || id.chars().any(char::is_control) {
        return Err(AppError::invalid(field, "id.length", "an id has 1 to 200 characters"));
    }
    Ok(id.to_owned())
}

pub(crate) fn read_event(
    draft: EventDraft,
    path: &str,
    source: &Arc<str>,
    fallback_id: String,
    now: Instant,
    account: Option<&Definitions>,
) -> Result<(Option<ContactId>, Event), AppError> {
    let at = |field: &str| format!("{path}{field}");
    if !is_kind(&draft.kind) {
        let message = format!(
            "`{}` is no event type; a type is lower case with a dot, such as order.completed",
            draft.kind
        );
        return Err(AppError::invalid(at("type"), "event.type", message));
    }
    if is_own(&draft.kind) {
        let message = format!("`{}` is made by this program when it happens; it can't be posted", draft.kind);
        return Err(AppError::invalid(at("type"), "event.own_type", message));
    }
    check_event(&draft.kind, &draft.data)
        .and_then(|()| account.map_or(Ok(()), |account| account.check_deal(&draft.kind, &draft.data)))
        .map_err(|(name, message)| AppError::invalid(at(&format!("data.{name}")), "event.data", message))?;
    let occurred_at = match &draft.occurred_at {
        None => now,
        Some(text) => Instant::parse(text).ok_or_else(|| {
            AppError::invalid(
                at("occurred_at"),
                "event.time",
                "a time is RFC 3339, such as 2026-11-21T09:00:00Z",
            )
        })?,
    };
    let fields = read_fields(&draft.fields, at, account)?;
    let contact = draft.contact_id.map(ContactId::new);
    if contact.as_ref().is_some_and(|id| !is_contact_id(id.as_str())) {
        return Err(AppError::invalid(at("contact.id"), "contact.id", "a contact's id begins with con_"));
    }
    if let Some(send) = draft.data.get("send")
        && send.as_str().and_then(|send| SendId::new(send).contact()).is_none()
    {
        return Err(AppError::invalid(
            at("data.send"),
            "event.send",
            "`send` is the id of a message, snd_…, as the mailbox shows it",
        ));
    }
    if draft.kind == "email.opened" && !draft.data.contains_key("send") {
        return Err(AppError::invalid(
            at("data.send"),
            "event.send",
            "an open names its message in `data.send`",
        ));
    }
    if draft.visitor.as_deref().is_some_and(|visitor| !is_visitor(visitor)) {
        let message =
            format!("a browser's name has 8 to {} letters, digits, - and _", limits::VISITOR_LETTERS);
        return Err(AppError::invalid(at("visitor"), "event.visitor", message));
    }
    let is_visit = draft.visitor.is_some() && is_visit(&draft.kind);
    let externals: Vec<String> =
        draft.external.into_iter().map(|(system, id)| format!("{system}:{}", id.trim())).collect();
    if let Some(unfit) = externals.iter().find(|external| !is_external(external)) {
        let message = format!(
            "`{unfit}`: an id of another system is at most {} bytes with the system, whose name has a-z, 0-9, _ and -",
            limits::NAME_BYTES
        );
        return Err(AppError::invalid(at("contact.external"), "contact.external", message));
    }
    if contact.is_none()
        && !draft.data.contains_key("send")
        && !fields.contains_key("email")
        && !fields.contains_key("phone")
        && externals.is_empty()
        && !is_visit
    {
        let message = "an event names its contact: by `email`, by `phone` in international form, by `id`, or by `external`; \
                       only a visit (page.…) may name the browser alone, by `visitor`";
        return Err(AppError::invalid(at("contact"), "contact.missing", message));
    }
    let id = draft.id.map_or(Ok(fallback_id), |id| check_id(&at("id"), &id))?;
    let event = Event {
        source: source.clone(),
        id: id.into(),
        kind: told(&draft.kind, &draft.data).into(),
        occurred_at: occurred_at.min(now),
        received_at: now,
        data: draft.data,
        fields,
        grants: draft.grants,
        trust: Trust::Trusted,
        visitor: draft.visitor.map(Into::into),
        externals: externals.into_iter().map(Into::into).collect(),
        ..Event::default()
    };
    check_size(&event)?;
    Ok((contact, event))
}

/// What an event says of the person, read by what the account has defined.
pub(crate) fn read_fields(
    said: &Map<String, Value>,
    at: impl Fn(&str) -> String,
    account: Option<&Definitions>,
) -> Result<BTreeMap<String, Value>, AppError> {
    let mut fields = BTreeMap::new();
    for (name, value) in said {
        let field = at(&format!("contact.{name}"));
        if !fields::is_name(name) {
            return Err(AppError::invalid(
                field,
                "field.name",
                format!("`{name}` is no field name: a-z, digits and _ only"),
            ));
        }
        let parsed = fields::parse(name, value, account)
            .map_err(|why| AppError::invalid(field, "field.value", why))?;
        fields.extend(parsed.map(|value| (name.clone(), value)));
    }
    Ok(fields)
}

/// Answers that say nothing but that no more messages are wanted.
const STOP: &[&str] = &["STOP", "STOPALL", "UNSUBSCRIBE", "BASTA", "CANCELLAMI", "BAJA"];

/// The type of an event; an answer that is a STOP is no answer but an opt-out.
fn told<'k>(kind: &'k str, data: &Map<String, Value>) -> &'k str {
    let text = data.get("text").and_then(Value::as_str).unwrap_or_default();
    let text = text.trim().trim_end_matches(['.', '!']).to_uppercase();
    match kind {
        "sms.replied" if STOP.contains(&text.as_str()) => "sms.stopped",
        "whatsapp.replied" if STOP.contains(&text.as_str()) => "whatsapp.stopped",
        kind => kind,
    }
}

pub(crate) fn check_size(event: &Event) -> Result<(), AppError> {
    let bytes = serde_json::to_string(event).map_or(0, |text| text.len());
    if bytes > limits::EVENT_BYTES {
        let message = format!("an event has at most {} bytes; this one has {bytes}", limits::EVENT_BYTES);
        return Err(AppError::invalid("data", "event.size", message));
    }
    Ok(())
}

fn is_contact_id(id: &str) -> bool {
    id.strip_prefix("con_")
        .is_some_and(|rest| rest.len() == 20 && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn read_submission(
    id: &str,
    form: &Form,
    submission: &Submission,
    now: Instant,
    account: &Definitions,
) -> Result<Event, AppError> {
    let mut data = form.values.clone();
    let hidden = [Some(SUBMISSION_ID), Some(VISITOR_ID), form.honeypot.as_deref()];
    for (name, value) in &submission.answers {
        if hidden.contains(&Some(name.as_str())) || name.len() > limits::NAME_BYTES {
            continue;
        }
        // A name that stands more than once is a list, as browsers post several ticks.
        match data.get_mut(name) {
            Some(Value::Array(items)) => items.push(value.as_str().into()),
            Some(first) if !form.values.contains_key(name) => {
                *first = Value::Array(vec![first.take(), value.as_str().into()]);
            }
            Some(_) => {}
            None => {
                data.insert(name.clone(), value.as_str().into());
            }
        }
    }
    data.insert("form".to_owned(), id.into());
    let mut fields = BTreeMap::new();
    for field in &form.fields {
        let value = data.get(&*field.name).cloned().unwrap_or(Value::Null);
        let empty = value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
        if empty && field.required {
            return Err(AppError::invalid(
                &*field.name,
                "form.required",
                format!("{} is required", field.name),
            ));
        }
        let Some(to) = field.to.as_deref().filter(|_| !empty) else { continue };
        let parsed = fields::parse(to, &value, Some(account))
            .map_err(|why| AppError::invalid(&*field.name, "field.value", why))?;
        fields.extend(parsed.map(|value| (to.to_owned(), value)));
    }
    if !fields.contains_key("email") && !fields.contains_key("phone") {
        let message = "a submission names its contact by an e-mail address or a phone number";
        return Err(AppError::invalid("email", "contact.missing", message));
    }
    let ticked = |name: &str| {
        let text = data.get(name).and_then(Value::as_str).unwrap_or_default().to_lowercase();
        ["on", "true", "1", "yes", "si", "sì", "sí"].contains(&text.as_str())
    };
    let granted = form.consents.iter().filter(|consent| consent.field.as_deref().is_none_or(ticked));
    // What no browser of ours is called does not keep a submission from being one.
    let mut browsers = submission.answers.iter().filter(|(name, _)| name == VISITOR_ID);
    let visitor = browsers.next().map(|(_, value)| value.as_str()).filter(|visitor| is_visitor(visitor));
    let event = Event {
        source: format!("form:{id}").into(),
        id: "".into(),
        kind: if form.double_opt_in { REQUESTED } else { SUBMITTED }.into(),
        occurred_at: now,
        received_at: now,
        grants: granted.map(|consent| consent.grant.clone()).collect(),
        data,
        fields,
        trust: Trust::Public,
        visitor: visitor.map(Into::into),
        evidence: (submission.evidence != Evidence::default()).then(|| submission.evidence.clone()),
        ..Event::default()
    };
    check_size(&event)?;
    Ok(event)
}

/// The id of a submission that nobody named: form, address, answers and the ten minutes of its arrival.
fn submission_id(form: &str, event: &Event, bucket: i64) -> String {
    let said = serde_json::to_string(&(&event.data, &event.fields)).unwrap_or_default();
    format!("auto-{}", base32(&digest(&["submission", form, &said, &bucket.to_string()]), 30))
}
