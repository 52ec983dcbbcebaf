//! What is known of a person.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::consent::{self, Channel, Consent, Standing};
use super::identity::{Double, Identity};
use super::objects::Objects;
use crate::ids::ContactId;
use crate::time::Instant;

/// The profile row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// When the contact was made.
    pub created_at: Instant,
    /// Whether workflows are tried out with the contact: see [`super::test`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
    /// Whether the contact is not shown where all are, as its state says: so that lists need not read that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Standard and custom fields by name, each with the time of the event that set it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<Arc<str>, Field>,
    /// Tags, each with the time it was added.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<Arc<str>, Instant>,
    /// Lists, each with the time it was joined.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<Arc<str>, Instant>,
    /// Browsers that are the contact's, by the names that sites gave them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub visitors: BTreeSet<Arc<str>>,
    /// Its ids in other systems: `<system>:<id>`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub externals: BTreeSet<Arc<str>>,
    /// Addresses and numbers of contacts that were merged into this one: they lead here, and nothing is sent to them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub formerly: BTreeSet<Identity>,
    /// Identities in its fields that are another contact's: where contacts are not deduplicated.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub shared: BTreeSet<Identity>,
    /// Other contacts that may be the same person.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub doubles: BTreeMap<ContactId, Double>,
    /// Consents; at most one for a channel and purpose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<Consent>,
    /// Deals, tasks, the loyalty card and whatever else belongs to the contact.
    #[serde(default, skip_serializing_if = "Objects::is_empty")]
    pub objects: Objects,
}

/// A field's value and when the event that set it happened: the newest wins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Text, number, yes or no, or a list of texts. Null where a newer event cleared the field.
    #[serde(rename = "v")]
    pub value: Value,
    /// The event's own time.
    #[serde(rename = "t")]
    pub at: Instant,
}

impl Profile {
    /// The value of a field; none if it was never set or was cleared.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).map(|field| &field.value).filter(|value| !value.is_null())
    }

    /// A field as text; none for other kinds of values.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.field(name).and_then(Value::as_str)
    }

    /// The normalised e-mail address.
    pub fn email(&self) -> Option<&str> {
        self.text("email")
    }

    /// Where a channel reaches the contact, as it stands where addresses are suppressed: see [`consent::address`].
    pub fn address(&self, channel: Channel) -> Option<String> {
        let own = match channel {
            Channel::Email => self.email(),
            Channel::Sms | Channel::Whatsapp => self.text("phone"),
            Channel::Calls | Channel::Voicemail => None,
        };
        own.map(|own| consent::address(channel, own))
    }

    /// First and last name, else the e-mail address, else the phone number.
    pub fn display_name(&self) -> String {
        let names: Vec<&str> =
            ["first_name", "last_name"].iter().filter_map(|name| self.text(name)).collect();
        if names.is_empty() {
            return self.email().or_else(|| self.text("phone")).unwrap_or_default().to_owned();
        }
        names.join(" ")
    }

    /// States an identity no more: it is somebody else's.
    pub fn give_up(&mut self, identity: &Identity) {
        self.formerly.remove(identity);
        match identity {
            Identity::Email(stated) | Identity::Phone(stated) => {
                if self.text(identity.kind()) == Some(stated) {
                    self.fields.remove(identity.kind());
                }
            }
            Identity::External(id) => drop(self.externals.remove(id.as_str())),
            Identity::Visitor(name) => drop(self.visitors.remove(name.as_str())),
        }
    }

    /// The consent for a channel and purpose.
    pub fn consent(&self, channel: Channel, purpose: &str) -> Option<&Consent> {
        self.consents.iter().find(|consent| consent.channel == channel && &*consent.purpose == purpose)
    }

    /// Whether the person said yes, and has not taken it back.
    pub fn has_consent(&self, channel: Channel, purpose: &str) -> bool {
        self.consent(channel, purpose).is_some_and(|consent| consent.standing == Standing::Granted)
    }
}
