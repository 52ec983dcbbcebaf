//! Many at once, and late: what is shared is given once, a goal and a message never cross, an outage loses nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::collections::BTreeMap;

use flusso_app::accept::EventDraft;
use flusso_engine::contact::Contact;
use flusso_engine::contact::record::Sort;
use flusso_engine::definitions::User;
use flusso_engine::time::Millis;
use flusso_tests::world::{World, at_once};
use serde_json::Map;

fn world(workflows: &[(&str, &str)]) -> World {
    let world = World::at("2026-03-02T09:00:00Z");
    for (id, source) in workflows {
        at_once(world.app.put_workflow(id, source)).unwrap();
        at_once(world.app.activate(id)).unwrap();
    }
    world
}

fn event(kind: &str, id: &str, email: &str) -> EventDraft {
    EventDraft {
        id: Some(id.to_owned()),
        kind: kind.to_owned(),
        fields: Map::from_iter([("email".to_owned(), email.into())]),
        ..EventDraft::default()
    }
}

fn tell(world: &World, event: EventDraft) {
    at_once(world.app.accept_events("test", vec![event], None)).unwrap();
}

fn contact(world: &World, email: &str) -> Contact {
    at_once(world.app.find_contact(Some(email), None)).unwrap().expect(email)
}

/// SEM-19 SEM-11 SH-05: eight workers on one pool of coupons and one round robin.
#[test]
fn eight_workers_give_each_coupon_once_and_take_turns_among_colleagues() {
    let shared = "
        workflow: premio
        kind: internal
        triggers: [{ event: a.b }]
        steps:
          - reserve coupon: { pool: dieci, as: code }
          - assign owner: { among: [giulia, marco, sara], by: round robin }
        "
    .replace("\n        ", "\n");
    for seed in 0..20 {
        let world = World::at("2026-03-02T09:00:00Z");
        for name in ["giulia", "marco", "sara"] {
            let user = User::new(name, &format!("{name}@shop.example"));
            at_once(world.app.put_user(name, &user)).unwrap();
        }
        let codes: Vec<String> = (0..10).map(|n| format!("CODE-{n}")).collect();
        assert_eq!(at_once(world.app.put_coupons("dieci", &codes)).unwrap(), 10);
        at_once(world.app.put_workflow("premio", &shared)).unwrap();
        at_once(world.app.activate("premio")).unwrap();
        let people: Vec<String> = (0..12).map(|n| format!("p{n}@example.com")).collect();
        for (n, email) in people.iter().enumerate() {
            tell(&world, event("a.b", &n.to_string(), email));
        }
        world.settle_together(8, seed);
        let mut owners: BTreeMap<String, usize> = BTreeMap::new();
        let mut given: Vec<String> = Vec::new();
        for email in &people {
            let found = contact(&world, email);
            assert!(found.state.enrollments.is_empty(), "{email} came to the end, seed {seed}");
            let owner = found.profile.text("owner").unwrap_or_default().to_owned();
            *owners.entry(owner).or_default() += 1;
            let coupons = found.profile.objects.records.of(Sort::Coupon);
            given.extend(coupons.map(|(code, _)| code.to_string()));
        }
        assert_eq!(owners, [("giulia", 4), ("marco", 4), ("sara", 4)].map(|(n, m)| (n.to_owned(), m)).into());
        given.sort();
        assert_eq!(given, codes, "each code once, and two people without one; seed {seed}");
    }
}

const RACE: &str = "
workflow: serie
triggers: [{ event: a.b }]
goal: { on: order.completed, then: exit }
steps:
  - send email: { subject: Uno, body: Ciao, kind: service }
  - wait: 1 day
  - send email: { subject: Due, body: Ciao, kind: service }
";

/// SEM-4: a goal and the second message, in every order in which their acts may interleave.
#[test]
fn no_message_is_claimed_after_the_goal_was_reached() {
    let mut sent = BTreeMap::new();
    for seed in 0..300 {
        let world = world(&[("serie", RACE)]);
        tell(&world, event("a.b", "1", "anna@example.com"));
        at_once(world.settle());
        // The order comes while the message's hour does, before or after its turn to be planned.
        world.black_out(Millis::minutes(24 * 60 + 2));
        world.ring_due();
        if seed % 2 == 1 {
            world.settle_some(1);
        }
        tell(&world, event("order.completed", "2", "anna@example.com"));
        world.settle_together(3, seed);
        at_once(world.pass(Millis::hours(1)));
        let found = contact(&world, "anna@example.com");
        let entries = at_once(world.app.timeline(found.id.as_str(), None, 100)).unwrap().items;
        let lines: Vec<String> =
            entries.iter().rev().flat_map(|entry| entry.lines.iter().map(ToString::to_string)).collect();
        let goal = lines.iter().position(|line| line.contains("goal reached"));
        let last_claim = lines.iter().rposition(|line| line.contains("claimed"));
        // Without the line it had come to its end before.
        assert!(goal.is_none_or(|goal| last_claim < Some(goal)), "seed {seed}: {lines:#?}");
        *sent.entry(world.mails.all().len()).or_insert(0) += 1;
    }
    // Each of the two may be first.
    assert_eq!(sent.keys().copied().collect::<Vec<_>>(), [1, 2], "{sent:?}");
}

const LONG: &str = "
workflow: serie
triggers: [{ event: a.b }]
steps:
  - send email: { subject: Uno, body: Ciao, kind: service }
  - wait: 1 hour
  - send email: { subject: Due, body: Ciao, kind: service }
  - wait: 1 hour
  - add tag: fine
";

/// SEM-5: nothing rings and nothing is delivered for six hours.
#[test]
fn an_outage_of_six_hours_loses_nothing_and_does_nothing_twice() {
    let world = world(&[("serie", LONG)]);
    let people: Vec<String> = (0..40).map(|n| format!("p{n}@example.com")).collect();
    for (n, email) in people.iter().enumerate() {
        tell(&world, event("a.b", &n.to_string(), email));
        // Some have their first message before, some are in the middle of it.
        if n % 3 == 0 {
            at_once(world.pass(Millis::minutes(5)));
        }
    }
    world.black_out(Millis::hours(6));
    at_once(world.pass(Millis::hours(3)));
    let mut mails: Vec<(String, String)> =
        world.mails.all().into_iter().map(|mail| (mail.to.clone(), mail.subject.clone())).collect();
    mails.sort();
    let mut expected: Vec<(String, String)> =
        people.iter().flat_map(|to| ["Due", "Uno"].map(|subject| (to.clone(), subject.to_owned()))).collect();
    expected.sort();
    assert_eq!(mails, expected);
    for email in &people {
        let found = contact(&world, email);
        assert!(found.profile.tags.contains_key("fine"), "{email}");
        assert!(found.state.enrollments.is_empty());
    }
    assert_eq!(at_once(world.app.unresolved()).unwrap(), []);
}
