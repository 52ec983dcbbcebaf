//! The past given to a draft: what was active all along would have done what it did, and another one something else;
//! nothing is sent. `PEOPLE=1000` gives it the past of so many, and says how long that took.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that talks to people")]

use std::time::Instant as Watch;

use flusso_app::accept::EventDraft;
use flusso_app::rehearse::Rehearsal;
use flusso_engine::time::Millis;
use flusso_tests::sim::rng::Rng;
use flusso_tests::world::{World, at_once};
use serde_json::json;

const DAY: i64 = 24 * 60;
const CARE: &str = "
workflow: care
kind: service
reentry: always
triggers: [{ event: order.completed }]
exit: [{ on: order.returned }]
steps:
  - id: thanks
    send email: { subject: Thanks, body: Yours }
  - wait: 14 days
  - id: review
    send email: { subject: How is it?, body: Well? }
";
const NEWS: &str = "
workflow: news
kind: service
reentry: always
triggers: [{ event: page.read }]
steps:
  - send email: { subject: News, body: Some }
";

fn post(world: &World, kind: &str, id: &str, person: u64) {
    let draft = EventDraft {
        id: Some(id.to_owned()),
        kind: kind.to_owned(),
        fields: json!({ "email": format!("p{person}@example.com") }).as_object().unwrap().clone(),
        ..EventDraft::default()
    };
    at_once(world.app.accept_events("api:shop", vec![draft], None)).unwrap();
}

/// A year of a shop: each person buys, reads and returns now and then.
fn year(people: u64) -> World {
    let mut rng = Rng::new(7);
    let world = World::at("2025-03-01T09:00:00Z");
    for (id, source) in [("care", CARE), ("news", NEWS)] {
        at_once(world.app.put_workflow(id, source)).unwrap();
        at_once(world.app.activate(id)).unwrap();
    }
    for week in 0..52 {
        for person in 0..people {
            let kinds = ["order.completed", "page.read", "order.returned"];
            if rng.chance(2_500) {
                post(&world, kinds[rng.index(3)], &format!("{week}-{person}"), person);
            }
        }
        at_once(world.pass(Millis::minutes(7 * DAY)));
    }
    world
}

fn rehearse(world: &World, source: &str) -> Rehearsal {
    let since = world.app.now() - Millis::minutes(370 * DAY);
    at_once(world.app.rehearse(source, since)).unwrap()
}

#[test]
fn a_draft_is_given_the_past_of_everybody_and_sends_nothing() {
    let people = std::env::var("PEOPLE").ok().and_then(|many| many.parse().ok()).unwrap_or(40);
    let world = year(people);
    let went = world.mails.all();
    let watch = Watch::now();
    let same = rehearse(&world, CARE);
    println!("the past of {people} people took {:.2} s", watch.elapsed().as_secs_f64());
    let of = |subject: &str| went.iter().filter(|mail| mail.subject == subject).count() as u64;
    assert!(same.complete);
    assert_eq!(
        u64::from(same.added.messages),
        same.messages.values().sum::<u64>(),
        "what it would have cost"
    );
    assert!(same.added.looks > 0, "{same:?}");
    let sent: Vec<(&str, u64)> = same.messages.iter().map(|(step, many)| (step.as_str(), *many)).collect();
    assert_eq!(
        sent,
        [("review", of("How is it?")), ("thanks", of("Thanks"))],
        "it would have done what it did"
    );
    assert_eq!(same.really, of("How is it?") + of("Thanks"));
    assert!(same.overlaps > 0 && same.ended["exited"] > 0, "{same:?}");

    let shorter = rehearse(&world, &CARE.replace("wait: 14 days", "wait: 1 hour"));
    assert!(shorter.messages["review"] > same.messages["review"], "fewer have returned it by then");
    let capped =
        CARE.replace("kind: service", "kind: marketing\nsettings: { at most: { email: 1, per: 30 days } }");
    let capped = rehearse(&world, &capped);
    assert_eq!(capped.messages.values().sum::<u64>(), 0, "{capped:?}");
    assert!(capped.skipped["no_consent"] > 0, "{capped:?}");
    let later = at_once(world.app.rehearse(CARE, world.app.now() + Millis::minutes(1))).unwrap();
    assert_eq!((later.entered, later.really), (0, 0));
    assert_eq!(world.mails.all().len(), went.len(), "nothing is sent");
    assert!(at_once(world.app.rehearse("workflow: a\nsteps: [{ dance: now }]", later.since)).is_err());
}
