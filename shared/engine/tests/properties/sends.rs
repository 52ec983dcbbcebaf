//! What is reported of an attempt may come doubled and in any order.

use std::sync::Arc;

use flusso_engine::contact::send::Phase;
use flusso_engine::react::{Input, Outcome};
use flusso_engine::time::Millis;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use super::person::{Person, definitions, event, normal};

fn claimed() -> (Person, Input, u32) {
    let document = json!({
        "workflow": "w",
        "triggers": [{ "event": "a.b" }],
        "steps": [{ "send email": { "subject": "x", "body": "y" } }, { "wait": "1 day" }, { "add tag": "t" }],
    });
    let mut person = Person::new(definitions(&[document]));
    let happened = Input::Event { event: event("a.b", 1, person.now), taken: Vec::new() };
    person.give(&happened);
    let send = person.contact.state.sends.keys().next().unwrap().clone();
    let claim = Input::Claim { send: send.clone(), by: Arc::from("me"), suppression: None };
    person.give(&claim);
    assert!(matches!(person.contact.state.sends[&send].phase, Phase::Claimed { .. }));
    (person, claim, 1)
}

fn truth() -> impl Strategy<Value = Outcome> {
    let at = super::person::beginning();
    prop::sample::select(vec![
        Outcome::Accepted { at, provider_id: "p".into() },
        Outcome::Refused { permanent: false, reason: "busy".into() },
        Outcome::Refused { permanent: true, reason: "gone".into() },
        Outcome::GivenBack,
    ])
}

proptest! {
    #[test]
    fn reports_of_an_attempt_join(
        truth in truth(),
        extra in prop::collection::vec(0..3_usize, 0..5),
        place in any::<Index>(),
        late_seconds in 0..200_i64,
    ) {
        let (mut plain, claim, attempt) = claimed();
        let send = plain.contact.state.sends.keys().next().unwrap().clone();
        let report = |outcome: Outcome| Input::Outcome { send: send.clone(), attempt, outcome };
        plain.now = plain.now + Millis::seconds(late_seconds);
        let mut doubled = plain.clone();
        plain.give(&report(truth.clone()));
        // A further claim is the same one as long as the attempt is not given back.
        let claimable = truth == Outcome::GivenBack;
        let mut reports: Vec<Input> = extra
            .into_iter()
            .map(|kind| match kind {
                0 => report(truth.clone()),
                1 if !claimable => claim.clone(),
                _ => report(Outcome::Unknown),
            })
            .collect();
        reports.insert(place.index(reports.len() + 1), report(truth));
        for input in &reports {
            doubled.give(input);
        }
        prop_assert_eq!(normal(&plain.contact), normal(&doubled.contact));
        prop_assert_eq!(plain.sent, doubled.sent);
    }
}
