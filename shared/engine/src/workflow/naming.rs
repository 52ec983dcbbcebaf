//! The names of a workflow's steps, carried from version to version: an edit of the document, a step put in between or
//! taken out, must not turn one step into another for whoever is inside. A step keeps its `id:`; one without is known
//! again by what it says, then by its kind and its place between those that are known.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ids::{StepId, base32, digest};
use crate::steps;
use crate::yaml::{self, Node, Value};

/// The names of one version's steps, and of all before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Naming {
    /// The steps in the order of the document.
    pub steps: Vec<Named>,
    /// Every name that a step of the workflow has had, and the number of that step. Numbers are never given twice.
    pub known: BTreeMap<StepId, u32>,
    /// How many numbers were given.
    pub given: u32,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its name in this version.
    pub id: StepId,
    /// Its number in the workflow, in all versions.
    pub number: u32,
    /// Its kind.
    pub kind: String,
    /// The hash of what it says.
    pub says: String,
}

/// A step as it is written.
struct Written<'d> {
    kind: &'static str,
    id: Option<&'d str>,
    says: String,
}

impl Naming {
    /// Of the first version of a workflow: the steps' own ids, or kind and number.
    pub(super) fn first(steps: Option<&Node>) -> Self {
        Self::default().next(steps)
    }

    /// Of the next version of the workflow.
    pub(super) fn next(&self, steps: Option<&Node>) -> Self {
        let mut written = Vec::new();
        if let Some(steps) = steps {
            collect(steps, &mut written);
        }
        let own: BTreeSet<&str> = written.iter().filter_map(|step| step.id).collect();
        let mut found: Vec<Option<&Named>> = vec![None; written.len()];
        let same = self.same_words(&written, &own);
        for (at, before) in &same {
            found[*at] = Some(&self.steps[*before]);
        }
        self.same_kind(&written, &own, &same, &mut found);
        let mut next = Self { steps: Vec::new(), known: self.known.clone(), given: self.given };
        let mut taken: BTreeSet<u32> = BTreeSet::new();
        let mut of_kind: BTreeMap<&str, u32> = BTreeMap::new();
        for (step, found) in written.iter().zip(found) {
            let count = of_kind.entry(step.kind).or_default();
            *count += 1;
            let id = match (step.id, found) {
                (Some(own), _) => StepId::new(own),
                (None, Some(found)) => found.id.clone(),
                (None, None) => next.fresh(step.kind, *count, &own),
            };
            let known = next.known.get(&id).copied().or(found.map(|found| found.number));
            let number = known.filter(|number| !taken.contains(number)).unwrap_or_else(|| {
                next.given += 1;
                next.given - 1
            });
            taken.insert(number);
            next.known.insert(id.clone(), number);
            next.steps.push(Named { id, number, kind: step.kind.to_owned(), says: step.says.clone() });
        }
        next
    }

    /// A name that no step of the workflow has had: its kind, and how many of it there are in the document up to here,
    /// if that is free.
    fn fresh(&self, kind: &str, count: u32, own: &BTreeSet<&str>) -> StepId {
        let name = |number: u32| format!("{}-{number}", kind.replace(' ', "-"));
        let free = |id: &String| !self.known.contains_key(id.as_str()) && !own.contains(id.as_str());
        let id = (count..u32::MAX).map(name).find(free);
        StepId::new(id.unwrap_or_else(|| name(count)))
    }

    /// Which steps say what a step of the version before said, in the same order: the longest such series.
    fn same_words(&self, written: &[Written<'_>], own: &BTreeSet<&str>) -> Vec<(usize, usize)> {
        let fits = |at: usize, before: usize| {
            let (new, old) = (&written[at], &self.steps[before]);
            match new.id {
                Some(id) if self.known.contains_key(id) => id == old.id.as_str(),
                _ => new.says == old.says && new.kind == old.kind && !own.contains(old.id.as_str()),
            }
        };
        let (rows, columns) = (written.len(), self.steps.len());
        let mut longest = vec![vec![0_u32; columns + 1]; rows + 1];
        for at in (0..rows).rev() {
            for before in (0..columns).rev() {
                longest[at][before] = if fits(at, before) {
                    longest[at + 1][before + 1] + 1
                } else {
                    longest[at + 1][before].max(longest[at][before + 1])
                };
            }
        }
        let (mut at, mut before, mut same) = (0, 0, Vec::new());
        while at < rows && before < columns {
            if fits(at, before) {
                same.push((at, before));
                (at, before) = (at + 1, before + 1);
            } else if longest[at + 1][before] >= longest[at][before + 1] {
                at += 1;
            } else {
                before += 1;
            }
        }
        same
    }

    /// Between those, the steps without a name of their own that are of the same kind, in order: what they say changed.
    fn same_kind<'n>(
        &'n self,
        written: &[Written<'_>],
        own: &BTreeSet<&str>,
        same: &[(usize, usize)],
        found: &mut [Option<&'n Named>],
    ) {
        let ends = (written.len(), self.steps.len());
        let begins = [(0, 0)].into_iter().chain(same.iter().map(|(at, before)| (at + 1, before + 1)));
        for (begin, end) in begins.zip(same.iter().copied().chain([ends])) {
            let mut old = self.steps[begin.1..end.1].iter().filter(|old| !own.contains(old.id.as_str()));
            for at in begin.0..end.0 {
                let new = &written[at];
                if new.id.is_none() {
                    let mut rest = old.clone();
                    if let Some(like) = rest.find(|old| old.kind == new.kind) {
                        found[at] = Some(like);
                        old = rest;
                    }
                }
            }
        }
    }
}

/// The steps below a node, in the order of the document.
fn collect<'d>(node: &'d Node, into: &mut Vec<Written<'d>>) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Map(entries) => {
            if let Some(kind) = kind_of(node) {
                let id = node.get("id").and_then(Node::as_text);
                let says = base32(&digest(&["step", &yaml::canonical(&alone(node))]), 16);
                into.push(Written { kind, id, says });
            }
            entries.iter().for_each(|(_, value)| collect(value, into));
        }
        _ => {}
    }
}

/// The kind of step that a map is, if it is one.
pub(super) fn kind_of(node: &Node) -> Option<&'static str> {
    let Value::Map(entries) = &node.value else { return None };
    let mut kinds =
        entries.iter().filter_map(|(key, _)| steps::KINDS.iter().find(|kind| kind.key == key.text));
    kinds.next().map(|kind| kind.key)
}

/// A step without its name and without the steps below it.
fn alone(step: &Node) -> Node {
    fn prune(node: &mut Node) {
        match &mut node.value {
            Value::List(items) => {
                items.retain(|item| kind_of(item).is_none());
                items.iter_mut().for_each(prune);
            }
            Value::Map(entries) => entries.iter_mut().for_each(|(_, value)| prune(value)),
            _ => {}
        }
    }
    let mut step = step.clone();
    if let Value::Map(entries) = &mut step.value {
        entries.retain(|(key, _)| key.text != "id");
    }
    prune(&mut step);
    step
}

#[cfg(test)]
mod tests {
    use super::Naming;
    use crate::yaml;

    fn name(before: Option<&Naming>, steps: &str) -> Naming {
        let documents = yaml::parse(steps, &yaml::Limits::default()).unwrap();
        let steps = documents.first();
        before.map_or_else(|| Naming::first(steps), |before| before.next(steps))
    }

    fn ids(naming: &Naming) -> Vec<&str> {
        naming.steps.iter().map(|step| step.id.as_str()).collect()
    }

    #[test]
    fn a_step_put_in_front_leaves_the_others_their_names() {
        let first = name(None, "- send email: { template: a }\n- wait: 1 day\n- send email: { template: b }");
        assert_eq!(ids(&first), ["send-email-1", "wait-1", "send-email-2"]);
        let next = name(
            Some(&first),
            "- send email: { template: c }\n- wait: 2 days\n- send email: { template: a }\n- wait: 1 day\n- send email: { template: b }",
        );
        assert_eq!(ids(&next), ["send-email-3", "wait-2", "send-email-1", "wait-1", "send-email-2"]);
        assert_eq!(next.steps[2].number, first.steps[0].number);
    }

    #[test]
    fn what_a_step_says_may_change() {
        let first = name(None, "- send email: { template: a }\n- wait: 1 day\n- send email: { template: b }");
        let next = name(
            Some(&first),
            "- send email: { template: a }\n- wait: 3 days\n- send email: { template: b }",
        );
        assert_eq!(ids(&next), ids(&first));
        assert_eq!(next.given, first.given);
    }

    #[test]
    fn a_name_is_never_given_to_another_step() {
        let first = name(None, "- add tag: a\n- add tag: b");
        let second = name(Some(&first), "- add tag: b");
        assert_eq!(ids(&second), ["add-tag-2"]);
        let third = name(Some(&second), "- add tag: c\n- add tag: b");
        assert_eq!(ids(&third), ["add-tag-3", "add-tag-2"]);
        assert_eq!(third.steps[0].number, 2);
    }

    #[test]
    fn who_writes_an_id_renames_a_step_and_finds_it_again() {
        let first = name(None, "- add tag: a\n- wait: 1 day");
        let named = name(Some(&first), "- { add tag: a, id: hello }\n- wait: 1 day");
        assert_eq!(named.steps[0].number, first.steps[0].number);
        let gone = name(Some(&named), "- wait: 1 day");
        let again = name(Some(&gone), "- wait: 1 day\n- { add tag: other, id: hello }");
        assert_eq!(again.steps[1].number, first.steps[0].number);
    }

    #[test]
    fn steps_in_branches_are_known_by_themselves() {
        let first = name(
            None,
            "- decide:\n    - when: { has tag: x }\n      then: [{ add tag: a }]\n    - else: [{ add tag: b }]\n- add tag: c",
        );
        let next = name(
            Some(&first),
            "- decide:\n    - when: { has tag: y }\n      then: [{ add tag: z }, { add tag: a }]\n    - else: [{ add tag: b }]\n- add tag: c",
        );
        assert_eq!(ids(&first), ["decide-1", "add-tag-1", "add-tag-2", "add-tag-3"]);
        assert_eq!(ids(&next), ["decide-1", "add-tag-4", "add-tag-1", "add-tag-2", "add-tag-3"]);
    }
}
