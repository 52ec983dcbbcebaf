//! By which outside names a contact is found.

use serde::{Deserialize, Serialize};

use super::profile::Profile;
use crate::ids::{base32, digest};

/// A name by which the outside knows a person. At most one contact has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Identity {
    /// An e-mail address, compared without regard to case.
    Email(String),
    /// A phone number in international form.
    Phone(String),
    /// A browser, by the name that a site gave it. It tells who somebody is only where nothing else does.
    Visitor(String),
}

impl Identity {
    /// The identities that a profile states, in the order in which they are matched.
    pub fn of(profile: &Profile) -> Vec<Self> {
        let visitors = profile.visitors.iter().map(|visitor| Self::Visitor(visitor.to_string()));
        Self::among(profile.email(), profile.text("phone")).into_iter().chain(visitors).collect()
    }

    /// The identities in an address and a number, in the order in which they are matched.
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
            Self::Visitor(visitor) => digest(&["visitor", visitor]),
        };
        base32(&digest, 32)
    }

    /// The name of its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Phone(_) => "phone",
            Self::Visitor(_) => "visitor",
        }
    }
}
