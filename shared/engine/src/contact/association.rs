//! Associations: how the contact stands to other contacts and to companies. Each side of one between contacts has its own.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::ContactId;
use crate::time::Instant;

/// What the other is to the contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Association {
    /// What, such as `parent`.
    #[serde(rename = "type")]
    pub kind: Arc<str>,
    /// The other.
    pub other: Other,
    /// What the contact is to the other, if that is a contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inverse: Option<Arc<str>>,
    /// Since when.
    pub at: Instant,
}

/// Somebody or something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Other {
    /// A contact.
    Contact(ContactId),
    /// A company, by its name.
    Company(Arc<str>),
}

impl Other {
    /// A contact's id is one; everything else is the name of a company.
    pub fn parse(text: &str) -> Self {
        if text.starts_with("con_") {
            Self::Contact(ContactId::new(text))
        } else {
            Self::Company(text.into())
        }
    }

    /// Its name in events.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Contact(_) => "contact",
            Self::Company(_) => "company",
        }
    }
}

impl fmt::Display for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contact(contact) => write!(f, "{contact}"),
            Self::Company(name) => f.write_str(name),
        }
    }
}

/// What the contact is to the other, where that has another name.
const INVERSES: &[(&str, &str)] = &[
    ("parent", "child"),
    ("employer", "employee"),
    ("manager", "report"),
    ("referrer", "referred"),
    ("supplier", "customer"),
    ("teacher", "student"),
];

/// The other side of an association: of `parent` it is `child`, of most it is the same.
pub fn inverse(kind: &str) -> &str {
    let pair = INVERSES.iter().find(|(one, other)| *one == kind || *other == kind);
    pair.map_or(kind, |(one, other)| if *one == kind { other } else { one })
}

#[cfg(test)]
mod tests {
    use super::inverse;

    #[test]
    fn both_sides_are_named_kc_44() {
        assert_eq!(["parent", "child", "partner"].map(inverse), ["child", "parent", "partner"]);
    }
}
