//! Events count at their own time, in whatever order they are told.

use flusso_engine::event::Event;
use flusso_engine::react::Input;
use flusso_engine::time::Millis;
use proptest::prelude::*;
use serde_json::json;

use super::generate::{EVENTS, city};
use super::person::{Person, beginning, consent, definitions, event};

fn history() -> impl Strategy<Value = Vec<Event>> {
    let one = (0..EVENTS.len(), 0..6_i64, prop::option::of(0..3_usize), 0..3_u8);
    prop::collection::btree_map(1..20_000_i64, one, 1..9).prop_map(|events| {
        let events = events.into_iter().zip(1_u32..);
        let made = events.map(|((minutes, (kind, points, town, consents)), id)| {
            let kind = if consents == 2 { "consent.withdrawn" } else { EVENTS[kind] };
            let mut event = event(kind, id, beginning() + Millis::minutes(minutes));
            event.data.insert("points".to_owned(), points.into());
            if let Some(town) = town {
                event.fields.insert("city".to_owned(), city(town).into());
                event.fields.insert("source".to_owned(), city(town).into());
            }
            event.grants.extend((consents == 1).then(consent));
            event
        });
        made.collect()
    })
}

proptest! {
    #[test]
    fn any_order_gives_the_same_rings_scores_and_fields(
        (events, other) in history().prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle())),
    ) {
        let documents = [
            json!({
                "workflow": "points", "reentry": "always",
                "triggers": [{ "event": EVENTS[0] }, { "event": EVENTS[1] }],
                "steps": [{ "add score": { "points": 3, "valid for": "5 days" } }, { "add score": 1 }],
            }),
            json!({
                "workflow": "counted",
                "triggers": [{ "event": "never.happens" }],
                "exit": [{ "on": EVENTS[3], "where": { "data.points": [1, 2] } }],
                "steps": [{ "decide": [
                    { "when": { "event": EVENTS[0], "at least": 3, "within": "3 days" }, "do": [{ "add tag": "a" }] },
                    { "when": { "event": EVENTS[2], "where": { "data.points": { "at least": 3 } } }, "do": [] },
                    { "else": [] },
                ] }],
            }),
        ];
        let mut people = [&events, &other].map(|events| {
            let mut person = Person::new(definitions(&documents));
            person.now = beginning() + Millis::minutes(20_000);
            for event in events {
                person.now = person.now + Millis::minutes(7);
                person.give(&Input::Event { event: event.clone(), taken: Vec::new() });
            }
            person.give(&Input::Wake);
            person
        });
        let [first, second] = &mut people;
        prop_assert_eq!(&first.contact.state.rings, &second.contact.state.rings);
        prop_assert_eq!(&first.contact.state.score, &second.contact.state.score);
        prop_assert_eq!(&first.contact.profile, &second.contact.profile);
    }
}
