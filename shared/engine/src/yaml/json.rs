//! JSON read exactly, with places. `serde_json` says whether a text is JSON at all and decodes its texts
//! and numbers; what is left to do is to know where everything stands.

use std::collections::BTreeSet;

use serde::de::IgnoredAny;

use super::build::{duplicate, number_range};
use super::{Key, Limits, Node, Place, SyntaxError, Value};

/// Whether the text is one JSON object or array. Other JSON values are plain YAML.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Reads a text for which [`is_json`] holds. The depth is limited before the stack is.
pub(super) fn parse(text: &str, limits: &Limits) -> Result<Node, SyntaxError> {
    Reader { rest: text, place: Place { line: 1, column: 1 }, limits, nodes: 0 }.value(0)
}

struct Reader<'t> {
    rest: &'t str,
    place: Place,
    limits: &'t Limits,
    nodes: usize,
}

impl<'t> Reader<'t> {
    fn value(&mut self, depth: usize) -> Result<Node, SyntaxError> {
        self.blanks();
        let place = self.place;
        self.count()?;
        let value = match self.rest.as_bytes().first() {
            Some(b'{' | b'[') if depth >= self.limits.depth => {
                let message = format!("more than {} levels inside each other", self.limits.depth);
                return Err(SyntaxError::new(place, "too_deep", message));
            }
            Some(b'{') => Value::Map(self.map(depth)?),
            Some(b'[') => Value::List(self.list(depth)?),
            Some(b'"') => Value::Text(self.text()?),
            _ => self.word()?,
        };
        Ok(Node { place, value })
    }

    fn map(&mut self, depth: usize) -> Result<Vec<(Key, Node)>, SyntaxError> {
        let (mut entries, mut seen) = (Vec::new(), BTreeSet::new());
        self.advance(1);
        while !self.closes('}') {
            self.count()?;
            let place = self.place;
            let text = self.text()?;
            if !seen.insert(text.clone()) {
                return Err(duplicate(place, &text));
            }
            self.blanks();
            self.advance(1); // the colon
            entries.push((Key { text, place }, self.value(depth + 1)?));
        }
        Ok(entries)
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, SyntaxError> {
        let mut items = Vec::new();
        self.advance(1);
        while !self.closes(']') {
            items.push(self.value(depth + 1)?);
        }
        Ok(items)
    }

    /// Steps over blanks, a comma and the closing bracket; true behind the bracket, or at the end.
    fn closes(&mut self, bracket: char) -> bool {
        self.blanks();
        if self.rest.starts_with(',') {
            self.advance(1);
            self.blanks();
        }
        if self.rest.is_empty() {
            return true;
        }
        let closed = self.rest.starts_with(bracket);
        if closed {
            self.advance(1);
        }
        closed
    }

    fn text(&mut self) -> Result<String, SyntaxError> {
        let mut escaped = false;
        let end = self.rest.bytes().skip(1).position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let place = self.place;
        let quoted = self.advance(end.map_or(self.rest.len(), |end| end + 2));
        serde_json::from_str(quoted).map_err(|error| SyntaxError::new(place, "syntax", error.to_string()))
    }

    fn word(&mut self) -> Result<Value, SyntaxError> {
        let end = self.rest.find([',', ']', '}', ' ', '\t', '\r', '\n']).unwrap_or(self.rest.len());
        let place = self.place;
        let word = self.advance(end);
        match word {
            "null" => Ok(Value::Null),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ if word.contains(['.', 'e', 'E']) => {
                let number = word.parse().ok().filter(|number: &f64| number.is_finite());
                number.map(Value::Float).ok_or_else(|| number_range(place, word))
            }
            _ => word.parse().map(Value::Int).map_err(|_| number_range(place, word)),
        }
    }

    fn count(&mut self) -> Result<(), SyntaxError> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            let message = format!("more than {} values", self.limits.nodes);
            return Err(SyntaxError::new(self.place, "too_many_values", message));
        }
        Ok(())
    }

    fn blanks(&mut self) {
        let blank = self.rest.len() - self.rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.advance(blank);
    }

    /// Steps over `bytes`, which end at a character, and returns them. Never beyond the end.
    fn advance(&mut self, bytes: usize) -> &'t str {
        let (passed, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        for character in passed.chars() {
            if character == '\n' {
                self.place = Place { line: self.place.line + 1, column: 1 };
            } else {
                self.place.column += 1;
            }
        }
        self.rest = rest;
        passed
    }
}
