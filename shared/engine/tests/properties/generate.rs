//! Random workflows out of every construct of the language, and random lives.

use proptest::prelude::*;
use serde_json::{Value, json};

/// Something that happens to a person, or to the messages sent to them.
#[derive(Clone, Debug)]
pub enum Act {
    /// An event of one of a few types, told so many minutes after it happened.
    Event { kind: usize, points: i64, city: Option<usize>, late_minutes: i64 },
    /// A form that anybody may send, with or without the consent.
    Form { consents: bool },
    /// Taking the consent back.
    OptOut,
    /// The `n`th message that was claimed is opened.
    Open { nth: usize, human: bool },
    /// A reply, to the newest message.
    Reply,
    /// Time passes.
    Pass { minutes: i64 },
    /// What becomes of the messages from now on.
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
}

pub const EVENTS: [&str; 4] = ["order.completed", "page.visited", "quiz.done", "cart.updated"];
const CITIES: [&str; 3] = ["Roma", "Milano", "Torino"];
const NAMES: [&str; 3] = ["uno", "due", "tre"];
const LENGTHS: [&str; 8] =
    ["0 minutes", "1 minute", "90 minutes", "13 hours", "1 day", "3 days", "1 week", "1 month"];

pub fn city(number: usize) -> &'static str {
    CITIES[number % CITIES.len()]
}

fn pick(among: &'static [&'static str]) -> impl Strategy<Value = String> + Clone {
    prop::sample::select(among).prop_map(str::to_owned)
}

fn condition() -> impl Strategy<Value = Value> + Clone {
    let ring = (pick(&EVENTS), 1..4_u32, prop::option::of(pick(&LENGTHS[1..])));
    let leaf = prop_oneof![
        pick(&NAMES).prop_map(|tag| json!({ "tag": tag })),
        pick(&NAMES).prop_map(|list| json!({ "list": [list, "vip"] })),
        (-5..30_i64).prop_map(|points| json!({ "score": { "at least": points } })),
        pick(&CITIES).prop_map(|city| json!({ "city": city })),
        pick(&CITIES)
            .prop_map(|city| json!({ "field": { "city": { "is not": [city], "is known": "yes" } } })),
        pick(&["city", "first_name"]).prop_map(|field| json!({ "is known": field })),
        pick(&["granted", "withdrawn", "none"])
            .prop_map(|standing| json!({ "consent": { "email": standing } })),
        (0..5_i64).prop_map(|points| json!({ "data.points": { "at most": points } })),
        prop::sample::select(vec![
            json!({ "deal": { "stage": "due", "status": "open" } }),
            json!({ "task": "overdue" }),
            json!({ "offer": "corso" }),
            json!({ "loyalty": { "points": { "at least": 5 } } }),
            json!({ "purchase": { "orders": { "at least": 2 }, "within": "3 days" } }),
            json!({ "do not disturb": { "email": "on" } }),
            json!({ "group": "uno", "not": { "conversion": "venduto" } }),
        ]),
        ring.prop_map(|(kind, least, within)| match within {
            Some(within) => json!({ "event": kind, "at least": least, "within": within }),
            None =>
                json!({ "event": kind, "at least": least, "where": { "data.points": { "at least": 2 } } }),
        }),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| json!({ "not": inner })),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|all| json!({ "all": all })),
            prop::collection::vec(inner, 1..3).prop_map(|any| json!({ "any": any })),
        ]
    })
}

fn plain_step() -> impl Strategy<Value = Value> + Clone {
    let class = pick(&["marketing", "service", "transactional"]);
    let points = (prop_oneof![-9..0_i64, 1..20_i64], prop::option::of(pick(&LENGTHS[1..])), any::<bool>());
    prop_oneof![
        3 => pick(&NAMES).prop_map(|tag| json!({ "add tag": tag })),
        2 => pick(&NAMES).prop_map(|tag| json!({ "remove tag": [tag] })),
        1 => pick(&NAMES).prop_map(|list| json!({ "add to list": list })),
        1 => pick(&NAMES).prop_map(|list| json!({ "remove from list": list })),
        1 => points.prop_map(|(points, valid_for, once)| {
            let mut score = json!({ "points": points });
            if let Some(valid_for) = valid_for {
                score["valid for"] = valid_for.into();
            }
            if once {
                score["once per"] = "message".into();
            }
            json!({ "add score": score })
        }),
        1 => pick(&["Roma", "now", "{{ contact.score }}", "{{ event.points | default(\"x\") }}"])
            .prop_map(|value| json!({ "set field": { "city": value, "note": null } })),
        3 => (class, any::<bool>()).prop_map(|(kind, named)| {
            let body = if named { "Ciao {{ contact.first_name }}" } else { "Ciao {{ contact.id }}" };
            json!({ "send email": { "subject": "x", "body": body, "kind": kind } })
        }),
        1 => Just(json!({ "send email": { "subject": "x", "template": "saluto" } })),
        3 => prop::sample::select(vec![
            json!({ "create deal": { "pipeline": "p", "stage": "uno", "owner": "owner" } }),
            json!({ "update deal": { "which": "newest open", "stage": "due", "create in": "p" } }),
            json!({ "win deal": "all open" }),
            json!({ "create task": { "title": "uno", "due": "1 day" } }),
            json!({ "complete task": "newest open" }),
            json!({ "grant offer": { "offer": "corso", "for": "1 day" } }),
            json!({ "revoke offer": "corso" }),
            json!({ "add to group": "uno" }),
            json!({ "remove from group": "uno" }),
            json!({ "add loyalty": { "points": 7, "valid for": "1 day" } }),
            json!({ "spend loyalty": { "points": 5 } }),
            json!({ "convert": { "conversion": "venduto", "value": 100 } }),
            json!({ "change status": "cliente" }),
            json!({ "do not disturb": { "email": "on" } }),
            json!({ "do not disturb": { "email": "off", "proof": "x" } }),
            json!({ "add note": "{{ contact.name }}" }),
            json!({ "set field": { "visits": { "add": 1 } } }),
        ]),
        1 => Just(json!({ "notify": { "to": "team vendite", "text": "{{ contact.name }}" } })),
        3 => pick(&LENGTHS).prop_map(|length| json!({ "wait": length })),
        1 => pick(&NAMES).prop_map(|tag| json!({ "after": "2 hours", "add tag": tag })),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Value>> {
    let step = plain_step().prop_recursive(3, 24, 4, |inner| {
        let block = || prop::collection::vec(inner.clone(), 0..3);
        let decide = (condition(), block(), prop::option::of(block()), block(), any::<bool>());
        let wait_until =
            (pick(&EVENTS), prop::option::of(condition()), pick(&LENGTHS[1..]), block(), block());
        prop_oneof![
            decide.prop_map(|(when, mut steps, unknown, otherwise, exits)| {
                if exits {
                    steps.push(json!({ "exit": "enough" }));
                }
                let mut branches = vec![json!({ "when": when, "do": steps })];
                branches.extend(unknown.map(|steps| json!({ "unknown": steps })));
                branches.push(json!({ "else": otherwise }));
                json!({ "decide": branches })
            }),
            wait_until.prop_map(|(kind, filter, length, then, otherwise)| {
                let mut until = json!({ "event": kind, "at most": length });
                if let Some(filter) = filter {
                    until["where"] = filter;
                }
                json!({ "wait until": until, "then": then, "else": otherwise })
            }),
        ]
    });
    prop::collection::vec(step, 1..6)
}

fn trigger() -> impl Strategy<Value = Value> {
    let event = (pick(&EVENTS), prop::option::of(condition()));
    prop_oneof![
        4 => event.prop_map(|(kind, filter)| match filter {
            Some(filter) => json!({ "event": kind, "where": filter }),
            None => json!({ "event": kind }),
        }),
        1 => pick(&NAMES).prop_map(|tag| json!({ "event": "tag.added", "where": { "data.tag": tag } })),
        1 => pick(&["tag.removed", "list.joined", "list.left", "field.changed", "contact.created"])
            .prop_map(|kind| json!({ "event": kind })),
        1 => (1..20_i64).prop_map(|points| json!({ "score reaches": points })),
        1 => pick(&["form", "email opened", "page visited"]).prop_map(|key| json!({ key: "any" })),
        1 => pick(&["email sent", "deal created", "deal status", "task completed", "status changed", "group joined"])
            .prop_map(|key| json!({ key: "any" })),
    ]
}

fn workflow() -> impl Strategy<Value = Value> {
    let reentry =
        prop_oneof![Just(json!("never")), Just(json!("always")), Just(json!({ "after": "2 hours" }))];
    let exit = prop_oneof![
        (pick(&EVENTS), condition()).prop_map(|(on, filter)| json!([{ "on": on, "where": filter }])),
        Just(json!([{ "on": "email.replied", "scope": "this workflow", "reason": "replied" }])),
        Just(json!([])),
    ];
    let missing = pick(&["skip", "empty"]);
    (prop::collection::vec(trigger(), 1..3), reentry, exit, missing, steps()).prop_map(
        |(triggers, reentry, exit, missing, steps)| {
            json!({
                "triggers": triggers, "reentry": reentry, "exit": exit,
                "settings": { "missing value": missing }, "steps": steps,
            })
        },
    )
}

/// What chance alone makes too seldom: workflows that start each other, one that is longer than a reaction, points
/// for opened messages.
fn rare() -> impl Strategy<Value = Vec<Value>> {
    let starts = |tag: &str, other: &str, step: Value| {
        json!({
            "triggers": [{ "event": "tag.added", "where": { "data.tag": tag } }, { "event": EVENTS[0] }],
            "reentry": "always",
            "steps": [step, { "remove tag": tag }, { "add tag": other }],
        })
    };
    let steps = |n: usize| {
        if n.is_multiple_of(3) { json!({ "remove tag": "lungo" }) } else { json!({ "add tag": "lungo" }) }
    };
    let long: Vec<Value> = (0..120).map(steps).collect();
    prop_oneof![
        8 => Just(Vec::new()),
        1 => pick(&LENGTHS[..4]).prop_map(move |length| {
            vec![starts("uno", "due", json!({ "wait": length })), starts("due", "uno", json!({ "add score": 1 }))]
        }),
        1 => Just(vec![json!({ "triggers": [{ "event": EVENTS[1] }], "reentry": "always", "steps": long })]),
        1 => Just(vec![
            json!({ "triggers": [{ "event": EVENTS[2] }], "reentry": "always",
                "steps": [{ "send email": { "subject": "x", "body": "y", "kind": "service" } }] }),
            json!({ "triggers": [{ "email opened": "any" }], "reentry": "always",
                "steps": [{ "add score": { "points": 10, "once per": "message" } }] }),
        ]),
    ]
}

/// A few workflows, as documents.
pub fn workflows() -> impl Strategy<Value = Vec<Value>> {
    (prop::collection::vec(workflow(), 1..5), rare()).prop_map(|(mut documents, rare)| {
        documents.extend(rare);
        for (number, document) in documents.iter_mut().enumerate() {
            document["workflow"] = format!("w{number}").into();
        }
        documents
    })
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
    ]);
    let event = (
        0..EVENTS.len(),
        0..5_i64,
        prop::option::of(0..3_usize),
        prop_oneof![3 => Just(0), 1 => 0..3000_i64],
    );
    let act = prop_oneof![
        6 => event.prop_map(|(kind, points, city, late_minutes)| Act::Event { kind, points, city, late_minutes }),
        1 => any::<bool>().prop_map(|consents| Act::Form { consents }),
        1 => Just(Act::OptOut),
        2 => (0..4_usize, any::<bool>()).prop_map(|(nth, human)| Act::Open { nth, human }),
        1 => Just(Act::Reply),
        4 => prop_oneof![0..3_i64, 0..300_i64, 0..50_000_i64].prop_map(|minutes| Act::Pass { minutes }),
        2 => provider.prop_map(Act::Provider),
    ];
    prop::collection::vec(act, 1..most)
}
