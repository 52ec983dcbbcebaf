//! The events queue: accepted events are applied, contacts are looked at. A batch is grouped by contact.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::contact::hidden::Hidden;
use flusso_engine::contact::identity::{Identity, MATCH_ORDER, Taken};
use flusso_engine::definitions::{Account, Definitions};
use flusso_engine::event::Event;
use flusso_engine::ids::{ContactId, SendId};
use flusso_engine::react::Input;
use flusso_engine::time::{Instant, Millis};

use crate::accept::body_hash;
use crate::apply::{Applied, Progress};
use crate::ports::queue::{Delivery, Lane, QueueName};
use crate::queued::{Message, Unreadable};
use crate::{App, AppError};

/// A delivery that fails this often is parked.
const TRIES: u32 = 10;
/// How often identities are looked up anew after another commit came between.
const CONFLICTS: u32 = 3;

/// What became of each delivery: its id, and the reason if it is to be delivered again.
pub type Outcomes = Vec<(String, Result<(), String>)>;

/// An event on its way to its contact.
#[derive(Clone)]
struct Bound {
    delivery: usize,
    named: Option<ContactId>,
    event: Event,
}

/// What is to be done for one contact.
#[derive(Default)]
struct Group {
    events: Vec<(Bound, Vec<Taken>)>,
    looks: Vec<(usize, Instant)>,
    /// Deliveries that were here before: what their commit made due may have been lost on the way to its queue.
    repeated: Vec<usize>,
    /// Browsers of which it is said, or was said before, that they are the contact's.
    browsers: BTreeSet<Arc<str>>,
}

impl App {
    /// Applies a batch of the events queue.
    pub async fn handle_events(&self, lane: Lane, deliveries: Vec<Delivery>) -> Outcomes {
        let mut results: Vec<Result<(), String>> = deliveries.iter().map(|_| Ok(())).collect();
        let mut events = Vec::new();
        let mut looks = Vec::new();
        for (at, delivery) in deliveries.iter().enumerate() {
            match Message::decode(&delivery.body) {
                Ok(Message::Events { contact, events: several }) => {
                    events.extend(several.into_iter().map(|event| Bound {
                        delivery: at,
                        named: contact.clone(),
                        event,
                    }));
                }
                Ok(Message::Look { contact, at: when }) => looks.push((at, contact, when)),
                Ok(_) | Err(Unreadable::Broken) => {
                    results[at] = self.park_delivery(QueueName::Events(lane), delivery, "unreadable").await;
                }
                Err(Unreadable::Newer) => results[at] = Err("a newer format".to_owned()),
            }
        }
        let now = self.now();
        events.iter().for_each(|bound| self.metrics.oldest_event.see(now.since(bound.event.received_at)));
        // In one batch, inputs go by time, then id.
        events.sort_by(|a, b| (a.event.occurred_at, &a.event.id).cmp(&(b.event.occurred_at, &b.event.id)));
        self.work_off(lane, &deliveries, events, looks, &mut results).await;
        for (delivery, result) in deliveries.iter().zip(&mut results) {
            if result.is_err()
                && delivery.receives >= TRIES
                && !matches!(Message::decode(&delivery.body), Err(Unreadable::Newer))
            {
                let code = if matches!(Message::decode(&delivery.body), Ok(Message::Look { .. })) {
                    "look_failed"
                } else {
                    "event_failed"
                };
                *result = self.park_delivery(QueueName::Events(lane), delivery, code).await;
            }
        }
        deliveries.into_iter().map(|delivery| delivery.id).zip(results).collect()
    }

    async fn work_off(
        &self,
        lane: Lane,
        deliveries: &[Delivery],
        mut events: Vec<Bound>,
        looks: Vec<(usize, ContactId, Instant)>,
        results: &mut [Result<(), String>],
    ) {
        let mut definitions = match self.definitions().await {
            Ok(definitions) => definitions,
            Err(error) => {
                results.iter_mut().for_each(|result| *result = Err(error.to_string()));
                return;
            }
        };
        let mut looks = Some(looks);
        for _ in 0..CONFLICTS {
            let mut groups = match self.group(&definitions.account, lane, deliveries, &events, results).await
            {
                Ok(groups) => groups,
                Err(error) => {
                    for bound in &events {
                        results[bound.delivery] = Err(error.to_string());
                    }
                    BTreeMap::new()
                }
            };
            for (at, contact, when) in looks.take().unwrap_or_default() {
                let group = groups.entry(contact).or_default();
                group.looks.push((at, when));
                if deliveries[at].receives > 1 {
                    group.repeated.push(at);
                }
            }
            let mut again = Vec::new();
            for (contact, group) in groups {
                match self.apply_group(lane, &mut definitions, &contact, &group).await {
                    Ok(true) => {}
                    Ok(false) => again.extend(group.events.into_iter().map(|(bound, _)| bound)),
                    Err(error) => {
                        let looked = group.looks.iter().map(|(at, _)| *at);
                        let repeated = group.repeated.iter().copied();
                        for at in
                            group.events.iter().map(|(bound, _)| bound.delivery).chain(looked).chain(repeated)
                        {
                            results[at] = Err(error.to_string());
                        }
                    }
                }
            }
            if again.is_empty() {
                return;
            }
            events = again;
        }
        // Three commits lost: sent anew with a delay, so that receives count failures only.
        for bound in events {
            let message = Message::Events { contact: bound.named, events: vec![bound.event] };
            if let Err(error) = self.ports.queue.send(vec![message.to(lane, Millis::seconds(1))]).await {
                results[bound.delivery] = Err(error.to_string());
            }
        }
    }

    /// Finds each event's contact; leaves out what was applied before.
    async fn group(
        &self,
        account: &Account,
        lane: Lane,
        deliveries: &[Delivery],
        events: &[Bound],
        results: &mut [Result<(), String>],
    ) -> Result<BTreeMap<ContactId, Group>, AppError> {
        let keys: Vec<_> =
            events.iter().map(|bound| (bound.event.source.clone(), bound.event.id.clone())).collect();
        let mut identities: Vec<Identity> = events
            .iter()
            .flat_map(|bound| {
                identities_of(account, &bound.event).into_iter().chain(browser_of(&bound.event))
            })
            .collect();
        identities.sort();
        identities.dedup();
        let (receipts, owners) = self.repository.lookup(&keys, &identities).await?;
        // Where contacts are not deduplicated, an address finds nobody.
        let finds = |identity: &&Identity| {
            !account.duplicates || !matches!(identity, Identity::Email(_) | Identity::Phone(_))
        };
        let mut owners: BTreeMap<Identity, ContactId> = identities
            .into_iter()
            .zip(owners)
            .filter_map(|(identity, owner)| Some((identity, owner?)))
            .collect();
        let mut groups: BTreeMap<ContactId, Group> = BTreeMap::new();
        let mut seen: BTreeMap<(Arc<str>, Arc<str>), String> = BTreeMap::new();
        for (bound, receipt) in events.iter().zip(receipts) {
            let hash = body_hash(&bound.event);
            let first = receipt.as_ref().map(|receipt| receipt.body_hash.clone());
            let first =
                first.or_else(|| seen.get(&(bound.event.source.clone(), bound.event.id.clone())).cloned());
            if let Some(first) = first {
                self.metrics.duplicates.add();
                if first != hash {
                    results[bound.delivery] = self
                        .park_delivery(QueueName::Events(lane), &deliveries[bound.delivery], "id_reused")
                        .await;
                } else if let Some(receipt) = receipt {
                    let group = groups.entry(receipt.contact).or_default();
                    group.repeated.push(bound.delivery);
                    group.browsers.extend(bound.event.visitor.clone());
                }
                continue;
            }
            seen.insert((bound.event.source.clone(), bound.event.id.clone()), hash);
            let own = identities_of(account, &bound.event);
            let of_send = bound.event.data.get("send").and_then(|send| SendId::new(send.as_str()?).contact());
            let known = bound
                .named
                .clone()
                .or(of_send)
                .or_else(|| own.iter().filter(finds).find_map(|identity| owners.get(identity).cloned()));
            // A browser tells who it is only where nothing else does: several people may use it.
            let browser = browser_of(&bound.event);
            let known = match &browser {
                Some(browser) if own.is_empty() => known.or_else(|| owners.get(browser).cloned()),
                _ => known,
            };
            if let (None, [], Some(visitor)) = (&known, own.as_slice(), &bound.event.visitor) {
                if let Err(error) = self.keep_visit(visitor, &bound.event).await {
                    results[bound.delivery] = Err(error.to_string());
                }
                continue;
            }
            if known.is_none() && own.is_empty() {
                results[bound.delivery] = self
                    .park_delivery(QueueName::Events(lane), &deliveries[bound.delivery], "no_identity")
                    .await;
                continue;
            }
            let contact = known.unwrap_or_else(|| ContactId::derive(&bound.event.source, &bound.event.id));
            let own: Vec<Identity> = own.into_iter().chain(browser).collect();
            let taken = own.iter().filter_map(|identity| {
                let owner = owners.get(identity).filter(|owner| **owner != contact).cloned();
                owner.map(|owner| Taken { identity: identity.clone(), owner: Some(owner) })
            });
            let taken = taken.collect();
            for identity in own {
                owners.entry(identity).or_insert_with(|| contact.clone());
            }
            let group = groups.entry(contact).or_default();
            group.browsers.extend(bound.event.visitor.clone());
            group.events.push((bound.clone(), taken));
        }
        Ok(groups)
    }

    /// Applies an event of a contact that there is, before anybody is answered. Once it counts, it does nothing more.
    pub(crate) async fn apply_now(&self, contact: &ContactId, event: &Event) -> Result<(), AppError> {
        let key = [(event.source.clone(), event.id.clone())];
        let mut definitions = self.definitions().await?;
        for _ in 0..CONFLICTS {
            let stated = identities_of(&definitions.account, event);
            let (receipts, owners) = self.repository.lookup(&key, &stated).await?;
            let mut group = Group::default();
            if receipts.iter().any(Option::is_some) {
                group.repeated.push(0);
            } else {
                let taken = stated.into_iter().zip(owners).filter_map(|(identity, owner)| {
                    let owner = owner.filter(|owner| owner != contact)?;
                    Some(Taken { identity, owner: Some(owner) })
                });
                let bound = Bound { delivery: 0, named: Some(contact.clone()), event: event.clone() };
                group.events.push((bound, taken.collect()));
            }
            if self.apply_group(Lane::Fast, &mut definitions, contact, &group).await? {
                return Ok(());
            }
        }
        Err(AppError::Unavailable("the contact changes too fast".to_owned()))
    }

    /// Applies what there is for one contact; false if another commit came between.
    async fn apply_group(
        &self,
        lane: Lane,
        definitions: &mut Arc<Definitions>,
        id: &ContactId,
        group: &Group,
    ) -> Result<bool, AppError> {
        let mut contact = self.repository.contact(id).await?;
        if !contact.is_unborn() && !contact.is_there() {
            // Everything of it was erased, and what is said of it since is not kept.
            return Ok(true);
        }
        let id = &contact.id.clone();
        // What came with it, or after it, may not have been done to the end.
        let newborn = contact.is_unborn();
        let known = Arc::clone(&contact.profile);
        if !group.repeated.is_empty() {
            self.act_by(lane, &contact).await?;
        }
        let heard = self.heard(&contact, group).await?;
        if !heard.is_empty() && group.repeated.is_empty() {
            self.act_by(lane, &contact).await?;
        }
        let new = group.events.iter().filter(|(bound, _)| !heard.contains(&bound.event.mark()));
        let new: Vec<_> = new.collect();
        if !new.is_empty() {
            let inputs = new.into_iter().map(|(bound, taken)| Applied {
                // It was merged since into the one whose identity it is.
                input: Input::Event {
                    event: bound.event.clone(),
                    taken: taken.iter().filter(|taken| taken.owner.as_ref() != Some(id)).cloned().collect(),
                },
                receipt: Some((bound.event.source.clone(), bound.event.id.clone(), body_hash(&bound.event))),
            });
            match self.apply_by(lane, definitions, contact, inputs.collect()).await? {
                Progress::Done(committed) => contact = *committed,
                Progress::Conflict => return Ok(false),
            }
        }
        // Also those of a delivery that was here before: it may not have come so far.
        let is_news = |visitor: &Arc<str>| !group.repeated.is_empty() || !known.visitors.contains(visitor);
        let browsers = group.browsers.iter().filter(|visitor| is_news(visitor)).cloned().collect();
        self.attach_all(id, &contact.profile.visitors, &browsers).await?;
        if newborn || !group.repeated.is_empty() {
            contact = self.bring_up(lane, definitions, contact).await?;
        }
        if let Some(at) = group.looks.iter().map(|(_, at)| *at).min() {
            self.look(lane, definitions, contact, at).await?;
        }
        Ok(true)
    }

    /// Has a contact that was made while the definitions changed react by those of now: the job that came with them may
    /// have gone over all contacts before there was this one.
    async fn bring_up(
        &self,
        lane: Lane,
        definitions: &mut Arc<Definitions>,
        contact: Contact,
    ) -> Result<Contact, AppError> {
        if contact.is_unborn() || self.repository.head_at(contact.state.definitions + 1).await?.is_none() {
            return Ok(contact);
        }
        *definitions = self.definitions().await?;
        self.drive_by(lane, definitions, contact, Input::Wake).await
    }

    /// The marks of events that messages of the contact remember: they were applied before.
    async fn heard(&self, contact: &Contact, group: &Group) -> Result<BTreeSet<Arc<str>>, AppError> {
        let mut heard = BTreeSet::new();
        for (bound, _) in group.events.iter().filter(|(bound, _)| bound.event.is_feedback()) {
            let Some(send) = bound.event.data.get("send").and_then(|send| send.as_str()) else { continue };
            let send = SendId::new(send);
            let (recent, open) = (&contact.state.recent, &contact.state.sends);
            let older = if recent.contains_key(&send) || open.contains_key(&send) {
                None
            } else {
                self.repository.sent(&contact.id, std::slice::from_ref(&send)).await?.remove(&send).flatten()
            };
            let mark = bound.event.mark();
            if recent.get(&send).or(older.as_ref()).is_some_and(|sent| sent.heard.contains(&mark)) {
                self.metrics.duplicates.add();
                heard.insert(mark);
            }
        }
        Ok(heard)
    }

    /// Looks at a contact: lets time pass if something is due, else comes back when it is, else does nothing. It
    /// deletes nothing, for the commit that announced the look may be under way.
    async fn look(
        &self,
        lane: Lane,
        definitions: &mut Arc<Definitions>,
        contact: Contact,
        announced: Instant,
    ) -> Result<(), AppError> {
        let now = self.now();
        if contact.is_unborn() {
            return Ok(());
        }
        let due_at = contact.state.next_boundary().into_iter().chain(contact.state.alarm_at).min();
        if let Some(late) = contact.state.next_punctual().map(|at| now.since(at)) {
            self.metrics.wake_lateness.see(late);
        }
        let hidden = contact.state.hidden;
        if hidden.and_then(Hidden::erased_from).is_some_and(|at| at <= now) {
            self.erase_deleted(&contact).await?;
        }
        if !contact.state.agenda.is_empty() || due_at.is_some_and(|at| at <= now) {
            self.drive_by(lane, definitions, contact, Input::Wake).await?;
        } else if announced > now && due_at.is_some_and(|at| at <= announced) {
            // Rung early by another clock: the same look, after the rest.
            let look = Message::Look { contact: contact.id, at: announced };
            self.ports.queue.send(vec![look.to(lane, announced.since(now))]).await?;
        }
        Ok(())
    }
}

/// The browser in which an event happened.
fn browser_of(event: &Event) -> Option<Identity> {
    event.visitor.as_deref().map(|visitor| Identity::Visitor(visitor.to_owned()))
}

/// The identities that an event states, in the order in which they are matched.
pub(crate) fn identities_of(account: &Account, event: &Event) -> Vec<Identity> {
    let text = |name: &str| event.fields.get(name).and_then(|value| value.as_str());
    let externals = event.externals.iter().map(|external| Identity::External(external.to_string()));
    let mut stated: Vec<Identity> = externals.chain(Identity::among(text("email"), text("phone"))).collect();
    let place = |kind: &str| {
        if account.match_order.is_empty() {
            return MATCH_ORDER.iter().position(|known| *known == kind);
        }
        account.match_order.iter().position(|known| **known == *kind)
    };
    stated.sort_by_key(|identity| place(identity.kind()).unwrap_or(usize::MAX));
    stated
}
