//! `properties:` what must hold of everybody, whatever happens to them: `always: at most 2 emails per 24 hours`,
//! `never: send after order.completed`, `ends within: 40 days`. They lie outside of the version: they do nothing, they are
//! checked.

use std::fmt;

use super::problem::Problems;
use super::reader::{MapReader, one_or_more};
use crate::calendar::Duration;
use crate::contact::consent::Channel;
use crate::event;
use crate::limits;
use crate::yaml::{Node, Place};

/// What must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// What.
    pub holds: Holds,
    /// Where it is written.
    pub place: Place,
}

/// What may be demanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// So many messages to the contact within any such time.
    AtMost {
        /// How many.
        most: usize,
        /// By which channel; none is all of them together.
        channel: Option<Channel>,
        /// Within which time.
        per: Duration,
    },
    /// After this event no message goes to the contact.
    NeverAfter {
        /// The type of the event.
        kind: String,
    },
    /// Whoever enters has left within so long.
    EndsWithin {
        /// How long.
        within: Duration,
    },
}

impl fmt::Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost { most, channel, per } => {
                let what =
                    NAMES.iter().find(|(_, known)| known == channel).map_or("messages", |(name, _)| name);
                write!(f, "always: at most {most} {what} per {per}")
            }
            Self::NeverAfter { kind } => write!(f, "never: send after {kind}"),
            Self::EndsWithin { within } => write!(f, "ends within: {within}"),
        }
    }
}

/// What is counted.
const NAMES: &[(&str, Option<Channel>)] = &[
    ("messages", None),
    ("emails", Some(Channel::Email)),
    ("sms", Some(Channel::Sms)),
    ("whatsapp", Some(Channel::Whatsapp)),
];

/// Reads what must hold.
pub(super) fn read(node: &Node, problems: &mut Problems) -> Vec<Property> {
    let items = one_or_more(node);
    if items.len() > limits::SOURCE_TRIGGERS {
        let message = format!("a workflow has at most {} properties", limits::SOURCE_TRIGGERS);
        problems.error(node.place, "properties.too_many", message);
    }
    items.iter().filter_map(|item| read_one(item, problems)).collect()
}

fn read_one(node: &Node, problems: &mut Problems) -> Option<Property> {
    let mut map = MapReader::open(node, "a property", problems)?;
    let always = map.text("always", problems);
    let never = map.text("never", problems);
    let within = map.duration("ends within", problems);
    map.finish(&["always", "never", "ends within"], problems);
    let holds = match (always, never, within) {
        (Some(text), None, None) => at_most(text),
        (None, Some(text), None) => text
            .strip_prefix("send after ")
            .map(str::trim)
            .filter(|kind| event::is_kind(kind))
            .map(|kind| Holds::NeverAfter { kind: kind.to_owned() }),
        (None, None, Some(within)) => Some(Holds::EndsWithin { within }),
        _ => None,
    };
    if holds.is_none() {
        let message = "a property is `always: at most 2 emails per 24 hours` (emails, sms, whatsapp or messages), `never: send after order.completed` or `ends within: 40 days`";
        problems.error(node.place, "property.unreadable", message);
    }
    Some(Property { holds: holds?, place: node.place })
}

/// `at most 2 emails per 24 hours`
fn at_most(text: &str) -> Option<Holds> {
    let rest = text.strip_prefix("at most ")?;
    let (counted, per) = rest.split_once(" per ")?;
    let (most, what) = counted.trim().split_once(' ')?;
    let singular = |name: &str| name.strip_suffix('s').filter(|_| name != "sms").map(str::to_owned);
    let what = what.trim();
    let (_, channel) =
        NAMES.iter().find(|(name, _)| *name == what || singular(name).as_deref() == Some(what))?;
    Some(Holds::AtMost { most: most.parse().ok()?, channel: *channel, per: per.trim().parse().ok()? })
}
