//! Whatever is defined and whatever happens: no panic, the same again, and every invariant after every reaction.

use std::collections::{BTreeMap, BTreeSet};

use flusso_engine::{condition, steps, triggers};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::generate::{documents, life};
use super::person::{Person, definitions};

proptest! {
    #[test]
    fn every_life_keeps_the_invariants(documents in documents(), acts in life(25)) {
        let mut person = Person::new(definitions(&documents));
        person.live(&acts);
    }
}

/// Everything that a timeline can say of a life that nobody set up.
const SEEN: &[&str] = &[
    "consent_given",
    "consent_withdrawn",
    "address_suppressed",
    "contact_created",
    "field_set",
    "field_kept",
    "tag_added",
    "tag_removed",
    "list_joined",
    "list_left",
    "score_added",
    "score_expired",
    "message_unknown",
    "enrolled",
    "ignored",
    "halted",
    "decided",
    "waiting",
    "waiting_for",
    "heard",
    "step_skipped",
    "send_planned",
    "send_claimed",
    "sent",
    "send_skipped",
    "send_refused",
    "send_given_back",
    "send_failed",
    "send_unknown",
    "send_unresolved",
    "opened",
    "replied",
    "exited",
    "completed",
    "left_for_later",
    "answered",
    "arm_drawn",
    "arm_judged",
    "asked",
    "card_created",
    "converted",
    "disturb_off",
    "disturb_on",
    "failed",
    "goal_reached",
    "group_joined",
    "loyalty_changed",
    "next_skipped",
    "note_added",
    "object_changed",
    "object_made",
    "paid",
    "segment_entered",
    "segment_left",
    "send_held",
    "sent_on",
];

#[test]
fn random_lives_reach_everything() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeMap::new();
    for _ in 0..4_000 {
        let (documents, acts) = (documents(), life(25)).new_tree(&mut runner).unwrap().current();
        let mut person = Person::new(definitions(&documents));
        person.live(&acts);
        for line in &person.lines {
            let line = serde_json::to_value(line).unwrap();
            *seen.entry(line["what"].as_str().unwrap().to_owned()).or_insert(0) += 1;
        }
    }
    let never: Vec<&&str> = SEEN.iter().filter(|what| !seen.contains_key(**what)).collect();
    assert!(never.is_empty(), "never reached: {never:?}; reached: {seen:?}");
}

/// Every kind of trigger, step and condition that there is, is drawn: one that is new has to be drawn too.
#[test]
fn everything_is_drawn() {
    fn keys(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
            Value::Object(map) => map.iter().for_each(|(key, value)| {
                found.insert(key.clone());
                keys(value, found);
            }),
            _ => {}
        }
    }
    let mut runner = TestRunner::deterministic();
    let mut found = BTreeSet::new();
    for _ in 0..4_000 {
        keys(&Value::Array(documents().new_tree(&mut runner).unwrap().current()), &mut found);
    }
    let known = triggers::KINDS.iter().map(|kind| kind.key).chain(steps::KINDS.iter().map(|kind| kind.key));
    let known = known.chain(condition::KINDS.iter().map(|kind| kind.key));
    let never: Vec<&str> = known.filter(|key| !found.contains(*key)).collect();
    assert!(never.is_empty(), "tests/src/drawn never draws {never:?}");
}
