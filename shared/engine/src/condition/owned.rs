//! Questions about records that belong to the contact: one of them must pass all tests. `any` asks whether there is one,
//! a word or a list of words is compared with the value that matters most, a map compares several.

use super::{Condition, Facets, Scope, Test, Truth, Verdict};
use crate::contact::record::{Is, Sort};
use crate::pipeline::Named;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, closest};
use crate::yaml::{self, Node};

/// Reads the tests of a sort of record; `main` is the value that a word alone is compared with.
pub(super) fn read(
    sort: Sort,
    main: &'static str,
    node: &Node,
    problems: &mut Problems,
) -> Option<Box<dyn Condition>> {
    let spec = sort.spec();
    if node.as_text() == Some("any") {
        return Some(Box::new(Owned { sort, tests: Vec::new() }));
    }
    let keys: Vec<&'static str> = spec.attributes.iter().map(|(name, _)| *name).chain([spec.word]).collect();
    let mut tests = Vec::new();
    if let yaml::Value::Map(_) = node.value {
        let mut map = MapReader::open(node, "a condition's value", problems)?;
        for key in &keys {
            if let Some(value) = map.get(key) {
                tests.push((*key, read_tests(sort, key, value, problems)?));
            }
        }
        map.finish(&keys, problems);
        if tests.is_empty() {
            let message =
                format!("`{}:` compares one of {}; `any` compares nothing", spec.word, keys.join(", "));
            problems.error(node.place, "condition.empty", message);
            return None;
        }
    } else {
        tests.push((main, read_tests(sort, main, node, problems)?));
    }
    Some(Box::new(Owned { sort, tests }))
}

/// Reads what is asked of an attribute; a word that it never has is a mistake.
fn read_tests(sort: Sort, name: &str, node: &Node, problems: &mut Problems) -> Option<Vec<Test>> {
    let tests = Test::read(node, problems)?;
    if let Some((_, Is::OneOf(words))) = sort.attribute(name) {
        let named = tests.iter().flat_map(Test::named).filter_map(|value| value.as_str());
        if let Some(word) = named.into_iter().find(|word| !words.contains(word)) {
            let hint = closest(word, words).map_or_else(
                || format!("there are {}", words.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            problems.error(node.place, "value.unknown", format!("`{name}` is never `{word}`; {hint}"));
            return None;
        }
    }
    Some(tests)
}

#[derive(Debug)]
struct Owned {
    sort: Sort,
    tests: Vec<(&'static str, Vec<Test>)>,
}

impl Condition for Owned {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let mut truth = Truth::No;
        for (id, record) in scope.contact.profile.objects.records.of(self.sort) {
            let view = record.view(self.sort, id);
            let answers: Vec<Truth> =
                self.tests.iter().map(|(name, tests)| Test::ask_all(tests, view.get(*name))).collect();
            if answers.contains(&Truth::No) {
                continue;
            }
            if !answers.contains(&Truth::Unknown) {
                return Verdict::steady(Truth::Yes);
            }
            truth = Truth::Unknown;
        }
        Verdict::steady(truth)
    }

    fn deals(&self) -> Option<Named> {
        let mut named = Named::default();
        for (name, tests) in self.tests.iter().filter(|_| self.sort == Sort::Deal) {
            named.note_tests(name, tests);
        }
        Some(named)
    }

    fn facets(&self) -> Facets {
        Facets::PROFILE
    }
}
