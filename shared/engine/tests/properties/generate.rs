//! Random definitions out of every construct of the language, and random lives.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::drawn::{self, CITIES, Tape};

/// Something that happens to a person, or to the messages sent to them.
#[derive(Clone, Debug)]
pub enum Act {
    /// Whatever these choices draw, told so many minutes after it happened.
    Happens { choices: Vec<u16>, late_minutes: i64 },
    /// A form that anybody may send, with or without the consent.
    Form { consents: bool },
    /// Taking the consent back.
    OptOut,
    /// The `n`th message that was claimed is opened, or one of its links is followed.
    Open { nth: usize, human: bool, clicked: bool },
    /// A reply, to the newest message.
    Reply,
    /// Time passes.
    Pass { minutes: i64 },
    /// What becomes of the messages and asks from now on.
    Provider(Provider),
}

/// What the provider does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    Accepts,
    RefusesForNow,
    RefusesForGood,
    Unknown,
    GivesBack,
    Dies,
    /// Nobody performs anything.
    Stands,
    /// Nothing is left of what several contacts share.
    HasNothing,
}

pub const EVENTS: [&str; 4] = ["order.completed", "page.visited", "quiz.done", "cart.updated"];

pub fn city(number: usize) -> &'static str {
    CITIES[number % CITIES.len()]
}

/// Segments (`segment:` with `who:`) and workflows, as documents.
pub fn documents() -> impl Strategy<Value = Vec<Value>> {
    (tape(24), tape(500)).prop_map(|(few, many)| {
        let segments = drawn::segments(&mut Tape::new(&few));
        let names: Vec<&str> = segments.iter().map(|(name, _)| *name).collect();
        let workflows = drawn::workflows(&mut Tape::new(&many), &names);
        let segments =
            segments.into_iter().map(|(name, segment)| json!({ "segment": name, "who": segment["who"] }));
        segments.chain(workflows).collect()
    })
}

fn tape(most: usize) -> impl Strategy<Value = Vec<u16>> + Clone {
    prop::collection::vec(0..2_520_u16, 0..most)
}

/// A life of up to `most` acts.
pub fn life(most: usize) -> impl Strategy<Value = Vec<Act>> {
    let provider = prop::sample::select(vec![
        Provider::Accepts,
        Provider::Accepts,
        Provider::RefusesForNow,
        Provider::RefusesForGood,
        Provider::Unknown,
        Provider::GivesBack,
        Provider::Dies,
        Provider::Stands,
        Provider::HasNothing,
    ]);
    let happens = (tape(8), prop_oneof![3 => Just(0), 1 => 0..3000_i64]);
    let act = prop_oneof![
        8 => happens.prop_map(|(choices, late_minutes)| Act::Happens { choices, late_minutes }),
        1 => any::<bool>().prop_map(|consents| Act::Form { consents }),
        1 => Just(Act::OptOut),
        2 => (0..4_usize, any::<bool>(), any::<bool>())
            .prop_map(|(nth, human, clicked)| Act::Open { nth, human, clicked }),
        1 => Just(Act::Reply),
        4 => prop_oneof![0..3_i64, 0..300_i64, 0..50_000_i64].prop_map(|minutes| Act::Pass { minutes }),
        2 => provider.prop_map(Act::Provider),
    ];
    prop::collection::vec(act, 1..most)
}
