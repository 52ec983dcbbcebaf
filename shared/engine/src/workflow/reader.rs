//! Reads maps of a document key by key, so that whatever nobody asked for is reported and not ignored.

use super::problem::Problems;
use crate::calendar::Duration;
use crate::limits;
use crate::yaml::{Node, Place, Value};

/// A map being read.
#[derive(Debug)]
pub struct MapReader<'d> {
    what: &'static str,
    place: Place,
    entries: Vec<(&'d str, Place, &'d Node, bool)>,
}

impl<'d> MapReader<'d> {
    /// Opens a node that must be a map; `what` names it in messages.
    pub fn open(node: &'d Node, what: &'static str, problems: &mut Problems) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            problems.error(
                node.place,
                "map.expected",
                format!("{what} must be a map of `key: value`, not {}", node.kind()),
            );
            return None;
        };
        if entries.len() > limits::SOURCE_KEYS {
            let message =
                format!("{what} has {} keys; at most {} are read", entries.len(), limits::SOURCE_KEYS);
            problems.error(node.place, "map.too_large", message);
            return None;
        }
        let entries =
            entries.iter().map(|(key, value)| (key.text.as_str(), key.place, value, false)).collect();
        Some(Self { what, place: node.place, entries })
    }

    /// Where the map begins.
    pub fn place(&self) -> Place {
        self.place
    }

    /// The value of a key, if it is there.
    pub fn get(&mut self, key: &str) -> Option<&'d Node> {
        let entry = self.entries.iter_mut().find(|entry| entry.0 == key)?;
        entry.3 = true;
        Some(entry.2)
    }

    /// The value of a key that must be there.
    pub fn need(&mut self, key: &str, problems: &mut Problems) -> Option<&'d Node> {
        let found = self.get(key);
        if found.is_none() {
            problems.error(self.place, "key.missing", format!("{} needs `{key}:`", self.what));
        }
        found
    }

    /// A text, if the key is there.
    pub fn text(&mut self, key: &str, problems: &mut Problems) -> Option<&'d str> {
        text(self.get(key)?, key, problems)
    }

    /// A text that must be there.
    pub fn need_text(&mut self, key: &str, problems: &mut Problems) -> Option<&'d str> {
        text(self.need(key, problems)?, key, problems)
    }

    /// A length of time, if the key is there.
    pub fn duration(&mut self, key: &str, problems: &mut Problems) -> Option<Duration> {
        duration(self.get(key)?, problems)
    }

    /// The keys that were not asked for yet.
    pub fn rest(&self) -> Vec<(&'d str, Place, &'d Node)> {
        self.entries.iter().filter(|entry| !entry.3).map(|entry| (entry.0, entry.1, entry.2)).collect()
    }

    /// Takes all keys that were not asked for yet.
    pub fn take_rest(&mut self) -> Vec<(&'d str, Place, &'d Node)> {
        let rest = self.rest();
        self.entries.iter_mut().for_each(|entry| entry.3 = true);
        rest
    }

    /// Reports every key that nobody asked for; `known` are the keys to suggest.
    pub fn finish(self, known: &[&str], problems: &mut Problems) {
        for (key, place, _) in self.rest() {
            let hint = closest(key, known).map_or_else(
                || {
                    if known.is_empty() {
                        String::new()
                    } else {
                        format!("; known here: {}", known.join(", "))
                    }
                },
                |near| format!("; did you mean `{near}`?"),
            );
            problems.error(place, "key.unknown", format!("{} has no `{key}:`{hint}", self.what));
        }
    }
}

/// A node that must be a text.
pub fn text<'d>(node: &'d Node, what: &str, problems: &mut Problems) -> Option<&'d str> {
    let text = node.as_text();
    if text.is_none() {
        let quotes = if matches!(node.value, Value::Bool(_) | Value::Int(_) | Value::Float(_)) {
            " (put it in quotes)"
        } else {
            ""
        };
        let message = format!("`{what}` must be a text, not {}{quotes}", node.kind());
        problems.error(node.place, "text.expected", message);
    }
    text
}

/// A node as one text or several; none at all is an error, or an empty matcher would match by accident.
pub fn texts(node: &Node, what: &str, problems: &mut Problems) -> Option<Vec<String>> {
    let items = one_or_more(node);
    if items.is_empty() {
        problems.error(node.place, "list.empty", format!("`{what}:` needs a name, or several in a list"));
        return None;
    }
    items.iter().map(|item| text(item, what, problems).map(str::to_owned)).collect()
}

/// A node as a length of time.
pub fn duration(node: &Node, problems: &mut Problems) -> Option<Duration> {
    let read = match node.as_text() {
        Some(text) => text.parse::<Duration>().map_err(|why| why.to_string()),
        None => Err(format!("a length of time is expected, such as \"3 days\", not {}", node.kind())),
    };
    read.map_err(|why| problems.error(node.place, "duration.unreadable", why)).ok()
}

/// A node that must be yes or no.
pub fn yes_or_no(node: &Node, problems: &mut Problems) -> Option<bool> {
    let answer = match &node.value {
        Value::Bool(answer) => Some(*answer),
        Value::Text(text) if text == "yes" => Some(true),
        Value::Text(text) if text == "no" => Some(false),
        _ => None,
    };
    if answer.is_none() {
        problems.error(
            node.place,
            "yes_or_no.expected",
            format!("`yes` or `no` is expected, not {}", node.kind()),
        );
    }
    answer
}

/// A node as a list; a single value counts as a list of one.
pub fn one_or_more(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => std::slice::from_ref(node),
    }
}

/// A node as a list of at most so many; those beyond are a problem, and left out.
pub fn at_most<'d>(node: &'d Node, most: usize, what: &str, problems: &mut Problems) -> &'d [Node] {
    let items = one_or_more(node);
    if items.len() > most {
        let message = format!("{} {what}; there are at most {most}", items.len());
        problems.error(node.place, "list.too_long", message);
    }
    &items[..items.len().min(most)]
}

/// The known word that is nearest to a misspelt one, if it is near at all.
pub fn closest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let scored = known.iter().map(|candidate| (strsim::damerau_levenshtein(word, candidate), *candidate));
    scored
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}
