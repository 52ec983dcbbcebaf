//! Reading a scenario, wherever it is played: definitions first, then lines `when what`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use flusso_engine::calendar;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::yaml::{self, Limits};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::documents;

/// What a scenario says: what the account has defined, and what happens then.
#[derive(Debug)]
pub struct Script {
    /// In order.
    pub definitions: Vec<Definition>,
    /// In order.
    pub lines: Vec<Line>,
}

/// Something that the account has.
#[derive(Clone, Debug)]
pub enum Definition {
    /// The account's zone.
    Zone(String),
    /// Documents of workflows.
    Workflows(String),
    /// A form, a template, a team, a colleague, …, as the catalog writes it.
    Named {
        /// `form`, …
        kind: String,
        /// Its name in documents.
        name: String,
        /// What it is.
        value: Value,
    },
}

/// A line of the script.
#[derive(Debug)]
pub struct Line {
    /// Where it stands in the file, from 1.
    pub number: usize,
    /// An instant, or a length since the line above.
    when: Option<String>,
    /// None if only time passes.
    words: Option<Words>,
}

/// The words of a line: those without `=`, and the values by name.
#[derive(Debug, Default)]
pub struct Words {
    /// In order.
    pub plain: Vec<String>,
    /// `name=value`, as it is written.
    pub named: BTreeMap<String, String>,
    /// Which of the lines that tell an event this is, from 1: the event's id, if it names none.
    pub event: u32,
}

/// An event as its line tells it.
#[derive(Debug)]
pub struct Happening {
    /// Its id.
    pub id: String,
    /// When it happened, if that is not now.
    pub occurred: Option<Instant>,
    /// Whether nobody enters a workflow by it.
    pub quiet: bool,
    /// What it says of the person.
    pub fields: Map<String, Value>,
    /// What it carries.
    pub data: Map<String, Value>,
}

/// Where a script is played.
pub trait Stage {
    /// The present instant.
    fn clock(&self) -> Instant;
    /// The account's zone.
    fn zone(&self) -> TimeZone;
    /// Lets time pass.
    fn pass_until(&mut self, at: Instant) -> Result<(), String>;
    /// Does what a line says.
    fn act(&mut self, words: &Words) -> Result<(), String>;
}

/// What a message may become, or its recipient do with it: the word, and the event after its channel.
pub const FEEDBACK: &[(&str, &str)] = &[
    ("open", "opened"),
    ("click", "clicked"),
    ("reply", "replied"),
    ("unsubscribe", "unsubscribed"),
    ("bounce", "bounced"),
    ("complain", "complained"),
    ("deliver", "delivered"),
    ("fail", "not_delivered"),
    ("stop", "stopped"),
];
const DEFINITIONS: &[&str] = &[
    "use", "zone", "workflow", "form", "template", "team", "segment", "user", "coupons", "account", "field",
    "pipeline",
];
/// What of the demo's folder is defined.
const DEMO: &[(&str, &str)] = &[("form", "forms"), ("template", "templates"), ("team", "teams")];

impl Script {
    /// Reads the definitions and the lines that follow them; `catalog` is the folder that `use` reads from.
    pub fn read(script: &str, catalog: &Path) -> Result<Self, String> {
        let mut read = Self { definitions: Vec::new(), lines: Vec::new() };
        let mut events = 0;
        let mut rest = script.lines().enumerate().peekable();
        while let Some((number, line)) = rest.next() {
            let number = number + 1;
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let of_line = |why| format!("line {number}: {why}");
            let word = line.split_whitespace().next().unwrap_or_default();
            if !DEFINITIONS.contains(&word) || !read.lines.is_empty() {
                read.lines.push(Line::read(number, line, &mut events).map_err(of_line)?);
                continue;
            }
            let mut block = String::new();
            while let Some((_, below)) = rest.next_if(|(_, line)| line.starts_with("  ") || line.is_empty()) {
                block.push_str(below.strip_prefix("  ").unwrap_or_default());
                block.push('\n');
            }
            read.definitions.extend(definitions(line, &block, catalog).map_err(of_line)?);
        }
        Ok(read)
    }

    /// The workflows that are not active from the beginning.
    pub fn activated_later(&self) -> impl Iterator<Item = &str> {
        let words = self.lines.iter().filter_map(|line| line.words.as_ref());
        words.filter(|words| words.word(0) == Some("activate")).filter_map(|words| words.word(1))
    }

    /// The instant of the first line.
    pub fn begins(&self) -> Option<Instant> {
        self.lines.first().and_then(|line| Instant::parse(line.when.as_deref()?))
    }
}

fn definitions(line: &str, block: &str, catalog: &Path) -> Result<Vec<Definition>, String> {
    let mut words = line.split_whitespace();
    let (word, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let one = match word {
        "use" if name == "demo" => return demo(&catalog.join("demo")),
        "use" => Definition::Workflows(documents::filled(name)),
        "zone" => Definition::Zone(name.to_owned()),
        "workflow" if name.is_empty() => Definition::Workflows(block.to_owned()),
        "workflow" => Definition::Workflows(format!("workflow: {name}\n{block}")),
        _ => {
            let nodes = yaml::parse(block, &Limits::default()).map_err(|error| error.to_string())?;
            let value = nodes.first().map_or(Value::Null, yaml::to_json);
            Definition::Named { kind: word.to_owned(), name: name.to_owned(), value }
        }
    };
    Ok(vec![one])
}

/// All that lies in a folder of forms, templates and teams.
pub fn demo(folder: &Path) -> Result<Vec<Definition>, String> {
    let mut found = Vec::new();
    for (kind, within) in DEMO {
        for file in fs::read_dir(folder.join(within)).map_err(|error| error.to_string())? {
            let path = file.map_err(|error| error.to_string())?.path();
            let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
            let value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            found.push(Definition::Named { kind: (*kind).to_owned(), name, value });
        }
    }
    Ok(found)
}

impl Line {
    fn read(number: usize, text: &str, events: &mut u32) -> Result<Self, String> {
        let (when, what) = match text.split_once(' ') {
            Some((first, rest)) if is_instant(first) => (Some(first), rest.trim()),
            None if is_instant(text) => (Some(text), ""),
            _ => (None, text),
        };
        let mut words = if what.is_empty() { None } else { Some(words(what)?) };
        if let Some(words) = &mut words {
            let word = words.plain.first().map_or("", String::as_str);
            if ["form", "event", "answers"].contains(&word)
                || FEEDBACK.iter().any(|(known, _)| *known == word)
            {
                *events += 1;
                words.event = *events;
            }
        }
        Ok(Self { number, when: when.map(str::to_owned), words })
    }

    /// Moves the clock, then does what the line says.
    pub fn play(&self, stage: &mut impl Stage) -> Result<(), String> {
        if let Some(when) = &self.when {
            let at = match when.strip_prefix('+') {
                Some(length) => calendar::add(stage.clock(), length_of(length)?, &stage.zone()),
                None => Instant::parse(when).ok_or_else(|| format!("`{when}` is no instant"))?,
            };
            if at < stage.clock() {
                return Err(format!("{at} has passed already"));
            }
            stage.pass_until(at)?;
        }
        self.words.as_ref().map_or(Ok(()), |words| stage.act(words))
    }
}

impl Words {
    /// One without `=`.
    pub fn word(&self, at: usize) -> Option<&str> {
        self.plain.get(at).map(String::as_str)
    }

    /// One that has to be there.
    pub fn must(&self, at: usize, what: &str) -> Result<&str, String> {
        self.word(at).ok_or_else(|| format!("{what} is missing"))
    }

    /// Reads the event that the line tells.
    pub fn happening(&self) -> Result<Happening, String> {
        let mut read = Happening {
            id: self.event.to_string(),
            occurred: None,
            quiet: false,
            fields: Map::new(),
            data: Map::new(),
        };
        for (name, text) in &self.named {
            let value = if text.starts_with(['[', '{']) {
                let nodes = yaml::parse(text, &Limits::default()).map_err(|error| error.to_string())?;
                nodes.first().map_or(Value::Null, yaml::to_json)
            } else {
                text.parse::<i64>().map_or_else(|_| Value::from(text.as_str()), Value::from)
            };
            match (name.as_str(), name.strip_prefix("field.")) {
                ("id", _) => read.id.clone_from(text),
                ("quiet", _) => read.quiet = text == "yes",
                ("occurred", _) => {
                    read.occurred = Some(Instant::parse(text).ok_or("`occurred` is no instant")?);
                }
                (_, Some(field)) => drop(read.fields.insert(field.to_owned(), value)),
                _ => drop(read.data.insert(name.clone(), value)),
            }
        }
        Ok(read)
    }
}

fn is_instant(word: &str) -> bool {
    word.starts_with('+') || word.starts_with("20") && word.contains('T')
}

/// `3d`, `2h`, `15m`, `30s`, `2w`; `d` and `w` keep the hour.
pub fn length_of(text: &str) -> Result<calendar::Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(|| format!("`{text}` has no unit"))?;
    let unit = match &text[split..] {
        "s" => "seconds",
        "m" => "minutes",
        "h" => "hours",
        "d" => "days",
        "w" => "weeks",
        other => return Err(format!("`{other}` is no unit; there are s, m, h, d and w")),
    };
    format!("{} {unit}", &text[..split]).parse().map_err(|error: calendar::Unreadable| error.to_string())
}

/// As [`length_of`], for lengths that elapse.
pub fn elapsed(text: &str) -> Result<Millis, String> {
    length_of(text)?.elapsed().ok_or_else(|| format!("`{text}` does not elapse; say hours"))
}

/// Splits at blanks outside double quotes.
fn words(text: &str) -> Result<Words, String> {
    let mut all = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => all.push(String::new()),
            _ => all.last_mut().ok_or("no word")?.push(c),
        }
    }
    if quoted {
        return Err("a quote is not closed".to_owned());
    }
    let mut words = Words::default();
    for word in all.into_iter().filter(|word| !word.is_empty()) {
        match word.split_once('=') {
            Some((name, value)) => {
                words.named.insert(name.to_owned(), value.to_owned());
            }
            None => words.plain.push(word),
        }
    }
    Ok(words)
}
