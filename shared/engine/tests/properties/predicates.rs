//! Conditions against brute force: everything that happened, counted again at any instant.

use flusso_engine::calendar::{self, Duration};
use flusso_engine::condition::{Predicate, Scope, Truth};
use flusso_engine::react::Input;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::workflow::problem::Problems;
use flusso_engine::yaml::{self, Limits};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::drawn::{self, Tape};
use super::generate::{documents, life};
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
        tracking: definitions.account.tracking,
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

    /// SEM-16: of every kind of condition, whatever happened: what it says holds until it says that it may change.
    #[test]
    fn a_verdict_holds_until_it_says(
        documents in documents(),
        acts in life(12),
        choices in prop::collection::vec(0..2_520_u16, 0..12),
        later in prop::collection::vec(minutes(), 1..6),
    ) {
        let condition = drawn::asked(&mut Tape::new(&choices));
        let asking = json!({
            "workflow": "asking", "triggers": [{ "event": "never.happens", "where": condition }],
            "steps": [{ "add tag": "t" }],
        });
        let mut person = Person::new(definitions(&[documents, vec![asking]].concat()));
        person.live(&acts);
        let predicate = read(&condition);
        let mut now = person.now;
        let mut verdict = ask(&person, &predicate, now);
        for minutes in later {
            prop_assert!(verdict.changes_at.is_none_or(|at| at > now), "{verdict:?} at {now}");
            let next = now + Millis::minutes(minutes);
            // Right before the change nothing is another yet, and what lies between is the same too.
            let still = verdict.changes_at.map_or(next, |at| next.min(at - Millis(1)));
            prop_assert_eq!(ask(&person, &predicate, still).truth, verdict.truth, "{} at {}", condition, still);
            now = next;
            verdict = ask(&person, &predicate, now);
        }
    }

    /// What time alone changes, against a history that is looked through again.
    #[test]
    fn what_time_changes_is_what_it_should_be(
        history in prop::collection::vec((minutes(), 0..6_u8, -2_000..40_000_i64, 0..3_usize), 0..10),
        length in prop::sample::select(LENGTHS.as_slice()),
        later in minutes(),
        wanted in 1..20_i64,
    ) {
        let mut history = history;
        history.sort_unstable();
        let mut person = Person::new(definitions(&[]));
        for ((minutes, kind, lasts, name), id) in history.iter().zip(1..) {
            person.pass((beginning() + Millis::minutes(*minutes)).since(person.now));
            let (at, name) = (person.now, drawn::NAMES[*name]);
            let until = (at + Millis::minutes(*lasts)).to_string();
            let (kind, data) = match kind {
                0 => ("offer.granted", json!({ "offer": name, "until": until })),
                1 => ("offer.revoked", json!({ "offer": name })),
                2 => ("task.created", json!({ "task": format!("{name}{id}"), "due": until })),
                3 => ("payment.completed", json!({ "amount": 5, "product": name })),
                _ => ("loyalty.points_added", json!({ "points": 3, "expires_at": until })),
            };
            let mut told = event(kind, id, at);
            told.data = data.as_object().unwrap().clone();
            person.happen(told);
        }
        person.pass(Millis::minutes(later));
        let (now, zone) = (person.now, person.definitions.zone.clone());
        let at = |minutes: i64| beginning() + Millis::minutes(minutes);
        let of = |wanted: &'static [u8]| history.iter().filter(move |(_, kind, ..)| wanted.contains(kind));
        let is = |condition: Value| ask(&person, &read(&condition), now).truth;
        for name in drawn::NAMES {
            let last = of(&[0, 1]).rfind(|(.., which)| drawn::NAMES[*which] == *name);
            let held = last.is_some_and(|(begun, kind, lasts, _)| *kind == 0 && now < at(begun + lasts));
            prop_assert_eq!(is(json!({ "offer": name })), Truth::from(held), "{}", name);
        }
        let overdue = of(&[2]).any(|(begun, _, lasts, _)| at(begun + lasts) <= now);
        prop_assert_eq!(is(json!({ "task": "overdue" })), Truth::from(overdue));
        let lately = of(&[3]).any(|(paid, ..)| calendar::within(at(*paid), now, length.parse().unwrap(), &zone));
        prop_assert_eq!(is(json!({ "purchase": { "within": length } })), Truth::from(lately));
        let count = i64::try_from(of(&[3]).count()).unwrap();
        prop_assert_eq!(is(json!({ "purchase": { "count": { "at least": wanted } } })), Truth::from(count >= wanted));
        let points: i64 = of(&[4, 5]).filter(|(begun, _, lasts, _)| *lasts > 0 && now < at(begun + lasts)).map(|_| 3).sum();
        let card = is(json!({ "loyalty": { "points": { "at least": wanted } } }));
        if is(json!({ "loyalty": "any" })) == Truth::Yes {
            prop_assert_eq!(card, Truth::from(points >= wanted), "{} points", points);
        } else {
            prop_assert_eq!(card, Truth::Unknown);
        }
    }
}
