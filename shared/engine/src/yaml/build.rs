//! From the parser's events to the tree. Holds its own stack, so that no depth of nesting reaches ours.

use std::collections::BTreeSet;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

use super::{Key, Limits, Node, Place, SyntaxError, Value, scalar};

enum Frame {
    List { place: Place, items: Vec<Node> },
    Map { place: Place, entries: Vec<(Key, Node)>, seen: BTreeSet<String>, key: Option<Key> },
}

struct Builder<'l> {
    limits: &'l Limits,
    nodes: usize,
    frames: Vec<Frame>,
    documents: Vec<Node>,
}

pub(super) fn parse(text: &str, limits: &Limits) -> Result<Vec<Node>, SyntaxError> {
    let mut builder = Builder { limits, nodes: 0, frames: Vec::new(), documents: Vec::new() };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let place = within(text, place(error.marker()));
            SyntaxError::new(place, "syntax", explain(error.info()))
        })?;
        if matches!(event, Event::StreamEnd) {
            break;
        }
        builder.take(event, span)?;
    }
    Ok(builder.documents)
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        let place = place(&span.start);
        match event {
            Event::Alias(_) => Err(refuse_anchor(place)),
            Event::Scalar(text, style, anchor, tag) => {
                refuse(place, anchor, tag.is_some())?;
                self.count(place)?;
                self.scalar(place, &text, style)
            }
            Event::SequenceStart(anchor, tag) => {
                refuse(place, anchor, tag.is_some())?;
                self.open(place, Frame::List { place, items: Vec::new() })
            }
            Event::MappingStart(anchor, tag) => {
                refuse(place, anchor, tag.is_some())?;
                let (entries, seen) = (Vec::new(), BTreeSet::new());
                self.open(place, Frame::Map { place, entries, seen, key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let node = match self.frames.pop() {
                    Some(Frame::List { place, items }) => Node { place, value: Value::List(items) },
                    Some(Frame::Map { place, entries, .. }) => Node { place, value: Value::Map(entries) },
                    None => return Ok(()),
                };
                self.put(node);
                Ok(())
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn count(&mut self, place: Place) -> Result<(), SyntaxError> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            let message = format!("more than {} values", self.limits.nodes);
            return Err(SyntaxError::new(place, "too_many_values", message));
        }
        Ok(())
    }

    fn open(&mut self, place: Place, frame: Frame) -> Result<(), SyntaxError> {
        self.count(place)?;
        if matches!(self.frames.last(), Some(Frame::Map { key: None, .. })) {
            let message = "a key must be a text; {{ … }} must stand in quotes";
            return Err(SyntaxError::new(place, "key_not_text", message));
        }
        if self.frames.len() >= self.limits.depth {
            let message = format!("more than {} levels inside each other", self.limits.depth);
            return Err(SyntaxError::new(place, "too_deep", message));
        }
        self.frames.push(frame);
        Ok(())
    }

    fn scalar(&mut self, place: Place, text: &str, style: ScalarStyle) -> Result<(), SyntaxError> {
        if let Some(Frame::Map { seen, key: key @ None, .. }) = self.frames.last_mut() {
            if text.is_empty() && style == ScalarStyle::Plain {
                return Err(SyntaxError::new(place, "key_not_text", "a key is missing before the colon"));
            }
            if !seen.insert(text.to_owned()) {
                return Err(duplicate(place, text));
            }
            *key = Some(Key { text: text.to_owned(), place });
            return Ok(());
        }
        let value = if style == ScalarStyle::Plain {
            scalar::resolve(text).map_err(|_| number_range(place, text))?
        } else {
            Value::Text(text.to_owned())
        };
        self.put(Node { place, value });
        Ok(())
    }

    fn put(&mut self, node: Node) {
        match self.frames.last_mut() {
            None => self.documents.push(node),
            Some(Frame::List { items, .. }) => items.push(node),
            Some(Frame::Map { entries, key, .. }) => entries.extend(key.take().map(|key| (key, node))),
        }
    }
}

pub(super) fn duplicate(place: Place, text: &str) -> SyntaxError {
    SyntaxError::new(
        place,
        "duplicate_key",
        format!("\"{text}\" is already a key of this map; keep one of the two"),
    )
}

pub(super) fn number_range(place: Place, text: &str) -> SyntaxError {
    SyntaxError::new(
        place,
        "number_range",
        format!("{text} is no number that can be kept; quote it if it is a text"),
    )
}

fn refuse(place: Place, anchor: usize, tagged: bool) -> Result<(), SyntaxError> {
    if anchor != 0 {
        return Err(refuse_anchor(place));
    }
    if tagged {
        let message = "tags (!) are not read; put a text that begins with ! in quotes";
        return Err(SyntaxError::new(place, "tag", message));
    }
    Ok(())
}

fn refuse_anchor(place: Place) -> SyntaxError {
    let message = "anchors and aliases (& and *) are not read; write the value out, or put a text that begins with & or * in quotes";
    SyntaxError::new(place, "anchor", message)
}

/// The parser's own words, with a hint where authors stumble most.
fn explain(info: &str) -> String {
    if info.contains("mapping values are not allowed") {
        return format!("{info}; a text with a colon and a blank needs quotes");
    }
    if info.contains("cannot start any token") {
        return format!("{info}; a text that begins with a special character needs quotes");
    }
    if info.contains("unknown anchor") {
        return "anchors and aliases (& and *) are not read; put a text that begins with * in quotes"
            .to_owned();
    }
    if info.contains("quoted scalar") {
        return format!("{info}; a quote that is opened must be closed, on the same line or further in");
    }
    if info.contains("tabs") {
        return format!("{info}; indent with blanks");
    }
    info.to_owned()
}

/// The place, or the end of the text: an end that comes too early is noticed behind it.
fn within(text: &str, place: Place) -> Place {
    let lines = text.lines().count().max(1);
    match usize::try_from(place.line) {
        Ok(line) if line > lines => {
            let column = text.lines().next_back().map_or(0, |last| last.chars().count());
            let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            Place { line: number(lines), column: number(column + 1) }
        }
        _ => place,
    }
}

fn place(marker: &Marker) -> Place {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Place { line: number(marker.line().max(1)), column: number(marker.col().saturating_add(1)) }
}
