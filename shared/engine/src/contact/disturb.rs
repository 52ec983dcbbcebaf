//! Do not disturb: each channel is allowed, blocked by the contact, or blocked by the system, each with its source and
//! time. "All" is a block of its own: lifting it leaves the channels as they were.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::consent::Channel;
use super::send::Class;
use crate::time::Instant;

/// What is blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Every channel.
    All,
    /// One channel.
    One(Channel),
}

impl Reach {
    /// By its name.
    pub fn parse(name: &str) -> Option<Self> {
        if name == "all" { Some(Self::All) } else { Channel::parse(name).map(Self::One) }
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::One(channel) => channel.fmt(f),
        }
    }
}

impl Serialize for Reach {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reach {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| serde::de::Error::custom(format!("no channel `{name}`")))
    }
}

/// Who blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The contact asked for it; a STOP counts as that.
    Contact,
    /// The address does not work, or its owner complained.
    System,
}

impl By {
    /// The name in events and timelines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::System => "system",
        }
    }

    /// By its name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Contact, Self::System].into_iter().find(|by| by.as_str() == name)
    }
}

/// A block as it stands, or as it was lifted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Whether it blocks.
    pub on: bool,
    /// Since when.
    pub at: Instant,
    /// The source of the event or the step; where it was lifted, the proof of the consent.
    pub source: Arc<str>,
}

/// Everything that is blocked, or was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Disturb(BTreeMap<Reach, BTreeMap<By, Mark>>);

impl Disturb {
    /// Whether nothing was ever blocked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a mark, unless a newer one is known; at the same instant the stricter one stays. True if it blocks now
    /// and did not, or the other way round.
    pub fn take(&mut self, reach: Reach, by: By, mark: Mark) -> bool {
        let marks = self.0.entry(reach).or_default();
        let known = marks.get(&by);
        if known.is_some_and(|known| known.at > mark.at || known.at == mark.at && known.on && !mark.on) {
            return false;
        }
        let was = known.is_some_and(|known| known.on);
        let changed = was != mark.on;
        marks.insert(by, mark);
        changed
    }

    /// Takes the marks of another contact: of two, the one that blocks, else the newer one.
    pub(crate) fn harden(&mut self, other: &Self) {
        for (reach, marks) in &other.0 {
            for (by, mark) in marks {
                let known = self.0.entry(*reach).or_default().entry(*by).or_insert_with(|| mark.clone());
                if (mark.on, mark.at) > (known.on, known.at) {
                    known.clone_from(mark);
                }
            }
        }
    }

    /// Who blocks this very reach; the system before the contact.
    pub fn block(&self, reach: Reach) -> Option<By> {
        let marks = self.0.get(&reach)?;
        [By::System, By::Contact].into_iter().find(|by| marks.get(by).is_some_and(|mark| mark.on))
    }

    /// The mark of a reach.
    pub fn mark(&self, reach: Reach, by: By) -> Option<&Mark> {
        self.0.get(&reach)?.get(&by)
    }

    /// Whether a channel is blocked, by itself or with all others.
    pub fn blocks(&self, channel: Channel) -> Option<By> {
        self.block(Reach::One(channel)).or_else(|| self.block(Reach::All))
    }

    /// Whether a message of a class must not go out by a channel: a transactional one only minds "all", one to
    /// colleagues minds nothing.
    pub fn refuses(&self, channel: Channel, class: Class) -> bool {
        match class {
            Class::Marketing | Class::Service => self.blocks(channel).is_some(),
            Class::Transactional => self.block(Reach::All).is_some(),
            Class::Internal => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifting_all_leaves_each_channel_as_it_was() {
        let mark = |on, millis| Mark { on, at: Instant::from_millis(millis), source: "x".into() };
        let mut disturb = Disturb::default();
        assert!(disturb.take(Reach::One(Channel::Sms), By::Contact, mark(true, 1)));
        assert!(disturb.take(Reach::All, By::Contact, mark(true, 2)));
        assert!(disturb.refuses(Channel::Email, Class::Transactional));
        assert!(!disturb.refuses(Channel::Email, Class::Internal));
        assert!(!disturb.take(Reach::All, By::Contact, mark(false, 1)), "what is newer stays");
        assert!(!disturb.take(Reach::All, By::Contact, mark(false, 2)), "at one instant the stricter stays");
        assert!(disturb.take(Reach::All, By::Contact, mark(false, 3)));
        assert!(!disturb.refuses(Channel::Email, Class::Marketing));
        assert!(disturb.refuses(Channel::Sms, Class::Service));
        assert!(!disturb.refuses(Channel::Sms, Class::Transactional));
    }

    #[test]
    fn what_the_system_blocks_is_not_lifted_by_the_contact() {
        let mark = |on, millis| Mark { on, at: Instant::from_millis(millis), source: "x".into() };
        let mut disturb = Disturb::default();
        disturb.take(Reach::One(Channel::Email), By::System, mark(true, 1));
        disturb.take(Reach::One(Channel::Email), By::Contact, mark(false, 2));
        assert_eq!(disturb.blocks(Channel::Email), Some(By::System));
    }
}
