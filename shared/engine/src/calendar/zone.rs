//! Whose wall clock counts: the zone that a document chooses, and how a contact's zone is found (SEM-7).

use std::fmt;
use std::str::FromStr;

use jiff::tz::{TimeZone, TimeZoneDatabase, TimeZoneName};
use serde::{Deserialize, Serialize};

use super::country;
use super::text::{self, Unreadable, stored_as_text};
use crate::workflow::problem::Problems;
use crate::workflow::reader::closest;
use crate::yaml::Node;

/// Whose wall clock a document means: `contact`, `account`, or one by its IANA name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ZoneChoice {
    /// That of the contact.
    #[default]
    Contact,
    /// That of the account.
    Account,
    /// This one.
    Named(TimeZone),
}

/// A contact's zone and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundZone {
    /// The zone.
    pub zone: TimeZone,
    /// What told it.
    pub source: ZoneSource,
}

/// What told a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneSource {
    /// The contact's own field `time_zone`.
    Contact,
    /// The country of the phone number, which has one zone.
    Phone,
    /// The country of the postal address, which has one zone.
    Address,
    /// Nothing nearer than the account.
    Account,
    /// The document, which names one.
    Document,
}

/// The zone of an IANA name such as `Europe/Rome`, from the built-in database; no offsets, no POSIX
/// strings. Case does not matter: `iana_name()` of the answer is the spelling to store.
pub fn zone(name: &str) -> Option<TimeZone> {
    // `Factory` and `Etc/Unknown` are the database's ways of saying that no zone is known.
    if name.eq_ignore_ascii_case("Factory") {
        return None;
    }
    TimeZoneDatabase::bundled().get(name).ok().filter(|zone| !zone.is_unknown())
}

/// Finds a contact's zone by the fields `time_zone`, `phone` and `country`: the zone itself, else the country
/// of an international number or else of the address if that has one zone, else the account's. A value that
/// tells nothing is passed over.
pub fn zone_of(
    time_zone: Option<&str>,
    phone: Option<&str>,
    country: Option<&str>,
    account: &TimeZone,
) -> FoundZone {
    let of_country = |code: &str| country::only_zone(code).and_then(zone);
    let found = |zone, source| FoundZone { zone, source };
    time_zone
        .and_then(zone)
        .map(|zone| found(zone, ZoneSource::Contact))
        .or_else(|| Some(found(of_country(country::of_phone(phone?)?)?, ZoneSource::Phone)))
        .or_else(|| Some(found(of_country(country?)?, ZoneSource::Address)))
        .unwrap_or_else(|| found(account.clone(), ZoneSource::Account))
}

impl ZoneChoice {
    /// Reads one from a document.
    pub fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        text::read(node, "zone.unknown", "contact, account or a time zone, such as Europe/Rome,", problems)
    }

    /// The zone that is meant, given the contact's and the account's.
    pub fn resolve(&self, contact: &FoundZone, account: &TimeZone) -> FoundZone {
        match self {
            Self::Contact => contact.clone(),
            Self::Account => FoundZone { zone: account.clone(), source: ZoneSource::Account },
            Self::Named(zone) => FoundZone { zone: zone.clone(), source: ZoneSource::Document },
        }
    }
}

impl fmt::Display for ZoneChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contact => "contact",
            Self::Account => "account",
            // Read from the database, so it has its name.
            Self::Named(zone) => zone.iana_name().unwrap_or("UTC"),
        })
    }
}

impl FromStr for ZoneChoice {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        match text {
            "contact" => Ok(Self::Contact),
            "account" => Ok(Self::Account),
            _ => zone(text).map(Self::Named).ok_or_else(|| {
                let database = TimeZoneDatabase::bundled();
                let names: Vec<_> = database.available().collect();
                let names: Vec<&str> = names.iter().map(TimeZoneName::as_str).collect();
                let near = closest(text, &names).map(|near| format!("; did you mean {near}?"));
                let near =
                    near.unwrap_or_else(|| "; write one such as Europe/Rome, contact or account".to_owned());
                Unreadable(format!("\"{text}\" is no time zone{near}"))
            }),
        }
    }
}

stored_as_text!(ZoneChoice);
