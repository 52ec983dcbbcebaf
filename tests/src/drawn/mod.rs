//! Random workflows out of every construct of the language, and random things that happen to people. Every choice comes
//! from one source: a seed in the simulation, a written tape in the properties of the engine, where a shorter tape with
//! smaller numbers is a simpler case. Knows the engine alone, so that its tests can share this.

mod conditions;
mod happenings;
mod settings;
mod steps;
mod triggers;

pub use happenings::happening;
use serde_json::{Value, json};

/// Where choices come from.
pub trait Chance {
    /// A number below `n`, which is not 0. The lower, the simpler what comes of it.
    fn below(&mut self, n: usize) -> usize;
}

/// Choices that are written down; where they end, the simplest.
#[derive(Debug)]
pub struct Tape<'t>(std::slice::Iter<'t, u16>);

impl<'t> Tape<'t> {
    /// Reads them in order.
    pub fn new(choices: &'t [u16]) -> Self {
        Self(choices.iter())
    }
}

impl Chance for Tape<'_> {
    fn below(&mut self, n: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % n
    }
}

/// Names of tags, lists, groups, titles and whatever else has one: few, so that they meet.
pub const NAMES: &[&str] = &["uno", "due", "tre"];
/// Cities.
pub const CITIES: &[&str] = &["Roma", "Milano", "Torino"];
/// Segments, in the order in which they may name each other.
pub const SEGMENTS: &[&str] = &["primo", "secondo", "terzo"];
/// Colleagues.
pub const USERS: &[&str] = &["giulia", "marco"];
/// Pools of coupons.
pub const POOLS: &[&str] = &["compleanno", "fedeli"];
/// Lengths of time.
pub const LENGTHS: &[&str] =
    &["1 minute", "0 minutes", "90 minutes", "13 hours", "1 day", "3 days", "1 week", "1 month"];
/// Types of events that people's own sites send.
pub const EVENTS: &[&str] = &["order.completed", "page.visited", "quiz.completed", "cart.updated"];
/// The team of notifications.
pub const TEAM: &str = "vendite";
/// The mail template.
pub const TEMPLATE: &str = "saluto";

/// One of several.
fn pick<'t, T: ?Sized>(chance: &mut dyn Chance, of: &[&'t T]) -> &'t T {
    of[chance.below(of.len())]
}

/// True once in `n`.
fn once_in(chance: &mut dyn Chance, n: usize) -> bool {
    chance.below(n) == n - 1
}

/// A whole number, both ends included.
fn number(chance: &mut dyn Chance, low: i64, high: i64) -> i64 {
    low + i64::try_from(chance.below(usize::try_from(high - low + 1).unwrap_or(1))).unwrap_or(0)
}

/// A length of time that is not nothing.
fn length(chance: &mut dyn Chance) -> &'static str {
    match pick(chance, LENGTHS) {
        "0 minutes" => "26 hours",
        length => length,
    }
}

/// The smart lists of an account: name and document.
pub fn segments(chance: &mut dyn Chance) -> Vec<(&'static str, Value)> {
    let drawn = chance.below(SEGMENTS.len() + 1);
    let make = |at: usize| {
        let may = conditions::May { segments: &SEGMENTS[..at], ..conditions::May::default() };
        (SEGMENTS[at], json!({ "who": conditions::condition(chance, &may) }))
    };
    (0..drawn).map(make).collect()
}

/// A condition that may stand anywhere.
pub fn asked(chance: &mut dyn Chance) -> Value {
    conditions::condition(chance, &conditions::May { data: true, ..conditions::May::default() })
}

/// A few workflows that may name those `segments`: `w0`, `w1`, ….
pub fn workflows(chance: &mut dyn Chance, segments: &[&str]) -> Vec<Value> {
    let ids: Vec<String> = (0..=chance.below(4)).map(|number| format!("w{number}")).collect();
    let mut documents: Vec<Value> = ids.iter().map(|id| workflow(chance, id, &ids, segments)).collect();
    documents.extend(rare(chance));
    documents
}

fn workflow(chance: &mut dyn Chance, id: &str, ids: &[String], segments: &[&str]) -> Value {
    let (triggers, about) = triggers::triggers(chance, segments);
    let mut document = settings::settings(chance, segments, about);
    document["workflow"] = id.into();
    document["triggers"] = triggers.into();
    let (steps, first) = steps::steps(chance, ids, segments, about);
    if once_in(chance, 8)
        && let Some(exits) = document["exit"].as_array_mut()
    {
        let mut exit = match chance.below(2) {
            0 => json!({ "on": pick(chance, EVENTS) }),
            _ => json!({ "when": { "tag": pick(chance, NAMES) } }),
        };
        exit["then"] = json!({ "go to": first });
        exits.insert(0, exit);
    }
    document["steps"] = steps.into();
    shows_codes(document)
}

/// Where a code is reserved, every other message shows it.
fn shows_codes(document: Value) -> Value {
    let text = document.to_string();
    if !text.contains("reserve coupon") {
        return document;
    }
    let name = "{{ contact.first_name }}";
    let shown = text.replace(name, &format!("{name} {{{{ vars.code | default('-') }}}}"));
    shown.parse().unwrap_or(document)
}

/// What chance alone makes too seldom: workflows that start each other, one that is longer than a reaction, points for
/// opened messages, a way back with nothing to wait for.
fn rare(chance: &mut dyn Chance) -> Vec<Value> {
    let starts = |id: &str, tag: &str, other: &str, step: Value| {
        json!({
            "workflow": id, "reentry": "always",
            "triggers": [{ "tag added": tag }, { "event": EVENTS[0] }],
            "steps": [step, { "remove tag": tag }, { "add tag": other }],
        })
    };
    match chance.below(12) {
        8 => {
            let wait = json!({ "wait": pick(chance, LENGTHS) });
            vec![starts("r1", "uno", "due", wait), starts("r2", "due", "uno", json!({ "add score": 1 }))]
        }
        9 => {
            let step = |n: usize| if n.is_multiple_of(3) { "remove tag" } else { "add tag" };
            let steps: Vec<Value> = (0..120).map(|n| json!({ step(n): "lungo" })).collect();
            vec![json!({
                "workflow": "r1", "reentry": "always", "triggers": [{ "event": EVENTS[1] }], "steps": steps,
            })]
        }
        10 => vec![
            json!({
                "workflow": "r1", "reentry": "always", "triggers": [{ "event": EVENTS[2] }],
                "steps": [{ "send email": { "subject": "x", "body": "y", "kind": "service" } }],
            }),
            json!({
                "workflow": "r2", "reentry": "always", "triggers": [{ "email opened": "any" }],
                "steps": [{ "add score": { "points": 10, "once per": "message" } }],
            }),
        ],
        11 => vec![json!({
            "workflow": "r1", "triggers": [{ "event": EVENTS[3] }],
            "steps": [{ "id": "again", "add score": 1 }, { "go to": "again" }],
        })],
        _ => Vec::new(),
    }
}
