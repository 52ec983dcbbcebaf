//! A document as its author wrote it: a tree in which every value and key knows its line and column, so
//! that whatever is wrong can be shown where it is. Reads YAML 1.2 and JSON. Knows no workflow words.
//!
//! Stricter than YAML where YAML surprises: no anchors, aliases or tags (so a document is as large as it
//! looks), no key twice, only text as a key, and numbers that fit.

mod build;
mod json;
mod scalar;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;

/// Where something stands in the text. Both count from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A value and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The first character of the value; of an absent value (`key:`), a place near its key.
    pub place: Place,
    /// What stands there.
    pub value: Value,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`; `yes`, `no`, `on` and `off` are text.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A finite number with a fraction or an exponent.
    Float(f64),
    /// Anything quoted, any block, and any plain scalar that is nothing else: `09:00`, `45%`, `1 day`.
    Text(String),
    /// Items in order.
    List(Vec<Node>),
    /// Entries in the order of the text; no key twice.
    Map(Vec<(Key, Node)>),
}

/// The key of an entry, as it is written and without its quotes: `45%`, `1` and `no` are all text here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key itself.
    pub text: String,
    /// Its first character.
    pub place: Place,
}

/// How large a text may be. Checked while reading, before memory is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// Lists and maps inside each other.
    pub depth: usize,
    /// Values and keys of all documents together.
    pub nodes: usize,
}

impl Default for Limits {
    /// 1 MB, 64 levels, 100,000 values.
    fn default() -> Self {
        Self { bytes: 1024 * 1024, depth: 64, nodes: 100_000 }
    }
}

/// Why a text could not be read, for its author.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct SyntaxError {
    /// Where.
    pub place: Place,
    /// One of `too_large`, `too_deep`, `too_many_values`, `duplicate_key`, `key_not_text`, `anchor`, `tag`,
    /// `number_range`, `syntax`.
    pub code: &'static str,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl SyntaxError {
    fn new(place: Place, code: &'static str, message: impl Into<String>) -> Self {
        Self { place, code, message: message.into() }
    }
}

/// Reads every document of a text. An empty text has none.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn parse(text: &str, limits: &Limits) -> Result<Vec<Node>, SyntaxError> {
    if text.len() > limits.bytes {
        let message = format!("the text has {} bytes, at most {} are read", text.len(), limits.bytes);
        return Err(SyntaxError::new(Place { line: 1, column: 1 }, "too_large", message));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // JSON is almost YAML: escaped surrogate pairs and tabs are not, and an exact reader is short.
    if json::is_json(text) {
        return json::parse(text, limits).map(|node| vec![node]);
    }
    build::parse(text, limits)
}

impl Node {
    /// The text, if this is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
    /// The whole number, if this is one.
    pub fn as_int(&self) -> Option<i64> {
        match self.value {
            Value::Int(number) => Some(number),
            _ => None,
        }
    }
    /// The number, whole or not, if this is one.
    #[expect(clippy::cast_precision_loss, reason = "the caller asked for a fraction")]
    pub fn as_float(&self) -> Option<f64> {
        match self.value {
            Value::Int(number) => Some(number as f64),
            Value::Float(number) => Some(number),
            _ => None,
        }
    }
    /// True or false, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(flag) => Some(flag),
            _ => None,
        }
    }
    /// The items, if this is a list.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }
    /// The entries, if this is a map.
    pub fn as_map(&self) -> Option<&[(Key, Node)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }
    /// Whether nothing stands here.
    pub fn is_null(&self) -> bool {
        self.value == Value::Null
    }
    /// The value of an entry, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, node)| node)
    }
    /// An entry with its key, if this is a map that has it.
    pub fn entry(&self, key: &str) -> Option<(&Key, &Node)> {
        self.as_map()?.iter().find(|(own, _)| own.text == key).map(|(own, node)| (own, node))
    }
    /// What this is, for a message such as "a text belongs here, not a list".
    pub const fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Int(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

/// The same tree without places.
pub fn to_json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Int(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(entries) => entries.iter().map(|(key, node)| (key.text.clone(), to_json(node))).collect(),
    }
}

/// The one spelling of a tree: JSON without blanks, keys in byte order. Two documents that say the same,
/// in YAML or in JSON, with their keys in any order, have the same; it is what a content hash is taken of.
pub fn canonical(node: &Node) -> String {
    let mut out = String::new();
    write_canonical(node, &mut out);
    out
}

fn write_canonical(node: &Node, out: &mut String) {
    match &node.value {
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        Value::Map(entries) => {
            let sorted: BTreeMap<&str, &Node> =
                entries.iter().map(|(key, node)| (key.text.as_str(), node)).collect();
            out.push('{');
            for (index, (key, node)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                let _ = write!(out, "{}:", serde_json::Value::from(key));
                write_canonical(node, out);
            }
            out.push('}');
        }
        _ => {
            let _ = write!(out, "{}", to_json(node));
        }
    }
}
