//! Time passes the same in one long breath as in many short ones.

use flusso_engine::react::Input;
use flusso_engine::time::Millis;
use proptest::prelude::*;

use super::generate::{documents, life};
use super::person::{Person, definitions, normal, told};

proptest! {
    #[test]
    fn many_wakes_are_one(
        documents in documents(),
        acts in life(12),
        wakes in prop::collection::vec(0..60_000_i64, 0..8),
    ) {
        let mut person = Person::new(definitions(&documents));
        person.live(&acts);
        person.lines.clear();
        let end = person.now + Millis::minutes(60_000);
        let mut often = person.clone();
        let mut wakes = wakes;
        wakes.sort_unstable();
        let from = person.now;
        for minutes in wakes {
            often.now = from + Millis::minutes(minutes);
            often.give(&Input::Wake);
        }
        for person in [&mut person, &mut often] {
            person.now = end;
            person.give(&Input::Wake);
            while !person.contact.state.agenda.is_empty() {
                person.give(&Input::Wake);
            }
        }
        prop_assert_eq!(told(&person.lines), told(&often.lines));
        prop_assert_eq!(normal(&person.contact), normal(&often.contact));
    }
}
