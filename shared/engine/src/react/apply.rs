//! Applying an event: what it says about the person, then what workflows make of it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{IMPORT, Need, Turn};
use crate::condition::Facets;
use crate::contact::consent::{Channel, Consent, Grant, MARKETING, Recipient, Standing, Suppression};
use crate::contact::identity::{Double, Identity, Taken};
use crate::contact::profile::Field;
use crate::contact::state::Work;
use crate::contact::{hidden, test};
use crate::event::{ACTIVE, Chain, Event, JOB, Occurrence, Trust};
use crate::ids::{StepId, WorkflowId, base32, digest};
use crate::limits;
use crate::time::Instant;
use crate::timeline::What;
use crate::triggers::{form, schedule, started};

/// The event of a contact that is new.
pub const CREATED: &str = "contact.created";
/// The value of an event that says to which address a message went: the keyed hash under which it is suppressed.
pub const ADDRESS_HASH: &str = "address_hash";
/// The field that tells where a contact came from first.
const SOURCE: &str = "source";

/// Fields of which every change is an event of its own: `status.changed`.
const OCCURRING: &[&str] = &["status", "lifecycle", "owner"];

impl Turn<'_> {
    pub(super) fn apply(&mut self, event: &Event) -> Result<(), Need> {
        let at = event.begins_at();
        self.chain = if event.quiet { Chain::quiet(self.now) } else { Chain::default() };
        if super::is_command(&event.kind) {
            return self.command(event);
        }
        let is_new = self.contact.profile.created_at == Instant::default();
        if is_new {
            // Not the event's own time: from here on, nothing that happens to the contact is missed.
            self.profile().created_at = self.now;
            self.dirty = Facets::ALL;
            self.log(None, None, What::ContactCreated);
        }
        if self.contact.is_deleted() && hidden::brings_back(event) {
            self.show_again();
        }
        self.learn_source(event);
        for (name, value) in event.fields.iter().filter(|(name, _)| *name != SOURCE) {
            self.learn(name, value, event);
        }
        self.learn_visitor(event);
        self.learn_externals(event);
        let standing = if &*event.kind == form::REQUESTED { Standing::Pending } else { Standing::Granted };
        for grant in &event.grants {
            self.grant(grant, standing, event);
        }
        self.withdraw_by(event);
        if is_new {
            let source = self.contact.profile.field(SOURCE).cloned().unwrap_or_default();
            let data =
                Map::from_iter([(SOURCE.to_owned(), source), ("by".to_owned(), Value::from(&*event.source))]);
            let chain = self.chain.clone();
            self.counted(Occurrence::new(CREATED.into(), at, data, chain));
        }
        if self.read_test(event) || self.read_hidden(event) {
            return Ok(());
        }
        let Some(data) = self.read_mail_event(event, at)? else { return Ok(()) };
        let Some(data) = self.apply_objects(event, data) else { return Ok(()) };
        self.read_cart(event, at);
        if event.is_activity() && self.definitions.counters.contains_key(ACTIVE) {
            let chain = self.chain.clone();
            self.counted(Occurrence::new(ACTIVE.into(), at, Map::new(), chain));
        }
        if &*event.kind == started::REQUESTED {
            self.put_in(event, data);
            return Ok(());
        }
        if &*event.kind == schedule::DUE {
            self.schedule_due(event, &data);
            return Ok(());
        }
        let before_known = event.before_known;
        let occurrence = Occurrence::new(event.kind.clone(), at, data.clone(), self.chain.clone());
        self.counted(Occurrence { before_known, ..occurrence });
        self.convert_by(event, &data);
        Ok(())
    }

    /// Whether the event only says that the contact is a test, or is none any more. While something goes on with the
    /// contact it stays what it is: what was begun in one way is counted to its end in that way.
    fn read_test(&mut self, event: &Event) -> bool {
        let test = match &*event.kind {
            test::STARTED => true,
            test::ENDED => false,
            _ => return false,
        };
        let state = &self.contact.state;
        if self.contact.profile.test == test {
            return true;
        }
        if state.enrollments.is_empty() && state.sends.is_empty() {
            self.profile().test = test;
            self.log(None, None, if test { What::TestStarted } else { What::TestEnded });
        } else {
            self.log(None, None, What::TestKept);
        }
        true
    }

    /// Somebody puts the contact into a workflow.
    fn put_in(&mut self, event: &Event, data: Map<String, Value>) {
        let Some(workflow) = data.get("workflow").and_then(Value::as_str).map(WorkflowId::new) else {
            return;
        };
        let occurrence = Occurrence::new(event.kind.clone(), event.begins_at(), data, Chain::default());
        self.work.push_back(Work::Enter { occurrence, workflow });
    }

    /// Takes a field from an event: a public source fills empty fields only, and the newest value wins.
    fn learn(&mut self, name: &str, value: &Value, event: &Event) {
        let known = self.contact.profile.fields.get(name);
        let other = known.filter(|field| !field.value.is_null() && field.value != *value);
        if other.is_some() && event.trust == Trust::Public {
            let what = What::FieldKept { field: name.into(), reason: "public_source".to_owned() };
            return self.log(None, None, what);
        }
        self.put_field(None, name, value.clone(), event.begins_at(), self.chain.clone());
    }

    /// Takes the browser in which it happened: from now on, what happens in it is the contact's.
    fn learn_visitor(&mut self, event: &Event) {
        let Some(visitor) = &event.visitor else { return };
        if self.contact.profile.visitors.contains(visitor) {
            return;
        }
        if self.contact.profile.visitors.len() >= limits::VISITORS {
            return self.log(None, None, What::LimitReached { limit: "visitors".to_owned() });
        }
        self.profile().visitors.insert(visitor.clone());
        self.log(None, None, What::VisitorKnown);
    }

    /// Takes the ids that other systems have for the contact.
    fn learn_externals(&mut self, event: &Event) {
        for external in &event.externals {
            if self.contact.profile.externals.contains(external) {
                continue;
            }
            // Not from whoever may post: by it, somebody else's events would become theirs.
            if event.trust == Trust::Public {
                continue;
            }
            if self.contact.profile.externals.len() >= limits::EXTERNALS {
                return self.log(None, None, What::LimitReached { limit: "externals".to_owned() });
            }
            self.profile().externals.insert(external.clone());
            self.log(None, None, What::ExternalKnown { external: external.clone() });
        }
    }

    /// Takes where the contact came from: the oldest event tells it, else its own source.
    fn learn_source(&mut self, event: &Event) {
        let at = event.begins_at();
        let said = event.fields.get(SOURCE).filter(|value| !value.is_null());
        let known = self.contact.profile.fields.get(SOURCE);
        // What is asked of a contact tells nothing of where it came from, however old it is.
        let asked = event.source.starts_with(JOB);
        if let Some(known) = known.filter(|known| asked || known.at <= at || event.trust == Trust::Public) {
            if said.is_some_and(|said| *said != known.value) {
                let what = What::FieldKept { field: SOURCE.into(), reason: "first_touch".to_owned() };
                self.log(None, None, what);
            }
            return;
        }
        let own = || Value::from(event.source.split(':').next().unwrap_or_default());
        let value = said.cloned().unwrap_or_else(own);
        self.profile().fields.insert(SOURCE.into(), Field { value, at });
    }

    /// Sets a field, unless something newer is known: the newest value wins, whatever came last.
    pub(super) fn put_field(
        &mut self,
        by: Option<(&WorkflowId, &StepId)>,
        name: &str,
        value: Value,
        at: Instant,
        chain: Chain,
    ) {
        let (workflow, step) = by.unzip();
        match self.contact.profile.fields.get(name) {
            Some(known) if known.value == value => {
                if known.at < at {
                    self.profile().fields.insert(name.into(), Field { value, at });
                }
                return;
            }
            Some(known) if known.at > at => {
                let what = What::FieldKept { field: name.into(), reason: "newer_value".to_owned() };
                return self.log(workflow, step, what);
            }
            None if self.contact.profile.fields.len() >= limits::FIELDS => {
                return self.log(workflow, step, What::LimitReached { limit: "fields".to_owned() });
            }
            Some(_) | None => {}
        }
        let known = self.profile().fields.insert(name.into(), Field { value: value.clone(), at });
        let from = known.map_or(Value::Null, |known| known.value);
        self.settle_identity(name, &value);
        let known = |value: &Value| Some(value.clone()).filter(|value| !value.is_null());
        let set = What::FieldSet { field: name.into(), from: known(&from), to: known(&value) };
        self.log(workflow, step, set);
        let changed = Map::from_iter([("from".to_owned(), from), ("to".to_owned(), value)]);
        let mut data = changed.clone();
        data.insert("field".to_owned(), name.into());
        self.happen_at("field.changed", at, data, chain.clone());
        if OCCURRING.contains(&name) {
            self.happen_at(&format!("{name}.changed"), at, changed, chain);
        }
    }

    /// What another contact's identity was is no more what stands in the field.
    fn settle_identity(&mut self, name: &str, value: &Value) {
        if self.contact.profile.shared.is_empty() || !["email", "phone"].contains(&name) {
            return;
        }
        let stated = value.as_str().map(|value| match name {
            "email" => Identity::Email(value.to_owned()),
            _ => Identity::Phone(value.to_owned()),
        });
        self.profile().shared.retain(|shared| shared.kind() != name || stated.as_ref() == Some(shared));
    }

    fn grant(&mut self, grant: &Grant, standing: Standing, event: &Event) {
        if standing == Standing::Pending && self.contact.profile.has_consent(grant.channel, &grant.purpose) {
            return;
        }
        let known = self.contact.profile.consent(grant.channel, &grant.purpose).map(|known| known.standing);
        if event.source.starts_with(IMPORT) && matches!(known, Some(Standing::Granted | Standing::Withdrawn))
        {
            // A file does not know better than the person, who said no, or has said yes by themselves.
            if known == Some(Standing::Withdrawn) {
                let field = format!("{}/{}", grant.channel, grant.purpose).into();
                let what = What::FieldKept { field, reason: "opted_out".to_owned() };
                self.log(None, None, what);
            }
            return;
        }
        let consent = Consent {
            channel: grant.channel,
            purpose: grant.purpose.clone(),
            standing,
            at: event.begins_at(),
            source: event.source.clone(),
            basis: Some(grant.basis.clone()),
            text_hash: Some(base32(&digest(&["consent", &grant.text]), 20).into()),
            version: Some(grant.version.clone()),
        };
        self.set_consent(consent);
    }

    /// Keeps the newer of two consents; at the same instant the stricter one.
    fn set_consent(&mut self, consent: Consent) {
        let known = self.contact.profile.consent(consent.channel, &consent.purpose);
        let stricter = |known: &Consent| known.at == consent.at && known.standing == Standing::Withdrawn;
        if known.is_some_and(|known| known.at > consent.at || stricter(known)) {
            return;
        }
        let standing = consent.standing;
        // Taking back what is known, or marketing, always fits.
        let always = known.is_some() || standing == Standing::Withdrawn && &*consent.purpose == MARKETING;
        let names = [Some(&consent.purpose), consent.basis.as_ref(), consent.version.as_ref()];
        let long = names.into_iter().flatten().any(|name| name.len() > limits::NAME_BYTES);
        if long || !always && self.contact.profile.consents.len() >= limits::CONSENTS {
            return self.log(None, None, What::LimitReached { limit: "consents".to_owned() });
        }
        let (channel, purpose) = (consent.channel, consent.purpose.clone());
        let consents = &mut self.profile().consents;
        consents.retain(|known| (known.channel, &known.purpose) != (channel, &purpose));
        consents.push(consent);
        let what = match standing {
            Standing::Granted => What::ConsentGiven { channel, purpose },
            Standing::Withdrawn => What::ConsentWithdrawn { channel, purpose },
            Standing::Pending => What::ConsentAsked { channel, purpose },
        };
        self.log(None, None, what);
    }

    /// Events that take a consent back, or say that an address must not be written to.
    fn withdraw_by(&mut self, event: &Event) {
        let text = |name: &str| event.data.get(name).and_then(Value::as_str);
        let (channel, purpose, suppression) = match &*event.kind {
            "consent.withdrawn" => {
                let channel = text("channel").and_then(Channel::parse).unwrap_or(Channel::Email);
                let purpose = text("purpose").unwrap_or(MARKETING);
                (channel, purpose, (purpose == MARKETING).then_some(Suppression::OptOut))
            }
            // Who says STOP to one of the two says it to both, unless the account keeps them apart.
            "sms.stopped" | "whatsapp.stopped" => {
                let own = if &*event.kind == "sms.stopped" { Channel::Sms } else { Channel::Whatsapp };
                let other = if own == Channel::Sms { Channel::Whatsapp } else { Channel::Sms };
                let linked = !self.definitions.account.sms_and_whatsapp_apart;
                for channel in [own].into_iter().chain(linked.then_some(other)) {
                    self.withdraw(event, channel, MARKETING, Some(Suppression::OptOut));
                }
                return;
            }
            "email.unsubscribed" => (Channel::Email, MARKETING, Some(Suppression::OptOut)),
            "email.complained" => (Channel::Email, MARKETING, Some(Suppression::Complaint)),
            "email.bounced" if text("kind") != Some("soft") => {
                return self.suppress(event, Channel::Email, Suppression::Bounce);
            }
            _ => return,
        };
        self.withdraw(event, channel, purpose, suppression);
    }

    fn withdraw(&mut self, event: &Event, channel: Channel, purpose: &str, suppression: Option<Suppression>) {
        let consent = Consent {
            channel,
            purpose: purpose.into(),
            standing: Standing::Withdrawn,
            at: event.begins_at(),
            source: event.source.clone(),
            basis: None,
            text_hash: None,
            version: None,
        };
        self.set_consent(consent);
        if let Some(reason) = suppression {
            self.suppress(event, channel, reason);
        }
    }

    /// Suppresses the address of which the event speaks, else the contact's own.
    fn suppress(&mut self, event: &Event, channel: Channel, reason: Suppression) {
        let named = event.data.get(ADDRESS_HASH).and_then(Value::as_str);
        let recipient = match (named, self.contact.profile.address(channel)) {
            (Some(hash), _) => Recipient::Hashed(hash.to_owned()),
            (None, Some(own)) => Recipient::Address(own),
            (None, None) => return,
        };
        self.log(None, None, What::AddressSuppressed { channel, reason: reason.as_str().to_owned() });
        self.suppressed.push((recipient, reason));
    }

    /// An event states what is another contact's: perhaps they are one person, which somebody has to say.
    pub(super) fn refuse_taken(&mut self, taken: &[Taken]) {
        // That several people use one browser is nothing to be told.
        for Taken { identity, owner } in taken {
            if matches!(identity, Identity::Visitor(_)) {
                continue;
            }
            self.log(None, None, What::IdentityTaken { kind: identity.kind().to_owned() });
            let Some(owner) = owner.as_ref().filter(|owner| **owner != self.contact.id) else { continue };
            let doubles = &self.contact.profile.doubles;
            let known = doubles.get(owner).map(|double| double.kinds.contains(identity.kind()));
            if known == Some(true) || known.is_none() && doubles.len() >= limits::DOUBLES {
                continue;
            }
            let at = self.now;
            let double = Double { kinds: BTreeSet::new(), at, dismissed: false };
            let double = self.profile().doubles.entry(owner.clone()).or_insert(double);
            double.kinds.insert(identity.kind().into());
        }
    }

    /// The event without what is another contact's. Where contacts are not deduplicated, only its identity is.
    pub(super) fn without_taken(&mut self, event: &Event, taken: &[Taken]) -> Event {
        let mut event = event.clone();
        let is_taken = |kind: &str| taken.iter().any(|taken| taken.identity.kind() == kind);
        event.visitor.take_if(|_| is_taken("visitor"));
        event.externals.retain(|external| {
            !taken.iter().any(|taken| taken.identity == Identity::External(external.to_string()))
        });
        if self.definitions.account.duplicates {
            let shared = taken.iter().map(|taken| taken.identity.clone());
            let shared =
                shared.filter(|identity| matches!(identity, Identity::Email(_) | Identity::Phone(_)));
            self.profile().shared.extend(shared);
        } else {
            event.fields.retain(|name, _| !is_taken(name));
        }
        event
    }
}
