//! Merge fields while a mail is made: they stand there as words that no format means anything by, and come back at the end.

use std::borrow::Cow;

/// Merge fields that were taken out of a text.
#[derive(Debug)]
pub(crate) struct Tags {
    /// What all the words begin with: stands nowhere else in the text.
    key: String,
    taken: Vec<String>,
}

impl Tags {
    /// For a mail that is made of these texts; its words begin with this letter.
    pub(crate) fn new(letter: char, texts: &[&str]) -> Self {
        let mut key = format!("{letter}q");
        while texts.iter().any(|text| text.contains(&key)) {
            key.push('q');
        }
        Self { key, taken: Vec::new() }
    }

    /// The word for something that comes into the text at the end.
    pub(crate) fn keep(&mut self, what: impl Into<String>) -> String {
        self.taken.push(what.into());
        format!("{}{}z", self.key, self.taken.len() - 1)
    }

    /// A text without its merge fields. What decides something (`{% if … %}`) stands there as a comment of HTML where it
    /// can, so that it may stand between any two elements.
    pub(crate) fn take(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, tag, after)) = next(rest) {
            out.push_str(before);
            let within = out.rfind('<').is_some_and(|open| !out[open..].contains('>'));
            let word = self.keep(tag);
            let stands_alone = tag.starts_with("{%") && !within;
            let (opens, closes) = if stands_alone { ("<!--", "-->") } else { ("", "") };
            out.extend([opens, &word, closes]);
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// A text with everything in it again, however deep: what was taken may itself hold words.
    pub(crate) fn put_back(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        while let Some(more) = self.once(&text) {
            text = Cow::Owned(more);
        }
        text.into_owned()
    }

    fn once(&self, text: &str) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let mut found = false;
        while let Some(at) = rest.find(&self.key) {
            let word = &rest[at + self.key.len()..];
            let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let number = word[..digits].parse::<usize>().ok().filter(|_| word[digits..].starts_with('z'));
            let Some(taken) = number.and_then(|number| self.taken.get(number)) else {
                out.push_str(&rest[..at + self.key.len()]);
                rest = word;
                continue;
            };
            found = true;
            let (mut before, mut after) = (&rest[..at], &word[digits + 1..]);
            if let (Some(open), Some(close)) = (before.strip_suffix("<!--"), after.strip_prefix("-->")) {
                (before, after) = (open, close);
            }
            out.push_str(before);
            out.push_str(taken);
            rest = after;
        }
        out.push_str(rest);
        found.then_some(out)
    }

    /// The word in a comment that stands for what decides something.
    pub(crate) fn is_word(&self, comment: &str) -> bool {
        comment.starts_with(&self.key) && !comment.contains(char::is_whitespace)
    }
}

/// The next merge field of a text, with what stands before it and after it.
pub(crate) fn next(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let open = from + text[from..].find('{')?;
        let close = match text.as_bytes().get(open + 1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(b'#') => "#}",
            _ => {
                from = open + 1;
                continue;
            }
        };
        let end = open + 2 + end_of(&text[open + 2..], close)?;
        return Some((&text[..open], &text[open..end], &text[end..]));
    }
}

/// Where a merge field ends, behind its closing braces; braces in quotes are none.
fn end_of(text: &str, close: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), letter) if open == letter => quote = None,
            (None, '"' | '\'') if close != "#}" => quote = Some(letter),
            (None, _) if text[at..].starts_with(close) => return Some(at + close.len()),
            _ => {}
        }
    }
    None
}

/// The names in `{% include "name" %}`, in their order.
pub(crate) fn includes(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let (_, tag, after) = next(rest)?;
            rest = after;
            if let Some(name) = included(tag) {
                return Some(name);
            }
        }
    })
}

/// The name in a merge field that includes another template.
pub(crate) fn included(tag: &str) -> Option<&str> {
    let name = tag.strip_prefix("{%")?.strip_suffix("%}")?.trim().strip_prefix("include")?.trim();
    let quote = name.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    name.strip_prefix(quote)?.strip_suffix(quote)
}

/// Whether a merge field is the place of a layout's content.
pub(crate) fn is_content(tag: &str) -> bool {
    tag.strip_prefix("{{").and_then(|tag| tag.strip_suffix("}}")).is_some_and(|name| name.trim() == "content")
}
