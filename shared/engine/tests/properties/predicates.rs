//! Conditions against brute force: everything that happened, counted again at any instant.

use flusso_engine::calendar::{self, Duration};
use flusso_engine::condition::{Predicate, Scope, Truth};
use flusso_engine::react::Input;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::workflow::problem::Problems;
use flusso_engine::yaml::{self, Limits};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::person::{Person, beginning, definitions, event};

const LENGTHS: [&str; 5] = ["90 minutes", "26 hours", "1 day", "1 week", "1 month"];

fn read(condition: &Value) -> Predicate {
    let nodes = yaml::parse(&condition.to_string(), &Limits::default()).unwrap();
    Predicate::read(&nodes[0], &mut Problems::default()).unwrap()
}

fn ask(person: &Person, predicate: &Predicate, now: Instant) -> flusso_engine::condition::Verdict {
    let definitions = &person.definitions;
    predicate.eval(&Scope {
        contact: &person.contact,
        now,
        zone: &definitions.zone,
        event: None,
        rings: &definitions.rings,
        segments: &definitions.segments,
        enrollment: None,
    })
}

fn minutes() -> impl Strategy<Value = i64> {
    prop_oneof![0..2_000_i64, 0..60_000_i64]
}

proptest! {
    #[test]
    fn counting_is_counting(
        mut instants in prop::collection::vec((minutes(), 0..4_i64), 1..12),
        least in 1..5_usize,
        length in prop::option::of(prop::sample::select(LENGTHS.as_slice())),
        filtered in any::<bool>(),
        ask_at in minutes(),
        until in minutes(),
    ) {
        let mut condition = json!({ "event": "a.b", "at least": least });
        if let Some(length) = length {
            condition["within"] = length.into();
        }
        if filtered {
            condition["where"] = json!({ "data.points": { "at least": 2 } });
        }
        let document = json!({
            "workflow": "w", "triggers": [{ "event": "never.happens", "where": condition }],
            "steps": [{ "add tag": "t" }],
        });
        let mut person = Person::new(definitions(&[document]));
        instants.sort_unstable();
        let now = beginning() + Millis::minutes(ask_at);
        let told: Vec<(Instant, i64)> = instants
            .into_iter()
            .map(|(minutes, points)| (beginning() + Millis::minutes(minutes), points))
            .filter(|(at, _)| *at <= now)
            .collect();
        for ((at, points), id) in told.iter().zip(1..) {
            person.now = *at;
            let mut event = event("a.b", id, *at);
            event.data.insert("points".to_owned(), (*points).into());
            person.give(&Input::Event { event, taken: Vec::new() });
        }
        let zone = person.definitions.zone.clone();
        let length: Option<Duration> = length.map(|length| length.parse().unwrap());
        let brute = |now: Instant| {
            let counts = |(at, points): &&(Instant, i64)| {
                (!filtered || *points >= 2)
                    && length.is_none_or(|length| calendar::within(*at, now, length, &zone))
            };
            Truth::from(told.iter().filter(counts).count() >= least)
        };
        let predicate = read(&condition);
        let verdict = ask(&person, &predicate, now);
        prop_assert_eq!(verdict.truth, brute(now));
        // Until it says that it may change, it does not.
        let later = now + Millis::minutes(until);
        if verdict.changes_at.is_none_or(|at| later < at) {
            prop_assert_eq!(brute(later), verdict.truth);
        }
        prop_assert_eq!(ask(&person, &predicate, later).truth, brute(later));
    }

    #[test]
    fn the_score_is_the_sum_of_what_lives(
        entries in prop::collection::vec((0..6_usize, minutes()), 1..15),
        ask_at in minutes(),
        threshold in -20..40_i64,
    ) {
        const STEPS: [(i64, Option<&str>); 6] = [
            (10, Some("1 day")), (-4, Some("1 week")), (7, None), (3, Some("90 minutes")), (-2, None), (5, Some("1 month")),
        ];
        let documents: Vec<Value> = STEPS
            .iter()
            .enumerate()
            .map(|(number, (points, valid_for))| {
                let mut score = json!({ "points": points });
                if let Some(valid_for) = valid_for {
                    score["valid for"] = (*valid_for).into();
                }
                json!({
                    "workflow": format!("w{number}"), "reentry": "always",
                    "triggers": [{ "event": format!("add.p{number}") }], "steps": [{ "add score": score }],
                })
            })
            .collect();
        let mut person = Person::new(definitions(&documents));
        let mut entries = entries;
        entries.sort_unstable_by_key(|(_, at)| *at);
        for ((step, minutes), id) in entries.iter().zip(1..) {
            person.pass((beginning() + Millis::minutes(*minutes)).since(person.now));
            let at = person.now;
            person.happen(event(&format!("add.p{step}"), id, at));
        }
        let now = person.now + Millis::minutes(ask_at);
        let zone = person.definitions.zone.clone();
        let lives = |(step, minutes): &&(usize, i64)| {
            let at = beginning() + Millis::minutes(*minutes);
            STEPS[*step].1.is_none_or(|length| now < calendar::add(at, length.parse().unwrap(), &zone))
        };
        let sum: i64 = entries.iter().filter(lives).map(|(step, _)| STEPS[*step].0).sum();
        prop_assert_eq!(person.contact.score(now), sum);
        let predicate = read(&json!({ "score": { "at least": threshold } }));
        prop_assert_eq!(ask(&person, &predicate, now).truth, Truth::from(sum >= threshold));
        // The same after the alarms rang.
        person.pass(now.since(person.now));
        prop_assert_eq!(person.contact.score(now), sum);
    }
}
