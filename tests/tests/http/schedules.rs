//! Workflows that begin by themselves: each member once, who joined later not, what was missed is caught up with, and each
//! by their own clock; and ten thousand birthdays.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use flusso_app::accept::EventDraft;
use flusso_engine::time::{Instant, Millis};
use flusso_tests::world::{World as Batches, at_once};
use serde_json::{Value, json};

use crate::world::World;

const MONDAY: &str = "workflow: lunedi
name: Lunedì
kind: service
triggers:
  - every: monday at 09:00
    for: { segment: attivi }
reentry: always
steps:
  - send email: { subject: La settimana, body: Ciao }
";

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

async fn tell(world: &World, kind: &str, name: &str, more: Value) {
    let mut contact = json!({ "email": format!("{name}@example.com") });
    contact.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let event = json!({ "type": kind, "contact": contact });
    let posted = world.api("POST", "/v1/events", &event.to_string()).await;
    assert_eq!(posted.status, 202, "{}", posted.text);
    world.settle().await;
}

async fn activate(world: &World, id: &str, yaml: &str) {
    let saved = world.put_workflow(id, yaml).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    let activated = world.api("POST", &format!("/v1/workflows/{id}/activate"), "").await;
    assert_eq!(activated.status, 200, "{}", activated.text);
    world.settle().await;
}

async fn pass_until(world: &World, text: &str) {
    let now = world.app.now();
    world.pass(at(text).since(now)).await;
}

/// To whom mail went, each with how often, and at which instants.
fn mails(world: &World) -> (BTreeMap<String, usize>, Vec<String>) {
    let mut times = BTreeMap::new();
    let mut instants = Vec::new();
    for mail in world.platform.mails() {
        *times.entry(mail.to.split('@').next().unwrap().to_owned()).or_default() += 1;
        instants.push(mail.at.to_string());
    }
    instants.dedup();
    (times, instants)
}

fn each(names: &[(&str, usize)]) -> BTreeMap<String, usize> {
    names.iter().map(|(name, times)| ((*name).to_owned(), *times)).collect()
}

async fn with_segment() -> World {
    let world = World::bare().await;
    let who = json!({ "who": { "status": "cliente" } }).to_string();
    assert_eq!(world.api("PUT", "/v1/segments/attivi", &who).await.status, 200);
    world.settle().await;
    world
}

#[tokio::test]
async fn on_monday_each_member_gets_it_once_and_who_joined_later_waits_a_week_kw_15() {
    let world = with_segment().await;
    tell(&world, "order.completed", "anna", json!({ "status": "cliente" })).await;
    tell(&world, "order.completed", "carlo", json!({ "status": "lead" })).await;
    activate(&world, "lunedi", MONDAY).await;
    pass_until(&world, "2026-11-23T07:59:00Z").await;
    tell(&world, "order.completed", "bea", json!({ "status": "cliente" })).await;
    assert_eq!(mails(&world).0, each(&[]));
    pass_until(&world, "2026-11-23T08:00:00Z").await;
    assert_eq!(mails(&world).0, each(&[("anna", 1), ("bea", 1)]));
    tell(&world, "order.completed", "carlo", json!({ "status": "cliente" })).await;
    tell(&world, "order.completed", "bea", json!({ "status": "perso" })).await;
    pass_until(&world, "2026-11-30T07:59:59Z").await;
    assert_eq!(mails(&world).0, each(&[("anna", 1), ("bea", 1)]));
    pass_until(&world, "2026-12-01T00:00:00Z").await;
    let (times, instants) = mails(&world);
    assert_eq!(times, each(&[("anna", 2), ("bea", 1), ("carlo", 1)]));
    assert_eq!(instants, ["2026-11-23T08:00:00Z", "2026-11-30T08:00:00Z"]);
    let jobs = world.api("GET", "/v1/jobs", "").await.json();
    let newest = &jobs["items"][0];
    assert_eq!(
        (&newest["kind"], &newest["occurrence"], &newest["state"], &newest["done"], &newest["started_by"]),
        (
            &json!("occurrence"),
            &json!("2026-11-30T09:00"),
            &json!("done"),
            &json!(2),
            &json!("workflow:lunedi")
        )
    );
}

#[tokio::test]
async fn who_joins_between_the_hour_and_its_job_waits_for_the_next() {
    let world = with_segment().await;
    tell(&world, "order.completed", "anna", json!({ "status": "cliente" })).await;
    activate(&world, "lunedi", MONDAY).await;
    // The hour passes, and nobody has rung it yet.
    world.platform.set(at("2026-11-23T08:00:30Z"));
    let event =
        json!({ "type": "order.completed", "contact": { "email": "bea@example.com", "status": "cliente" } });
    world.api("POST", "/v1/events", &event.to_string()).await;
    for message in world.platform.due_messages(world.app.now()) {
        assert_eq!(world.deliver(&message, 1).await, Ok(()));
    }
    world.settle().await;
    assert_eq!(mails(&world).0, each(&[("anna", 1)]));
}

#[tokio::test]
async fn what_an_outage_missed_is_caught_up_with_once() {
    let world = with_segment().await;
    tell(&world, "order.completed", "anna", json!({ "status": "cliente" })).await;
    let yaml = MONDAY.replace("send email: { subject: La settimana, body: Ciao }", "add score: 1");
    activate(&world, "lunedi", &yaml).await;
    // Three Mondays, on which nothing rang; what was to ring, and every message, is lost.
    world.platform.set(at("2026-12-08T12:00:00Z"));
    world.platform.forget();
    for _ in 0..3 {
        world.app.sweep().await.unwrap();
        world.settle().await;
    }
    let id = world.only_contact().await;
    let contact = world.app.contact(&id).await.unwrap();
    assert_eq!(contact.score(world.app.now()), 3);
    let jobs = world.app.jobs(None, 10).await.unwrap().items;
    assert_eq!(jobs.len(), 4, "one for each Monday, and that of the segment");
    pass_until(&world, "2026-12-14T08:01:00Z").await;
    let contact = world.app.contact(&id).await.unwrap();
    assert_eq!(contact.score(world.app.now()), 4, "and it goes on");
}

#[tokio::test]
async fn by_their_own_clock_each_has_their_own_hour() {
    let world = with_segment().await;
    for (name, zone) in
        [("sydney", "Australia/Sydney"), ("rome", "Europe/Rome"), ("bogota", "America/Bogota")]
    {
        tell(&world, "order.completed", name, json!({ "status": "cliente", "time_zone": zone })).await;
    }
    tell(&world, "order.completed", "lost", json!({ "status": "cliente", "time_zone": "America/Bogota" }))
        .await;
    let yaml = MONDAY.replace("    for:", "    zone: contact\n    for:");
    activate(&world, "lunedi", &yaml).await;
    pass_until(&world, "2026-11-23T06:00:00Z").await;
    assert_eq!(mails(&world).0, each(&[("sydney", 1)]));
    // A member when the first clocks came to it, and none any more by its own.
    tell(&world, "order.completed", "lost", json!({ "status": "perso" })).await;
    pass_until(&world, "2026-11-24T00:00:00Z").await;
    let (times, instants) = mails(&world);
    assert_eq!(times, each(&[("sydney", 1), ("rome", 1), ("bogota", 1)]));
    assert_eq!(instants, ["2026-11-22T22:00:00Z", "2026-11-23T08:00:00Z", "2026-11-23T14:00:00Z"]);
}

#[tokio::test]
async fn a_workflow_activated_while_it_is_that_time_somewhere_finds_who_is_still_to_come() {
    let world = with_segment().await;
    for (name, zone) in [("sydney", "Australia/Sydney"), ("bogota", "America/Bogota")] {
        tell(&world, "order.completed", name, json!({ "status": "cliente", "time_zone": zone })).await;
    }
    pass_until(&world, "2026-11-23T07:00:00Z").await;
    activate(&world, "lunedi", &MONDAY.replace("    for:", "    zone: contact\n    for:")).await;
    pass_until(&world, "2026-11-24T00:00:00Z").await;
    assert_eq!(mails(&world).0, each(&[("bogota", 1)]), "in Sydney it was Monday evening");
}

#[tokio::test]
async fn a_date_comes_once_for_a_list_sh_16() {
    let world = World::bare().await;
    let join = "workflow: iscritti
name: Iscritti
kind: service
triggers: [{ event: list.asked }]
steps: [{ add to list: Novità }]
";
    activate(&world, "iscritti", join).await;
    tell(&world, "list.asked", "anna", json!({})).await;
    tell(&world, "order.completed", "bea", json!({})).await;
    let yaml = MONDAY
        .replace("every: monday at 09:00", "on date: 2026-12-24 09:00")
        .replace("{ segment: attivi }", "{ list: Novità }");
    activate(&world, "lunedi", &yaml).await;
    pass_until(&world, "2026-12-26T00:00:00Z").await;
    let (times, instants) = mails(&world);
    assert_eq!((times, instants), (each(&[("anna", 1)]), vec!["2026-12-24T08:00:00Z".to_owned()]));
}

#[tokio::test]
async fn what_is_wrong_with_a_schedule_is_told() {
    let world = World::bare().await;
    for (from, to, code) in [
        ("monday at 09:00", "mondy at 09:00", "recurrence.unreadable"),
        ("monday at 09:00", "monday", "recurrence.unreadable"),
        ("every: monday at 09:00", "on date: 2026-12-24", "on_date.unreadable"),
        ("every: monday at 09:00", "on date: --12-24 09:00", "on_date.unreadable"),
        ("    for: { segment: attivi }", "    zone: Europe/Roma\n    for: all", "zone.unknown"),
        ("{ segment: attivi }", "everybody", "for.unreadable"),
        ("{ segment: attivi }", "{ segment: a, list: b }", "for.unreadable"),
        ("    for: { segment: attivi }\n", "", "key.missing"),
    ] {
        let answer = world.put_workflow("lunedi", &MONDAY.replace(from, to)).await;
        let problem = answer.is_problem(422, "workflow.problems");
        assert_eq!(problem["problems"][0]["code"], code, "{to}: {problem}");
    }
    let saved = world.put_workflow("lunedi", MONDAY).await.json();
    assert_eq!(saved["problems"][0]["code"], "segment.unknown", "{saved}");
}

/// The date of the two tests below.
const TODAY: &str = "1980-11-22";

const BIRTHDAY: &str = "workflow: auguri
kind: service
triggers: [{ date: { field: birth_date, every: year, at: '09:00' } }]
reentry: always
steps: [{ send email: { subject: Auguri, body: Ciao } }]
";

fn imported(id: &str, n: usize, birth_date: &str) -> EventDraft {
    let fields = json!({ "email": format!("p{n}@example.com"), "birth_date": birth_date });
    EventDraft {
        id: Some(id.to_owned()),
        kind: "contact.imported".to_owned(),
        fields: fields.as_object().unwrap().clone(),
        ..EventDraft::default()
    }
}

/// SEM-6: ten thousand contacts whose birthday is today, imported before the hour and before anything waits for it.
#[test]
fn ten_thousand_birthdays_of_today_are_kept_once_each_sem_6() {
    const PEOPLE: usize = 10_000;
    let world = Batches::at("2026-11-22T05:00:00Z");
    world.batch.store(10, Ordering::Relaxed);
    at_once(async {
        let numbers: Vec<usize> = (0..PEOPLE).collect();
        for some in numbers.chunks(100) {
            let drafts = some.iter().map(|n| imported(&format!("import-{n}"), *n, TODAY)).collect();
            world.app.accept_events("api:import", drafts, None).await.unwrap();
        }
        world.settle().await;
        world.app.put_workflow("auguri", BIRTHDAY).await.unwrap();
        let saved = world.app.activate("auguri").await.unwrap();
        let job = saved.jobs.first().unwrap();
        world.settle().await;
        let done = world.app.job(job.as_str()).await.unwrap();
        assert_eq!((done.state.as_str(), done.of, done.done, done.failed), ("done", 10_000, 10_000, 0));
        assert_eq!(world.mails.all().len(), 0, "looking at somebody fires nothing");
        let before = world.counts.snapshot();
        // 09:00 in Rome.
        world.pass(at("2026-11-22T07:59:59Z").since(world.app.now())).await;
        assert_eq!(world.mails.all().len(), 0);
        world.pass(Millis::hours(24)).await;
        let mut greeted: Vec<String> = world.mails.all().into_iter().map(|mail| mail.to).collect();
        greeted.sort();
        greeted.dedup();
        assert_eq!((greeted.len(), world.mails.all().len()), (PEOPLE, PEOPLE), "everybody, and nobody twice");
        // Correcting the date is no other birthday in the same year.
        let corrected = imported("again", 7, "1980-11-25");
        world.app.accept_events("api:import", vec![corrected], None).await.unwrap();
        world.pass(Millis::hours(24 * 7)).await;
        assert_eq!(world.mails.all().len(), PEOPLE);
        // For each: the look that plans the mail, its claim and its outcome; their alarms and records are beside.
        let rows = (world.counts.snapshot() - before).rows_committed;
        assert!(rows <= 4 * PEOPLE as u64, "{rows} rows in commits");
    });
}

/// Those whose hour has passed when they are imported are greeted next year, not late.
#[test]
fn a_birthday_imported_after_its_hour_waits_a_year_sem_6() {
    let world = Batches::at("2026-11-22T05:00:00Z");
    at_once(async {
        world.app.put_workflow("auguri", BIRTHDAY).await.unwrap();
        assert!(world.app.activate("auguri").await.unwrap().jobs.len() == 1);
        assert!(world.app.activate("auguri").await.unwrap().jobs.is_empty(), "nothing new to look for");
        world.pass(Millis::hours(4)).await;
        world.app.accept_events("api:import", vec![imported("1", 1, TODAY)], None).await.unwrap();
        world.pass(Millis::hours(24 * 300)).await;
        assert_eq!(world.mails.all().len(), 0);
        world.pass(Millis::hours(24 * 66)).await;
        assert_eq!(world.mails.all().len(), 1);
    });
}
