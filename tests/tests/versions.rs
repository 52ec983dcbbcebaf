//! Random documents, edited at random, with people at random places: a preview says what is then done, nobody does a step
//! twice, and taking it back gives everybody the due time from before (SEM-1).
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};

use flusso_app::accept::EventDraft;
use flusso_app::workflows::activate::{Activation, People};
use flusso_app::workflows::people::Whom;
use flusso_engine::ids::{EnrollmentId, StepId};
use flusso_engine::time::{Instant, Millis};
use flusso_engine::timeline::What;
use flusso_tests::sim::rng::Rng;
use flusso_tests::world::{World, at_once};
use serde_json::{Value, json};

const DOCUMENTS: u64 = 150;

/// Steps as they come: tags, mails, waits, a decision; some with names of their own.
fn steps(rng: &mut Rng) -> Vec<Value> {
    (0..3 + rng.below(6)).map(|_| step(rng)).collect()
}

fn step(rng: &mut Rng) -> Value {
    let word = rng.below(4);
    let wait = ["30 minutes", "3 hours", "1 day", "4 days", "20 days"][rng.index(5)];
    let mut step = match rng.below(7) {
        0 => json!({ "add tag": format!("tag-{word}") }),
        1 | 2 => json!({ "send email": { "subject": format!("Mail {word}"), "body": "Hello" } }),
        3 => json!({ "decide": [
            { "when": { "tag": "tag-1" }, "do": [{ "wait": wait }, { "add tag": "tag-2" }] },
            { "else": [{ "add tag": "tag-1" }] },
        ] }),
        _ => json!({ "wait": wait }),
    };
    if rng.chance(2_000) {
        step["id"] = json!(format!("own-{}", rng.below(1_000_000)));
    }
    step
}

fn edit(steps: &mut Vec<Value>, rng: &mut Rng) {
    for _ in 0..=rng.below(3) {
        let at = rng.index(steps.len());
        match rng.below(4) {
            0 => steps.insert(at, step(rng)),
            1 if steps.len() > 2 => drop(steps.remove(at)),
            2 => {
                let moved = steps.remove(at);
                steps.insert(rng.index(steps.len() + 1), moved);
            }
            _ => steps[at] = step(rng),
        }
    }
}

fn document(steps: &[Value]) -> String {
    json!({
        "workflow": "random", "kind": "service", "settings": { "lateness": "300 days" },
        "triggers": [{ "event": "random.begun" }], "steps": steps,
    })
    .to_string()
}

/// Everybody inside: when their wait is over, and in which version they are.
fn due(world: &World) -> BTreeMap<EnrollmentId, (String, Option<Instant>)> {
    let page = at_once(world.app.people_inside("random", Whom::default(), None, 100)).unwrap();
    page.items.into_iter().map(|one| (one.enrollment, (one.version.to_string(), one.until))).collect()
}

fn job_counts(world: &World, id: &str) -> (BTreeMap<String, u64>, u64) {
    let job = at_once(world.app.job(id)).unwrap();
    (job.counts.into_iter().map(|(name, many)| (name.to_string(), many)).collect(), job.failed)
}

/// Whether this was tried: the edit may be one that does nothing.
fn try_out(seed: u64, seen: &mut BTreeSet<&'static str>) {
    let mut rng = Rng::new(seed);
    let world = World::at("2026-03-02T09:00:00Z");
    let mut steps = steps(&mut rng);
    at_once(world.app.put_workflow("random", &document(&steps))).unwrap();
    at_once(world.app.activate("random")).unwrap();
    for n in 0..6 {
        let draft = EventDraft {
            id: Some(n.to_string()),
            kind: "random.begun".to_owned(),
            fields: json!({ "email": format!("p{n}@example.com") }).as_object().unwrap().clone(),
            ..EventDraft::default()
        };
        at_once(world.app.accept_events("api:test", vec![draft], None)).unwrap();
        at_once(world.pass(Millis::minutes(rng.between(1, 2 * 24 * 60))));
    }
    edit(&mut steps, &mut rng);
    let saved = at_once(world.app.put_workflow("random", &document(&steps)));
    // Two steps may have come to the same name of their own.
    let Ok(saved) = saved else { return };
    let mut how = Activation { people: People::Migrate, over: Millis::hours(1), ..Activation::default() };
    if rng.chance(5_000) {
        let gone = at_once(world.app.preview("random", &how)).unwrap().gone;
        how.steps = gone.into_keys().map(|step| (step, None::<StepId>)).collect();
    }
    let before = due(&world);
    let preview = at_once(world.app.preview("random", &how)).unwrap();
    let activated = at_once(world.app.activate_as("random", &how, "test")).unwrap();
    at_once(world.settle());
    let Some(job) = activated.jobs.first() else { return };
    let (mut counts, refused) = job_counts(&world, job.as_str());
    if refused > 0 {
        counts.insert("refused".to_owned(), refused);
    }
    let foreseen: BTreeMap<String, u64> =
        preview.counts.iter().map(|(name, many)| (name.to_string(), *many)).collect();
    assert_eq!(counts, foreseen, "seed {seed}: what was done is what was foreseen");
    for name in ["unchanged", "earlier", "later", "exited", "refused"] {
        seen.extend(foreseen.contains_key(name).then_some(name));
    }
    if rng.chance(5_000) {
        let moved = due(&world);
        at_once(world.app.revert("random", "test")).unwrap();
        at_once(world.settle());
        let after = due(&world);
        for (id, (version, until)) in &moved {
            if *version == saved.version.as_str() && after.get(id).is_some_and(|(now, _)| now != version) {
                assert_eq!(after[id], before[id], "seed {seed}: {until:?} became another due time");
                seen.insert("reverted");
            }
        }
    }
    at_once(world.pass(Millis::hours(24 * 120)));
    assert!(due(&world).is_empty(), "seed {seed}: somebody is forgotten");
    check_lives(&world, seed, seen);
}

/// E5: no message twice; what was done before is told to be left out.
fn check_lives(world: &World, seed: u64, seen: &mut BTreeSet<&'static str>) {
    let mails = world.mails.all();
    let sends: BTreeSet<&str> = mails.iter().map(|mail| mail.send.as_str()).collect();
    assert_eq!(sends.len(), mails.len(), "seed {seed}: a message went twice");
    let contacts = at_once(world.app.contacts(None, 100)).unwrap();
    for contact in contacts.items {
        let timeline = at_once(world.app.timeline(contact.id.as_str(), None, 100)).unwrap();
        let lines: Vec<_> = timeline.items.iter().flat_map(|entry| entry.lines.clone()).collect();
        let mut planned = BTreeSet::new();
        for line in lines {
            match line.what {
                What::SendPlanned { send } => assert!(planned.insert(send), "seed {seed}: planned twice"),
                What::StepSkipped { reason } if reason == "done_before" => drop(seen.insert("done before")),
                _ => {}
            }
        }
    }
}

#[test]
fn random_edits_do_what_their_preview_says_and_can_be_taken_back() {
    let mut seen = BTreeSet::new();
    (0..DOCUMENTS).for_each(|seed| try_out(seed, &mut seen));
    let all = ["unchanged", "earlier", "later", "exited", "refused", "reverted", "done before"];
    let never: Vec<&&str> = all.iter().filter(|name| !seen.contains(**name)).collect();
    assert!(never.is_empty(), "never seen: {never:?}");
}
