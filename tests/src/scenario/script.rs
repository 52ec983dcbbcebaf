//! Reading a scenario: definitions first, then lines `when what`.

use std::collections::BTreeMap;
use std::path::Path;

use flusso_engine::calendar;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::yaml::{self, Limits};
use serde_json::Value;

use super::account::Account;
use super::world::World;

/// A line of the script.
#[derive(Debug)]
pub struct Line {
    /// Where it stands in the file, from 1.
    pub number: usize,
    text: String,
}

/// The words of a line: those without `=`, and the values by name.
#[derive(Debug, Default)]
pub struct Words {
    /// In order.
    pub plain: Vec<String>,
    /// `name=value`, as it is written.
    pub named: BTreeMap<String, String>,
}

/// Reads the definitions and the lines that follow them.
pub fn read(script: &str, catalog: &Path) -> Result<(Account, Vec<Line>), String> {
    let mut account = Account::new();
    let mut lines = Vec::new();
    let mut rest = script.lines().enumerate().peekable();
    while let Some((number, line)) = rest.next() {
        let number = number + 1;
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let word = line.split_whitespace().next().unwrap_or_default();
        if !["use", "zone", "workflow", "form", "template", "team", "segment", "user", "coupons", "account"]
            .contains(&word)
            || !lines.is_empty()
        {
            lines.push(Line { number, text: line.to_owned() });
            continue;
        }
        let mut block = String::new();
        while let Some((_, below)) = rest.next_if(|(_, line)| line.starts_with("  ") || line.is_empty()) {
            block.push_str(below.strip_prefix("  ").unwrap_or_default());
            block.push('\n');
        }
        define(&mut account, line, &block, catalog).map_err(|why| format!("line {number}: {why}"))?;
    }
    for line in &lines {
        if let Some((_, workflow)) = line.text.split_once(" activate ") {
            account.keep_for_later(workflow.trim());
        }
    }
    account.open()?;
    Ok((account, lines))
}

fn define(account: &mut Account, line: &str, block: &str, catalog: &Path) -> Result<(), String> {
    let mut words = line.split_whitespace();
    let (word, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    match word {
        "use" if name == "demo" => account.add_demo(&catalog.join("demo")),
        "use" => {
            let path = catalog.join("workflows").join(format!("{name}.yaml"));
            let source = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
            account.add_workflows(&source)
        }
        "zone" => {
            account.set_zone(name);
            Ok(())
        }
        "workflow" => account.add_workflows(&if name.is_empty() {
            block.to_owned()
        } else {
            format!("workflow: {name}\n{block}")
        }),
        _ => {
            let nodes = yaml::parse(block, &Limits::default()).map_err(|error| error.to_string())?;
            let value = nodes.first().map_or(Value::Null, yaml::to_json);
            account.add(word, name, value)
        }
    }
}

impl Line {
    /// Moves the clock, then does what the line says.
    pub fn play(&self, world: &mut World) -> Result<(), String> {
        let (when, what) = match self.text.split_once(' ') {
            Some((first, rest)) if is_instant(first) => (Some(first), rest.trim()),
            None if is_instant(&self.text) => (Some(self.text.as_str()), ""),
            _ => (None, self.text.as_str()),
        };
        if let Some(when) = when {
            let zone = &world.account.definitions.zone;
            let at = match when.strip_prefix('+') {
                Some(length) => calendar::add(world.clock, length_of(length)?, zone),
                None => Instant::parse(when).ok_or_else(|| format!("`{when}` is no instant"))?,
            };
            world.pass_until(at)?;
        }
        if what.is_empty() { Ok(()) } else { world.act(&words(what)?) }
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
