//! Histories that failed once, and orders that are too rare to wait for.

use flusso_engine::react::Input;
use flusso_engine::time::Millis;
use flusso_engine::timeline::What;
use serde_json::{Value, json};

use super::person::{Person, definitions, event, normal, told};

/// More steps than a reaction runs, and beside it a workflow that waits half an hour.
fn busy() -> Person {
    let steps: Vec<Value> = (0..230).map(|n| json!({ "add tag": format!("t{n}") })).collect();
    let long = json!({ "workflow": "long", "triggers": [{ "event": "a.b" }], "steps": steps });
    let waits = json!({
        "workflow": "waits", "triggers": [{ "event": "a.b" }],
        "exit": [{ "on": "c.d" }],
        "steps": [{ "wait": "30 minutes" }, { "add tag": "waited" }, { "wait": "1 day" }],
    });
    Person::new(definitions(&[long, waits]))
}

#[test]
fn an_event_that_finds_an_agenda_is_applied_when_it_came() {
    let mut person = busy();
    let begin = Input::Event { event: event("a.b", 1, person.now), taken: Vec::new() };
    person.give(&begin);
    assert!(!person.contact.state.agenda.is_empty());
    let (mut at_once, mut first_the_rest) = (person.clone(), person);
    let wake_all = |person: &mut Person| {
        while !person.contact.state.agenda.is_empty() {
            person.give(&Input::Wake);
        }
    };
    wake_all(&mut first_the_rest);
    for person in [&mut at_once, &mut first_the_rest] {
        // The wait was over half an hour before this event, which would have ended it.
        person.now = person.now + Millis::hours(1);
        let ends = Input::Event { event: event("c.d", 2, person.now), taken: Vec::new() };
        person.give(&ends);
        person.now = person.now + Millis::hours(1);
        wake_all(person);
        person.give(&Input::Wake);
    }
    assert!(first_the_rest.contact.profile.tags.contains_key("waited"));
    assert_eq!(told(&at_once.lines), told(&first_the_rest.lines));
    assert_eq!(normal(&at_once.contact), normal(&first_the_rest.contact));
}

#[test]
fn nothing_is_claimed_before_the_agenda_is_done() {
    let steps: Vec<Value> = (0..230).map(|n| json!({ "add tag": format!("t{n}") })).collect();
    let documents = [
        json!({ "workflow": "a", "triggers": [{ "event": "a.b" }],
            "steps": [{ "send email": { "subject": "x", "body": "y", "kind": "service" } }] }),
        json!({ "workflow": "b", "triggers": [{ "event": "a.b" }], "steps": steps }),
    ];
    let mut person = Person::new(definitions(&documents));
    person.give(&Input::Event { event: event("a.b", 1, person.now), taken: Vec::new() });
    let send = person.contact.state.sends.keys().next().unwrap().clone();
    let claim = Input::Claim { send, by: "me".into(), suppression: None };
    let claimed = |lines: &[flusso_engine::timeline::Line]| {
        lines.iter().any(|line| matches!(line.what, What::SendClaimed { .. }))
    };
    let mut claims = 0;
    while !claimed(&person.give(&claim).entry.lines) {
        claims += 1;
        assert!(claims < 5, "it is never claimed");
    }
    assert_eq!(claims, 1, "one claim came too early, and went on with the agenda instead");
}

#[test]
fn the_keys_of_a_condition_have_no_order() {
    // `at least` was read before the `event` to which it belongs.
    let condition = json!({ "at least": 2, "event": "a.b", "where": { "data.x": 1 }, "within": "1 day" });
    let document = json!({ "workflow": "w", "triggers": [{ "event": "c.d", "where": condition }],
        "steps": [{ "add tag": "t" }] });
    assert_eq!(definitions(&[document]).rings.len(), 1);
}

#[test]
fn a_later_word_for_the_same_value_keeps_an_older_one_out() {
    let mut person = Person::new(definitions(&[]));
    let told = [(1, "Roma"), (3, "Roma"), (2, "Milano")];
    let from = person.now;
    person.now = from + Millis::hours(4);
    for (hours, city) in told {
        let mut event = event("a.b", hours, from + Millis::hours(i64::from(hours)));
        event.fields.insert("city".to_owned(), city.into());
        person.give(&Input::Event { event, taken: Vec::new() });
    }
    assert_eq!(person.contact.profile.text("city"), Some("Roma"));
}

#[test]
fn what_one_event_starts_does_not_see_what_it_did() {
    // More workflows than a reaction starts: those left over were looked at with the first ones' work done, or ran
    // before them.
    let documents: Vec<Value> = (0..30)
        .map(|n| {
            let only_once = json!({ "not": { "tag": "first" } });
            let steps = json!([{ "add tag": "first" }, { "add score": 1 }]);
            json!({ "workflow": format!("w{n:02}"), "triggers": [{ "event": "a.b", "where": only_once }], "steps": steps })
        })
        .collect();
    let mut person = Person::new(definitions(&documents));
    let at = person.now;
    person.happen(event("a.b", 1, at));
    let ran: Vec<&str> = person
        .lines
        .iter()
        .filter(|line| matches!(line.what, What::Completed { .. }))
        .filter_map(|line| line.workflow.as_ref().map(flusso_engine::ids::WorkflowId::as_str))
        .collect();
    let expected: Vec<String> = (0..30).map(|n| format!("w{n:02}")).collect();
    assert_eq!(ran, expected);
}
