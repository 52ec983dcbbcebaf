//! How a workflow behaves: when its messages may go and to whom, how many, how late; what a missing value does.

use serde::{Deserialize, Serialize};

use super::problem::{Problem, Problems};
use super::reader::{MapReader, one_or_more};
use crate::calendar::{Duration, Window};
use crate::condition::Predicate;
use crate::contact::consent::Channel;
use crate::template::Missing;
use crate::time::Instant;
use crate::yaml::{self, Node, Place};

/// The settings of a version.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What a merge field without a value does to a message.
    pub missing: Missing,
    /// When messages may go.
    pub window: Option<Window>,
    /// Who gets messages: asked anew at every send.
    pub recipients: Option<Predicate>,
    /// How many messages a person gets of this workflow.
    pub caps: Vec<Cap>,
    /// What is done with a message for which there is no room.
    pub over: Over,
    /// How late a message may be; none is the default.
    pub lateness: Option<Duration>,
    /// From when on people enter.
    pub entries_from: Option<Instant>,
    /// From when on nobody enters any more.
    pub entries_until: Option<Instant>,
    /// From when on messages go.
    pub messages_from: Option<Instant>,
    /// From when on none goes any more.
    pub messages_until: Option<Instant>,
    /// How many messages go to all people together, in which time.
    pub pacing: Option<(u32, Duration)>,
    /// When whoever is inside leaves.
    pub ends_at: Option<Instant>,
}

impl Settings {
    /// From when on nobody enters any more.
    pub fn closes_at(&self) -> Option<Instant> {
        self.entries_until.into_iter().chain(self.ends_at).min()
    }
}

/// At most so many messages within a time, of a channel or of all together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    /// The channel; none is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// How many.
    pub most: usize,
    /// Within what.
    pub per: Duration,
}

impl Cap {
    /// As it is written in a document.
    pub fn written(&self) -> serde_json::Value {
        let what = self.channel.map_or("messages", Channel::as_str);
        serde_json::json!({ what: self.most, "per": self.per.to_string() })
    }
}

/// What is done with a message for which there is no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Over {
    /// It is skipped.
    #[default]
    Skip,
    /// It waits until there is.
    Hold,
}

pub(super) const KEYS: &[&str] = &[
    "missing value",
    "at most",
    "over",
    "lateness",
    "entries from",
    "entries until",
    "messages from",
    "messages until",
    "ends at",
    "pace",
];

/// Reads `settings:` and what stands beside it.
pub(super) fn read(map: &mut MapReader<'_>, problems: &mut Problems) -> Settings {
    let recipients = map.get("recipients").and_then(|node| Predicate::read(node, problems));
    let window = map.get("send window").and_then(|node| Window::read(node, problems));
    let mut settings = Settings { window, recipients, ..Settings::default() };
    let Some(mut map) = map.get("settings").and_then(|node| MapReader::open(node, "`settings:`", problems))
    else {
        return settings;
    };
    settings.missing = match map.get("missing value").map(|node| (node, node.as_text())) {
        None | Some((_, Some("skip"))) => Missing::Fail,
        Some((_, Some("empty"))) => Missing::Empty,
        Some((node, _)) => {
            let message = "`missing value:` is `skip` (skip the message) or `empty`";
            problems.error(node.place, "settings.missing_value", message);
            Missing::Fail
        }
    };
    settings.caps = map.get("at most").map_or_else(Vec::new, |node| {
        one_or_more(node).iter().filter_map(|item| read_cap(item, problems)).collect()
    });
    settings.over = match map.get("over").map(|node| (node, node.as_text())) {
        None | Some((_, Some("skip"))) => Over::Skip,
        Some((_, Some("hold"))) => Over::Hold,
        Some((node, _)) => {
            problems.error(node.place, "settings.over", "`over:` is `skip` or `hold`");
            Over::Skip
        }
    };
    settings.pacing = map.get("pace").and_then(|node| read_pace(node, problems));
    settings.lateness = map.duration("lateness", problems);
    settings.entries_from = read_instant(&mut map, "entries from", problems);
    settings.entries_until = read_instant(&mut map, "entries until", problems);
    settings.messages_from = read_instant(&mut map, "messages from", problems);
    settings.messages_until = read_instant(&mut map, "messages until", problems);
    settings.ends_at = read_instant(&mut map, "ends at", problems);
    map.finish(KEYS, problems);
    settings
}

/// Reads a window that does not stand in a document, such as an account's quiet hours.
///
/// # Errors
/// What is wrong with it.
pub fn parse_window(source: &str) -> Result<Window, Vec<Problem>> {
    parse(source, Window::read)
}

/// Reads caps that do not stand in a document, such as an account's: one, or a list of them.
///
/// # Errors
/// What is wrong with them.
pub fn parse_caps(source: &str) -> Result<Vec<Cap>, Vec<Problem>> {
    parse(source, |node, problems| {
        Some(one_or_more(node).iter().filter_map(|item| read_cap(item, problems)).collect())
    })
}

pub(crate) fn parse<T>(source: &str, read: fn(&Node, &mut Problems) -> Option<T>) -> Result<T, Vec<Problem>> {
    let mut problems = Problems::default();
    let top = Place { line: 1, column: 1 };
    let nodes = match yaml::parse(source, &yaml::Limits::default()) {
        Ok(nodes) => nodes,
        Err(error) => {
            problems.error(error.place, error.code, error.message);
            Vec::new()
        }
    };
    let found = nodes.first().and_then(|node| read(node, &mut problems));
    if found.is_none() && !problems.has_errors() {
        problems.error(top, "document.empty", "there is nothing in it");
    }
    found.filter(|_| !problems.has_errors()).ok_or_else(|| problems.into_sorted())
}

/// `{ email: 2, per: 7 days }`, or `{ messages: 3, per: 1 day }` for all channels together.
pub fn read_cap(node: &Node, problems: &mut Problems) -> Option<Cap> {
    let mut map = MapReader::open(node, "`at most:`", problems)?;
    map.need("per", problems);
    let per = map.duration("per", problems);
    let mut caps = Vec::new();
    for (name, place, value) in map.take_rest() {
        let channel = match (name, Channel::parse(name)) {
            ("messages", _) => None,
            (_, Some(channel)) => Some(channel),
            (_, None) => {
                let known = Channel::ALL.map(Channel::as_str).join(", ");
                let message =
                    format!("`{name}` is no channel; there are {known}, and `messages` for all of them");
                problems.error(place, "channel.unknown", message);
                continue;
            }
        };
        match value.value {
            yaml::Value::Int(most) if (0..=crate::limits::CAP).contains(&most) => {
                caps.extend(usize::try_from(most).map(|most| (channel, most)));
            }
            _ => {
                let message = format!("how many is a whole number from 0 to {}", crate::limits::CAP);
                problems.error(value.place, "cap.count", message);
            }
        }
    }
    if caps.len() != 1 {
        let message = "`at most:` is one number and a time, such as `{ email: 2, per: 7 days }`; several stand in a list";
        problems.error(node.place, "cap.one", message);
        return None;
    }
    let (channel, most) = caps.remove(0);
    Some(Cap { channel, most, per: per? })
}

/// `{ messages: 100, per: 1 hour }`.
fn read_pace(node: &Node, problems: &mut Problems) -> Option<(u32, Duration)> {
    let mut map = MapReader::open(node, "`pace:`", problems)?;
    let most = map.need("messages", problems);
    map.need("per", problems);
    let per = map.duration("per", problems);
    map.finish(&["messages", "per"], problems);
    let per = per?;
    let most = match most?.value {
        yaml::Value::Int(most @ 1..=1_000_000) => u32::try_from(most).ok(),
        _ => None,
    };
    if most.is_none() || per.elapsed().is_none_or(|per| per.0 == 0) {
        let message = "`pace:` is a number of messages and a time in seconds, minutes or hours, such as `{ messages: 100, per: 1 hour }`";
        problems.error(node.place, "pace.unreadable", message);
        return None;
    }
    most.map(|most| (most, per))
}

fn read_instant(map: &mut MapReader<'_>, key: &str, problems: &mut Problems) -> Option<Instant> {
    let node = map.get(key)?;
    let at = node.as_text().and_then(Instant::parse);
    if at.is_none() {
        let message = format!("`{key}:` is an instant, such as 2026-12-24T09:00:00+01:00");
        problems.error(node.place, "instant.unreadable", message);
    }
    at
}
