//! The life of a workflow by the API: versions with people inside, interruptions, and what is decided about one person.

use flusso_engine::time::Millis;
use serde_json::{Value, json};

use crate::world::World;

const FIRST: &str = "workflow: tips\nname: Tips\nkind: service\ntriggers: [{ event: tips.wanted }]\nsteps:\n  - { wait: 10 days, id: pause }\n  - { send email: { subject: Tip, body: One }, id: tip }\n";
const SHORTER: &str = "workflow: tips\nname: Tips\nkind: service\nsettings: { lateness: 30 days }\ntriggers: [{ event: tips.wanted }]\nsteps:\n  - { wait: 4 days, id: pause }\n  - { send email: { subject: Better, body: Two }, id: tip }\n";
const WITHOUT: &str = "workflow: tips\nname: Tips\nkind: service\ntriggers: [{ event: tips.wanted }]\nsteps:\n  - { send email: { subject: At once, body: Three }, id: tip }\n";

/// People who want tips, from the one number to the other.
async fn want(world: &World, numbers: std::ops::Range<u32>) {
    let events: Vec<Value> = numbers
        .map(|n| {
            let contact = json!({ "email": format!("p{n:02}@example.com") });
            json!({ "id": format!("wants-{n}"), "type": "tips.wanted", "contact": contact })
        })
        .collect();
    let posted = world.api("POST", "/v1/events", &json!({ "events": events }).to_string()).await;
    assert_eq!(posted.status, 202, "{}", posted.text);
    world.settle().await;
}

async fn save(world: &World, yaml: &str) -> String {
    let saved = world.put_workflow("tips", yaml).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    saved.json()["version"].as_str().unwrap().to_owned()
}

/// A call that has to succeed.
async fn call(world: &World, method: &str, path: &str, body: Value) -> Value {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let answer = world.api(method, path, &body).await;
    assert!((200..300).contains(&answer.status), "{method} {path}: {}", answer.text);
    if answer.text.is_empty() { Value::Null } else { answer.json() }
}

async fn people(world: &World) -> Vec<Value> {
    call(world, "GET", "/v1/workflows/tips/people?limit=100", Value::Null).await["items"]
        .as_array()
        .unwrap()
        .clone()
}

async fn job_of(world: &World, begun: &Value) -> Value {
    let id = begun["jobs"][0].as_str().unwrap().to_owned();
    world.settle().await;
    call(world, "GET", &format!("/v1/jobs/{id}"), Value::Null).await
}

async fn state(world: &World) -> String {
    call(world, "GET", "/v1/workflows/tips", Value::Null).await["state"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_new_version_is_previewed_then_people_go_over_and_come_back_sem_1() {
    let world = World::bare().await;
    save(&world, FIRST).await;
    call(&world, "POST", "/v1/workflows/tips/activate", Value::Null).await;
    want(&world, 0..20).await;
    world.pass(Millis::hours(6 * 24)).await;
    want(&world, 20..50).await;
    let version = save(&world, SHORTER).await;
    assert_eq!(state(&world).await, "changed");
    let before = people(&world).await;
    let how = json!({ "version": version, "people": "migrate", "over": "2 hours" });
    let preview = call(&world, "POST", "/v1/workflows/tips/preview", how.clone()).await;
    assert_eq!((&preview["inside"], &preview["complete"]), (&json!(50), &json!(true)), "{preview}");
    assert_eq!(preview["counts"], json!({ "earlier": 50 }));
    assert_eq!(preview["gone"], json!({}));
    assert_eq!(people(&world).await, before, "a preview changes nothing");
    let begun = call(&world, "POST", "/v1/workflows/tips/activate", how).await;
    let job = job_of(&world, &begun).await;
    assert_eq!(
        (&job["state"], &job["counts"], &job["failed"]),
        (&json!("done"), &preview["counts"], &json!(0))
    );
    assert!(people(&world).await.iter().all(|one| one["version"] == json!(version)));
    // Twenty are overdue by two days, and go on one after another, not all at once.
    assert!(world.subjects().is_empty());
    world.pass(Millis::minutes(40)).await;
    let some = world.subjects().len();
    assert!((1..20).contains(&some), "{some} went within the first 40 minutes of two hours");
    world.pass(Millis::hours(2)).await;
    assert_eq!(world.subjects(), vec!["Better"; 20], "in the words of the new version, each once");
    let job = job_of(&world, &call(&world, "POST", "/v1/workflows/tips/revert", Value::Null).await).await;
    assert_eq!((&job["state"], &job["failed"]), (&json!("done"), &json!(0)), "{job}");
    let back = people(&world).await;
    let who =
        |all: &[Value]| all.iter().map(|one| (one["name"].clone(), one["until"].clone())).collect::<Vec<_>>();
    let expected: Vec<_> = who(&before).into_iter().filter(|one| who(&back).contains(one)).collect();
    assert_eq!((who(&back).len(), expected.len()), (30, 30), "thirty have the due times from before");
    world.pass(Millis::hours(11 * 24)).await;
    assert_eq!(world.subjects().len(), 50, "nobody twice, nobody forgotten");
}

#[tokio::test]
async fn who_stands_at_a_step_that_is_gone_needs_a_place_to_go() {
    let world = World::bare().await;
    save(&world, FIRST).await;
    call(&world, "POST", "/v1/workflows/tips/activate", Value::Null).await;
    want(&world, 0..5).await;
    save(&world, WITHOUT).await;
    let preview = call(&world, "POST", "/v1/workflows/tips/preview", json!({ "people": "migrate" })).await;
    assert_eq!((&preview["counts"], &preview["gone"]), (&json!({ "refused": 5 }), &json!({ "pause": 5 })));
    let nowhere = json!({ "people": "migrate", "steps": { "pause": "nowhere" } });
    let answer = world.api("POST", "/v1/workflows/tips/preview", &nowhere.to_string()).await;
    answer.is_problem(422, "step.unknown");
    let how = json!({ "people": "migrate", "steps": { "pause": "tip" }, "over": "1 hour" });
    let preview = call(&world, "POST", "/v1/workflows/tips/preview", how.clone()).await;
    assert_eq!((&preview["counts"], &preview["messages"]), (&json!({ "moved": 5 }), &json!(5)));
    call(&world, "POST", "/v1/workflows/tips/activate", how).await;
    world.settle().await;
    world.pass(Millis::hours(1)).await;
    assert_eq!(world.subjects(), vec!["At once"; 5]);
    assert!(people(&world).await.is_empty());
}

#[tokio::test]
async fn an_interrupted_workflow_stands_still_until_it_is_resumed_sem_2() {
    let world = World::bare().await;
    save(&world, FIRST).await;
    call(&world, "POST", "/v1/workflows/tips/activate", Value::Null).await;
    want(&world, 0..3).await;
    world.api("POST", "/v1/workflows/tips/resume", "").await.is_problem(409, "not_interrupted");
    world.api("GET", "/v1/workflows/tips/interruption", "").await.is_problem(409, "not_interrupted");
    let begun =
        call(&world, "POST", "/v1/workflows/tips/interruption", json!({ "clocks_stop": false })).await;
    assert_eq!(job_of(&world, &begun).await["done"], 3);
    assert_eq!(state(&world).await, "interrupted");
    want(&world, 3..5).await;
    world.pass(Millis::hours(14 * 24)).await;
    assert!(world.subjects().is_empty());
    assert!(people(&world).await.iter().all(|one| one["stands_still"] == json!(true)));
    let waits = call(&world, "GET", "/v1/workflows/tips/interruption", Value::Null).await;
    assert_eq!((&waits["inside"], &waits["overdue"]), (&json!(3), &json!(3)), "{waits}");
    assert_eq!(waits["longest_overdue_seconds"], 4 * 24 * 3600);
    let overdue = call(&world, "GET", "/v1/workflows/tips/people?overdue=true", Value::Null).await;
    assert_eq!(overdue["items"].as_array().unwrap().len(), 3, "every number opens the people behind it");
    let bad = world.api("POST", "/v1/workflows/tips/resume", r#"{"over":"a while"}"#).await;
    bad.is_problem(422, "over.unreadable");
    call(&world, "POST", "/v1/workflows/tips/resume", json!({ "enroll_missed": true, "over": "2 hours" }))
        .await;
    world.settle().await;
    world.pass(Millis::hours(3)).await;
    assert_eq!(state(&world).await, "active");
    let still = people(&world).await;
    assert_eq!(still.len(), 2, "those who missed their entry are inside: {still:?}");
    assert!(world.subjects().is_empty(), "four days late is too late for a message: {:?}", world.subjects());
    world.pass(Millis::hours(11 * 24)).await;
    assert_eq!(world.subjects(), vec!["Tip"; 2]);
}

#[tokio::test]
async fn a_stopped_workflow_cancels_those_inside_and_can_be_put_away_sem_2() {
    let world = World::bare().await;
    save(&world, FIRST).await;
    call(&world, "POST", "/v1/workflows/tips/activate", Value::Null).await;
    want(&world, 0..3).await;
    world.api("POST", "/v1/workflows/tips/archive", "").await.is_problem(409, "workflow_active");
    world
        .api("POST", "/v1/workflows/tips/stop", r#"{"confirm":"tip"}"#)
        .await
        .is_problem(422, "stop.unconfirmed");
    let begun = call(&world, "POST", "/v1/workflows/tips/stop", json!({ "confirm": "tips" })).await;
    assert_eq!(job_of(&world, &begun).await["done"], 3);
    assert_eq!((state(&world).await.as_str(), people(&world).await.len()), ("stopped", 0));
    world
        .api("POST", "/v1/workflows/tips/stop", r#"{"confirm":"tips"}"#)
        .await
        .is_problem(409, "workflow_not_active");
    call(&world, "POST", "/v1/workflows/tips/archive", Value::Null).await;
    assert_eq!(state(&world).await, "archived");
    call(&world, "POST", "/v1/workflows/tips/unarchive", Value::Null).await;
    call(&world, "POST", "/v1/workflows/tips/activate", Value::Null).await;
    want(&world, 3..4).await;
    assert_eq!((state(&world).await.as_str(), people(&world).await.len()), ("active", 1));
}

#[tokio::test]
async fn versions_are_kept_and_taken_up_again_sh_60() {
    let world = World::bare().await;
    let first = save(&world, FIRST).await;
    call(&world, "POST", "/v1/workflows/tips/activate", json!({ "version": first })).await;
    world.pass(Millis::hours(1)).await;
    let second = save(&world, SHORTER).await;
    let late =
        world.api("POST", "/v1/workflows/tips/activate", &json!({ "version": first }).to_string()).await;
    late.is_problem(409, "version_changed");
    let versions = call(&world, "GET", "/v1/workflows/tips/versions", Value::Null).await;
    let told: Vec<_> = versions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["version"].clone(),
                one["active"].clone(),
                one["newest"].clone(),
                one["activated"].as_array().unwrap().len(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [(json!(second), json!(false), json!(true), 0), (json!(first), json!(true), json!(false), 1)]
    );
    let one = call(&world, "GET", &format!("/v1/workflows/tips/versions/{first}"), Value::Null).await;
    assert_eq!((&one["source"], &one["saved_by"]), (&json!(FIRST), &json!("api:shop")));
    world.api("GET", "/v1/workflows/tips/versions/ver_none", "").await.is_problem(404, "version.unknown");
    let restored =
        call(&world, "POST", &format!("/v1/workflows/tips/versions/{first}/restore"), Value::Null).await;
    assert_eq!((&restored["version"], state(&world).await.as_str()), (&json!(first), "active"));
}

#[tokio::test]
async fn one_person_is_put_off_moved_and_taken_out_by_hand() {
    let world = World::bare().await;
    save(&world, FIRST).await;
    call(&world, "POST", "/v1/workflows/tips/activate", Value::Null).await;
    want(&world, 0..1).await;
    let one = people(&world).await.remove(0);
    let path = format!(
        "/v1/contacts/{}/enrollments/{}",
        one["contact"].as_str().unwrap(),
        one["enrollment"].as_str().unwrap()
    );
    let put_off =
        call(&world, "POST", &path, json!({ "do": "reschedule", "at": "2026-12-24T08:00:00Z" })).await;
    assert_eq!(put_off["enrollments"][0]["until"]["utc"], "2026-12-24T08:00:00Z");
    let refused = world.api("POST", &path, r#"{"do":"move_to","step":"nowhere"}"#).await;
    refused.is_problem(409, "step_unknown");
    world
        .api("POST", &path, r#"{"do":"reschedule","at":"tomorrow"}"#)
        .await
        .is_problem(422, "time.unreadable");
    world.api("POST", &path, r#"{"do":"dance"}"#).await.is_problem(422, "json.shape");
    call(&world, "POST", &path, json!({ "do": "skip_wait" })).await;
    world.settle().await;
    assert_eq!(world.subjects(), ["Tip"]);
    world.api("POST", &path, r#"{"do":"remove"}"#).await.is_problem(404, "enrollment.unknown");
    let posted = json!({ "type": "enrollment.remove", "contact": { "email": "p00@example.com" } });
    world.api("POST", "/v1/events", &posted.to_string()).await.is_problem(422, "event.own_type");
}
