//! Applying an event: what it says about the person, then what workflows make of it.

use serde_json::{Map, Value};

use super::{Need, Turn};
use crate::contact::consent::{Channel, Consent, Grant, MARKETING, Standing, Suppression};
use crate::contact::identity::Identity;
use crate::contact::profile::Field;
use crate::contact::state::Work;
use crate::event::{Chain, Event, Occurrence, Trust};
use crate::ids::{base32, digest};
use crate::limits;
use crate::timeline::What;

/// The event of a contact that is new.
pub const CREATED: &str = "contact.created";

impl Turn<'_> {
    pub(super) fn apply(&mut self, event: Event) -> Result<(), Need> {
        let at = event.begins_at();
        let is_new = self.contact.profile.created_at == crate::time::Instant::default();
        if is_new {
            self.profile().created_at = at;
            self.log(None, None, What::ContactCreated);
        }
        for (name, value) in &event.fields {
            self.learn(name, value, &event);
        }
        if is_new && self.contact.profile.field("source").is_none() {
            let value = Value::from(event.source.split(':').next().unwrap_or_default());
            self.profile().fields.insert("source".into(), Field { value, at });
        }
        for grant in &event.grants {
            self.grant(grant, &event);
        }
        self.withdraw_by(&event);
        if is_new {
            let data = Map::from_iter([("source".to_owned(), Value::from(&*event.source))]);
            self.work.push_back(Work::Notice {
                occurrence: Occurrence { kind: CREATED.into(), at, data, chain: Chain::default() },
            });
        }
        let Some(data) = self.read_mail_event(&event, at)? else { return Ok(()) };
        let occurrence = Occurrence { kind: event.kind.clone(), at, data, chain: Chain::default() };
        self.work.push_back(Work::Notice { occurrence });
        Ok(())
    }

    /// Takes a field from an event: a public source fills empty fields only, and the newest value wins.
    fn learn(&mut self, name: &str, value: &Value, event: &Event) {
        let at = event.begins_at();
        let known = self.contact.profile.fields.get(name);
        let filled = known.is_some_and(|field| !field.value.is_null());
        let keeps = |reason: &str| What::FieldKept { field: name.into(), reason: reason.to_owned() };
        if known.is_some_and(|field| field.value == *value) {
            return;
        }
        if filled && event.trust == Trust::Public {
            return self.log(None, None, keeps("public_source"));
        }
        if filled && name == "source" {
            return self.log(None, None, keeps("first_touch"));
        }
        if known.is_some_and(|field| field.at > at) {
            return self.log(None, None, keeps("newer_value"));
        }
        if known.is_none() && self.contact.profile.fields.len() >= limits::FIELDS {
            return self.log(None, None, What::LimitReached { limit: "fields".to_owned() });
        }
        self.profile().fields.insert(name.into(), Field { value: value.clone(), at });
        self.log(None, None, What::FieldSet { field: name.into() });
        let data = Map::from_iter([("field".to_owned(), Value::from(name))]);
        self.happen("field.changed", data, Chain::default());
    }

    fn grant(&mut self, grant: &Grant, event: &Event) {
        let consent = Consent {
            channel: grant.channel,
            purpose: grant.purpose.clone(),
            standing: Standing::Granted,
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
        // A withdrawal always fits: only what is granted is bounded.
        let granted = consent.standing == Standing::Granted;
        if known.is_none() && granted && self.contact.profile.consents.len() >= limits::CONSENTS {
            return self.log(None, None, What::LimitReached { limit: "consents".to_owned() });
        }
        let (channel, purpose) = (consent.channel, consent.purpose.clone());
        let consents = &mut self.profile().consents;
        consents.retain(|known| (known.channel, &known.purpose) != (channel, &purpose));
        consents.push(consent);
        let what = if granted {
            What::ConsentGiven { channel, purpose }
        } else {
            What::ConsentWithdrawn { channel, purpose }
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
                let marketing = channel == Channel::Email && purpose == MARKETING;
                (channel, purpose, marketing.then_some(Suppression::OptOut))
            }
            "email.unsubscribed" => (Channel::Email, MARKETING, Some(Suppression::OptOut)),
            "email.complained" => (Channel::Email, MARKETING, Some(Suppression::Complaint)),
            "email.bounced" if text("kind") != Some("soft") => {
                return self.suppress(Suppression::Bounce);
            }
            _ => return,
        };
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
        suppression.into_iter().for_each(|reason| self.suppress(reason));
    }

    fn suppress(&mut self, reason: Suppression) {
        let Some(address) = self.contact.profile.email().map(str::to_owned) else { return };
        self.log(None, None, What::AddressSuppressed { reason: reason.as_str().to_owned() });
        self.suppressed.push((address, reason));
    }

    pub(super) fn refuse_taken(&mut self, taken: &[Identity]) {
        for identity in taken {
            self.log(None, None, What::IdentityTaken { kind: identity.kind().to_owned() });
        }
    }
}
