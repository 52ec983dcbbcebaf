//! By which outside names a contact is found.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::profile::Profile;
use crate::ids::{ContactId, base32, digest};

/// A name by which the outside knows a person. At most one contact has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Identity {
    /// An e-mail address, compared without regard to case.
    Email(String),
    /// A phone number in international form.
    Phone(String),
    /// An id that another system has for the person: `<system>:<id>`.
    External(String),
    /// A browser, by the name that a site gave it. It tells who somebody is only where nothing else does.
    Visitor(String),
}

impl Identity {
    /// The identities that are a contact's.
    pub fn of(profile: &Profile) -> Vec<Self> {
        let visitors = profile.visitors.iter().map(|visitor| Self::Visitor(visitor.to_string()));
        let externals = profile.externals.iter().map(|external| Self::External(external.to_string()));
        let mut all = Self::among(profile.email(), profile.text("phone"));
        all.extend(externals.chain(profile.formerly.iter().cloned()).chain(visitors));
        all.retain(|identity| !profile.shared.contains(identity));
        // One that was formerly another contact's may be stated anew.
        let mut seen = BTreeSet::new();
        all.retain(|identity| seen.insert(identity.clone()));
        all
    }

    /// The identities in an address and a number.
    pub fn among(email: Option<&str>, phone: Option<&str>) -> Vec<Self> {
        let email = email.map(|email| Self::Email(email.to_owned()));
        // A national number belongs to nobody for certain.
        let phone = phone.filter(|phone| phone.starts_with('+')).map(|phone| Self::Phone(phone.to_owned()));
        email.into_iter().chain(phone).collect()
    }

    /// A hash that stands for the identity in keys, so that no key holds an address.
    pub fn hash(&self) -> String {
        let digest = match self {
            Self::Email(email) => digest(&["email", &email.to_lowercase()]),
            Self::Phone(phone) => digest(&["phone", phone]),
            Self::External(external) => digest(&["external", external]),
            Self::Visitor(visitor) => digest(&["visitor", visitor]),
        };
        base32(&digest, 32)
    }

    /// The name of its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Phone(_) => "phone",
            Self::External(_) => "external",
            Self::Visitor(_) => "visitor",
        }
    }
}

/// The kinds of identities by which an event finds its contact, in the order in which they count unless the account says
/// otherwise. A browser counts only where nothing else does.
pub const MATCH_ORDER: [&str; 3] = ["external", "email", "phone"];

/// An identity that an event states and that is another contact's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Which.
    #[serde(flatten)]
    pub identity: Identity,
    /// Whose it is; not recorded by earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<ContactId>,
}

/// Another contact that may be the same person: they state the same identity, or an event stated one of each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Double {
    /// The kinds of identities by which that was noticed.
    #[serde(rename = "k")]
    pub kinds: BTreeSet<std::sync::Arc<str>>,
    /// When it was noticed first.
    #[serde(rename = "t")]
    pub at: crate::time::Instant,
    /// Somebody looked, and they are two people.
    #[serde(default, rename = "d", skip_serializing_if = "std::ops::Not::not")]
    pub dismissed: bool,
}

/// Whether a text can be an id of another system: `<system>:<id>`, the system in `a-z`, digits, `_` and `-`.
pub fn is_external(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    text.len() <= crate::limits::NAME_BYTES
        && !text.contains(char::is_control)
        && text.split_once(':').is_some_and(|(system, id)| {
            !system.is_empty() && !id.trim().is_empty() && system.bytes().all(fits)
        })
}
