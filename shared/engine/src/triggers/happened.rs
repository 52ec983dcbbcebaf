//! What most triggers are: an event of one kind whose data pass some tests. `any` asks nothing, a name or a list of names
//! is compared with the value that matters most, a map compares several:
//!
//! ```yaml
//! - deal created: any
//! - deal created: Vendite
//! - deal created: { pipeline: Vendite, value: { at least: 100000 } }
//! ```

use serde_json::{Map, Value};

use super::Trigger;
use crate::condition::{Test, Truth, value_at};
use crate::definitions::Definitions;
use crate::pipeline::Named;
use crate::react::Label;
use crate::workflow::problem::Problems;
use crate::workflow::reader::MapReader;
use crate::yaml::{self, Node};

/// What can be asked of one kind of event.
#[derive(Debug)]
pub struct Spec {
    /// The key in the document.
    pub key: &'static str,
    /// The type of the events.
    pub kind: &'static str,
    /// The value that a name alone is compared with; empty where there is none.
    pub main: &'static str,
    /// The keys of the map, which are paths into the data too.
    pub keys: &'static [&'static str],
    /// What every such event carries.
    pub carries: &'static [&'static str],
    /// Whether it carries nothing else: events made by this program.
    pub nothing_else: bool,
    /// What must hold in any case.
    pub always: &'static [(&'static str, &'static str)],
}

impl Spec {
    /// A kind of event of which nothing is asked yet.
    pub const fn new(key: &'static str, kind: &'static str) -> Self {
        Self { key, kind, main: "", keys: &[], carries: &[], nothing_else: false, always: &[] }
    }

    /// What a name alone is compared with, and what a map may compare.
    #[must_use]
    pub const fn asks(mut self, main: &'static str, keys: &'static [&'static str]) -> Self {
        self.main = main;
        self.keys = keys;
        self
    }

    /// What every such event carries; more of it can't be told.
    #[must_use]
    pub const fn carries(mut self, carries: &'static [&'static str]) -> Self {
        self.carries = carries;
        self
    }

    /// What every such event carries, and nothing else.
    #[must_use]
    pub const fn carries_only(mut self, carries: &'static [&'static str]) -> Self {
        self.carries = carries;
        self.nothing_else = true;
        self
    }

    /// What must hold in any case.
    #[must_use]
    pub const fn always(mut self, always: &'static [(&'static str, &'static str)]) -> Self {
        self.always = always;
        self
    }

    /// Reads the value of the key.
    pub fn read(&'static self, node: &Node, problems: &mut Problems) -> Option<Box<dyn Trigger>> {
        if node.as_text() == Some("any") {
            return Some(Box::new(Happened { spec: self, tests: Vec::new() }));
        }
        if !matches!(node.value, yaml::Value::Map(_)) {
            if self.main.is_empty() {
                let message = format!("`{}:` is `any`, or a map of {}", self.key, self.keys.join(", "));
                problems.error(node.place, "trigger.value", message);
                return None;
            }
            let tests = vec![(self.main, Test::read(node, problems)?)];
            return Some(Box::new(Happened { spec: self, tests }));
        }
        let mut map = MapReader::open(node, "a trigger's value", problems)?;
        let mut tests = Vec::new();
        for key in self.keys {
            if let Some(value) = map.get(key) {
                tests.push((*key, Test::read(value, problems)?));
            }
        }
        map.finish(self.keys, problems);
        if tests.is_empty() {
            let message =
                format!("`{}:` compares one of {}; `any` compares nothing", self.key, self.keys.join(", "));
            problems.error(node.place, "trigger.value", message);
            return None;
        }
        Some(Box::new(Happened { spec: self, tests }))
    }
}

#[derive(Debug)]
struct Happened {
    spec: &'static Spec,
    tests: Vec<(&'static str, Vec<Test>)>,
}

impl Trigger for Happened {
    fn listens(&self) -> &str {
        self.spec.kind
    }

    fn fires(&self, data: &Map<String, Value>) -> Truth {
        let always = self
            .spec
            .always
            .iter()
            .all(|(path, value)| data.get(*path).and_then(Value::as_str) == Some(value));
        if !always {
            return Truth::No;
        }
        self.tests
            .iter()
            .map(|(path, tests)| Test::ask_all(tests, value_at(data, path)))
            .find(|truth| *truth != Truth::Yes)
            .unwrap_or(Truth::Yes)
    }

    fn provides(&self, path: &str, _: &Definitions) -> Option<bool> {
        let name = path.split('.').next().unwrap_or(path);
        let tested = self.tests.iter().any(|(tested, _)| *tested == path);
        if tested || path == "at" || self.spec.carries.contains(&name) {
            return Some(true);
        }
        self.spec.nothing_else.then_some(false)
    }

    fn deals(&self) -> Option<Named> {
        let stage_of =
            |name: &&str| self.spec.kind != "deal.status_changed" || !["from", "to"].contains(name);
        let mut named = Named::default();
        for (name, tests) in self.tests.iter().filter(|(name, _)| stage_of(name)) {
            named.note_tests(name, tests);
        }
        self.spec.kind.starts_with("deal.").then_some(named)
    }

    fn labels(&self) -> Vec<(Label, &str)> {
        let Some(label) = Label::of_kind(self.spec.kind) else { return Vec::new() };
        let named = self.tests.iter().flat_map(|(_, tests)| tests).flat_map(Test::named);
        named.filter_map(|name| Some((label, name.as_str()?))).collect()
    }

    fn sample(&self) -> Map<String, Value> {
        let always = self.spec.always.iter().map(|(path, value)| ((*path).to_owned(), Value::from(*value)));
        let tested = self
            .tests
            .iter()
            .filter_map(|(path, tests)| Some(((*path).to_owned(), tests.iter().find_map(Test::sample)?)));
        always.chain(tested).collect()
    }
}
