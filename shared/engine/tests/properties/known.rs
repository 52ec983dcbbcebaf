//! Histories that failed once, and orders that are too rare to wait for.

use flusso_engine::react::Input;
use flusso_engine::time::Millis;
use flusso_engine::timeline::What;
use serde_json::{Value, json};

use super::person::{Person, definitions, event, normal, told};

/// More steps than a reaction runs, and beside it a workflow that waits half an hour.
fn busy() -> Person {
    let steps: Vec<Value> = (0..150).map(|n| json!({ "add tag": format!("t{n}") })).collect();
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

#[test]
fn who_is_new_is_a_member_from_the_beginning() {
    // Of somebody who was not there yet nothing was counted, so that this was neither yes nor no; it was not asked again.
    let silent = json!({ "segment": "silent", "who": { "not": { "event": "order.completed" } } });
    let mut person = Person::new(definitions(&[silent]));
    assert!(person.contact.state.is_member("silent"));
    assert!(person.lines.iter().any(|line| matches!(line.what, What::SegmentEntered { .. })));
    let at = person.now;
    person.happen(event("order.completed", 1, at));
    assert!(!person.contact.state.is_member("silent"));
}

#[test]
fn an_event_counts_before_its_fields_are_looked_at() {
    // What an event said of the person was seen before it counted: the contact came in and left again.
    let who = json!({ "city": "Roma", "not": { "event": "order.completed" } });
    let mut person = Person::new(definitions(&[json!({ "segment": "romans", "who": who })]));
    let mut order = event("order.completed", 1, person.now);
    order.fields.insert("city".to_owned(), "Roma".into());
    person.happen(order);
    assert!(!person.lines.iter().any(|line| matches!(line.what, What::SegmentEntered { .. })));
}

#[test]
fn a_loop_without_a_wait_ends() {
    // It went round for ever, in reaction after reaction.
    let rounds = |step: Value| {
        let steps = json!([{ "id": "again", "add score": 1 }, step, { "go to": "again" }]);
        let document = json!({ "workflow": "w", "triggers": [{ "event": "a.b" }], "steps": steps });
        let mut person = Person::new(definitions(&[document]));
        let at = person.now;
        person.happen(event("a.b", 1, at));
        person.pass(Millis::hours(24 * 60));
        let failed = person
            .lines
            .iter()
            .any(|line| matches!(&line.what, What::Failed { reason, .. } if reason == "loop"));
        (person.contact.state.score.value(person.now), failed)
    };
    assert_eq!(rounds(json!({ "add tag": "x" })), (26, true));
    assert_eq!(
        rounds(json!({ "send email": { "subject": "x", "body": "y", "kind": "service" } })),
        (26, true)
    );
    assert_eq!(rounds(json!({ "wait until": { "is known": "email", "at most": "1 day" } })), (26, true));
    // Where time passes it goes on.
    assert_eq!(rounds(json!({ "wait": "1 day" })), (61, false));
}

#[test]
fn what_was_clicked_is_seen_at_once_whoever_tells_of_it() {
    let document = json!({
        "workflow": "w", "triggers": [{ "event": "a.b" }],
        "steps": [
            { "id": "news", "send email": { "subject": "x", "body": "y", "kind": "service" } },
            { "wait until": { "email": "news", "is": "clicked", "at most": "3 days" }, "then": [{ "add tag": "clicked" }] },
        ],
    });
    let mut person = Person::new(definitions(&[document]));
    let at = person.now;
    person.happen(event("a.b", 1, at));
    let sent = person.sent.keys().chain(person.contact.state.recent.keys()).next().unwrap().clone();
    let mut clicked = event("email.clicked", 2, at);
    clicked.data.insert("send".to_owned(), sent.as_str().into());
    person.happen(clicked);
    assert!(person.contact.profile.tags.contains_key("clicked"));
}
