//! A colleague: who contacts are given to, who is told by `notify`, and what they may do when they sign in.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::calendar::{self, Hours, Window, ZoneChoice};
use crate::contact::send::Via;
use crate::definitions::Definitions;

/// What a colleague may do; from most to least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Owner,
    /// Everything but colleagues, API keys, secrets, and lifting the hold after a restore.
    Manager,
    /// Works with contacts: changes them, tells what happened to them, puts them into workflows; reads the rest.
    #[default]
    Operator,
    /// Reads.
    ReadOnly,
}

/// A colleague.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The name for people.
    pub name: Arc<str>,
    /// The e-mail address: that with which they sign in, too.
    pub email: Arc<str>,
    /// The phone number, in international form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Arc<str>>,
    /// What they may do.
    #[serde(default, skip_serializing_if = "is_first")]
    pub role: Role,
    /// The IANA zone in which they live; none is the account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Arc<str>>,
    /// When they may be told something; none is always.
    #[serde(default, rename = "quiet_hours", skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Window>,
    /// By what they want to be told; none is as the step says.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub channels: BTreeSet<Via>,
}

fn is_first(role: &Role) -> bool {
    *role == Role::default()
}

impl Role {
    /// All of them, from most to least.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Manager, Self::Operator, Self::ReadOnly];

    /// The name in files and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Operator => "operator",
            Self::ReadOnly => "read_only",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|role| role.as_str() == name).ok_or(())
    }
}

impl User {
    /// A colleague of whom no more is known than that.
    pub fn new(name: &str, email: &str) -> Self {
        Self { name: name.into(), email: email.into(), ..Self::default() }
    }

    /// Whether they want to be told by this.
    pub fn takes(&self, via: Via) -> bool {
        self.channels.is_empty() || self.channels.contains(&via)
    }

    /// Where they are reached by this; none if they can't be.
    pub fn reached_by(&self, via: Via) -> Option<Arc<str>> {
        match via {
            Via::Email => Some(self.email.clone()),
            Via::Sms => self.phone.clone(),
            Via::Whatsapp | Via::Webhook | Via::Audience => None,
        }
    }

    /// When they may be told something, on their own clock; none where they may at any time.
    pub fn hours(&self, account: &TimeZone) -> Option<Hours<'_>> {
        let window = self.quiet.as_ref()?;
        let own = self.zone.as_deref().and_then(calendar::zone).unwrap_or_else(|| account.clone());
        let zone = match &window.zone {
            ZoneChoice::Contact => own,
            ZoneChoice::Account => account.clone(),
            ZoneChoice::Named(zone) => zone.clone(),
        };
        Some(Hours::new([(window, zone)]))
    }
}

impl Definitions {
    /// The colleague who is reached at an address or a number.
    pub fn colleague_at(&self, to: &str) -> Option<&User> {
        let is_theirs = |user: &&User| &*user.email == to || user.phone.as_deref() == Some(to);
        self.users.values().find(is_theirs)
    }

    /// A member of a team: by the name of a colleague, or by an address that may be a colleague's.
    pub fn team_member(&self, member: &str) -> Option<&User> {
        let by_address = || self.users.values().find(|user| &*user.email == member);
        self.users.get(member).or_else(by_address)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn what_was_stored_before_there_were_roles_still_reads() {
        let old = r#"{"name":"Giulia","email":"giulia@shop.example"}"#;
        let user: User = serde_json::from_str(old).unwrap();
        assert_eq!(user, User::new("Giulia", "giulia@shop.example"));
        assert_eq!(user.role, Role::Operator);
        assert_eq!(serde_json::to_string(&user).unwrap(), old);
    }

    #[test]
    fn roles_have_names_and_an_order() {
        for pair in Role::ALL.windows(2) {
            assert!(pair[0] < pair[1]);
        }
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert_eq!("admin".parse::<Role>(), Err(()));
    }
}
