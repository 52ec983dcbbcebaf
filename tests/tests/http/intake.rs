//! Who is taken in when a workflow is activated, and which waits another zone of the account moves: counted before it is
//! done (SEM-1, SEM-19).

use flusso_engine::time::Millis;
use serde_json::{Value, json};

use crate::world::World;

const THANKS: &str = "workflow: thanks\nname: Thanks\nkind: service\ntriggers: [{ event: order.completed, where: { data.total: { at least: 50 } } }]\nsteps:\n  - { wait: 1 hour }\n  - { send email: { subject: \"Thanks for {{ event.total | default(0) }}\", body: Hi } }\n";
const MONDAY: &str = "workflow: monday\nname: Monday\nkind: service\ntriggers: [{ event: news.wanted }]\nsteps:\n  - { wait: { until: monday at 09:00 } }\n  - { send email: { subject: News, body: Hi } }\n";

async fn tell(world: &World, event: Value) {
    let answer = world.api("POST", "/v1/events", &event.to_string()).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    world.settle().await;
}

async fn order(world: &World, number: u32, total: u32) {
    let contact = json!({ "email": format!("p{number}@example.com") });
    let id = format!("order-{number}-{total}");
    tell(
        world,
        json!({ "id": id, "type": "order.completed", "contact": contact, "data": { "total": total } }),
    )
    .await;
}

/// A call that has to succeed.
async fn call(world: &World, method: &str, path: &str, body: Value) -> Value {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let answer = world.api(method, path, &body).await;
    assert!((200..300).contains(&answer.status), "{method} {path}: {}", answer.text);
    answer.json()
}

async fn jobs_done(world: &World, begun: &Value) -> Vec<Value> {
    world.settle().await;
    let mut done = Vec::new();
    for id in begun["jobs"].as_array().unwrap() {
        let job = call(world, "GET", &format!("/v1/jobs/{}", id.as_str().unwrap()), Value::Null).await;
        assert_eq!(job["state"], "done", "{job}");
        done.push(job);
    }
    done
}

async fn save(world: &World, id: &str, yaml: &str) {
    let saved = world.put_workflow(id, yaml).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
}

#[tokio::test]
async fn those_who_had_such_an_event_are_taken_in_after_a_counted_preview_sem_1() {
    let world = World::bare().await;
    order(&world, 0, 80).await;
    world.pass(Millis::hours(40 * 24)).await;
    for number in 1..6 {
        order(&world, number, 10 * number + 30).await;
    }
    order(&world, 5, 90).await;
    order(&world, 5, 20).await;
    save(&world, "thanks", THANKS).await;
    let how = json!({ "take_in": { "events_of": "30 days" } });
    let preview = call(&world, "POST", "/v1/workflows/thanks/preview", how.clone()).await;
    let intake = &preview["take_in"];
    assert_eq!((&intake["entering"], &intake["ignored"]), (&json!(4), &json!({})), "{preview}");
    assert_eq!(intake["people"].as_array().unwrap().len(), 4);
    assert_eq!(preview["inside"], 0);
    let begun = call(&world, "POST", "/v1/workflows/thanks/activate", how.clone()).await;
    jobs_done(&world, &begun).await;
    let people = call(&world, "GET", "/v1/workflows/thanks/people", Value::Null).await;
    assert_eq!(people["items"].as_array().unwrap().len(), 4, "as many as were previewed");
    // Asked for once more, nobody enters twice.
    let preview = call(&world, "POST", "/v1/workflows/thanks/preview", how.clone()).await;
    assert_eq!(preview["take_in"]["ignored"], json!({ "already_inside": 4 }), "{preview}");
    let begun = call(&world, "POST", "/v1/workflows/thanks/activate", how).await;
    jobs_done(&world, &begun).await;
    world.pass(Millis::hours(2)).await;
    let mut subjects = world.subjects();
    subjects.sort();
    assert_eq!(
        subjects,
        ["Thanks for 50", "Thanks for 60", "Thanks for 70", "Thanks for 90"],
        "by the newest event that matches"
    );
}

#[tokio::test]
async fn the_members_of_a_segment_are_taken_in() {
    let world = World::bare().await;
    for number in 0..4 {
        order(&world, number, 60).await;
    }
    let segment = json!({ "name": "Two of them", "who": { "email": ["p1@example.com", "p2@example.com"] } });
    call(&world, "PUT", "/v1/segments/two", segment).await;
    world.settle().await;
    save(&world, "thanks", THANKS).await;
    let nobody = json!({ "take_in": { "segment": "nobody" } });
    let answer = world.api("POST", "/v1/workflows/thanks/activate", &nobody.to_string()).await;
    answer.is_problem(422, "segment.unknown");
    let odd = json!({ "take_in": { "events_of": "lately" } });
    let answer = world.api("POST", "/v1/workflows/thanks/preview", &odd.to_string()).await;
    answer.is_problem(422, "take_in.unreadable");
    let how = json!({ "take_in": { "segment": "two" } });
    let preview = call(&world, "POST", "/v1/workflows/thanks/preview", how.clone()).await;
    assert_eq!(preview["take_in"]["entering"], 2, "{preview}");
    let begun = call(&world, "POST", "/v1/workflows/thanks/activate", how).await;
    jobs_done(&world, &begun).await;
    let people = call(&world, "GET", "/v1/workflows/thanks/people", Value::Null).await;
    assert_eq!(people["items"].as_array().unwrap().len(), 2);
}

/// Who waits until when, by name.
async fn until(world: &World) -> Vec<(String, String)> {
    let people = call(world, "GET", "/v1/workflows/monday/people", Value::Null).await;
    let items = people["items"].as_array().unwrap().iter();
    let mut all: Vec<_> = items
        .map(|one| {
            (one["name"].as_str().unwrap().to_owned(), one["until"]["utc"].as_str().unwrap().to_owned())
        })
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn another_zone_moves_the_waits_that_were_counted_by_it_if_asked_sem_19() {
    let world = World::bare().await;
    let mut account = call(&world, "GET", "/v1/account", Value::Null).await;
    account["zone"] = "Europe/Rome".into();
    call(&world, "PUT", "/v1/account", account.clone()).await;
    save(&world, "monday", MONDAY).await;
    call(&world, "POST", "/v1/workflows/monday/activate", Value::Null).await;
    for (name, zone) in [("anna", None), ("bruno", None), ("carla", Some("Europe/Madrid"))] {
        let mut contact = json!({ "email": format!("{name}@example.com") });
        if let Some(zone) = zone {
            contact["time_zone"] = zone.into();
        }
        tell(&world, json!({ "id": name, "type": "news.wanted", "contact": contact })).await;
    }
    let people = call(&world, "GET", "/v1/workflows/monday/people", Value::Null).await;
    let bruno =
        people["items"].as_array().unwrap().iter().find(|one| one["name"] == "bruno@example.com").unwrap();
    let path = format!(
        "/v1/contacts/{}/enrollments/{}",
        bruno["contact"].as_str().unwrap(),
        bruno["enrollment"].as_str().unwrap()
    );
    call(&world, "POST", &path, json!({ "do": "reschedule", "at": "2027-01-01T10:00:00Z" })).await;
    let before = until(&world).await;

    world
        .api("POST", "/v1/account/preview", r#"{"zone":"Mars/Olympus"}"#)
        .await
        .is_problem(422, "zone.unknown");
    let preview = call(&world, "POST", "/v1/account/preview", json!({ "zone": "America/New_York" })).await;
    assert_eq!(
        (&preview["earlier"], &preview["later"], &preview["unchanged"]),
        (&json!(0), &json!(1), &json!(2)),
        "{preview}"
    );
    assert_eq!(preview["people"][0]["name"], "anna@example.com");
    assert_eq!(until(&world).await, before, "a preview changes nothing");

    // If nothing is said, they stay.
    account["zone"] = "America/New_York".into();
    call(&world, "PUT", "/v1/account", account.clone()).await;
    world.settle().await;
    assert_eq!(until(&world).await, before);
    account["zone"] = "Europe/Rome".into();
    call(&world, "PUT", "/v1/account", account.clone()).await;
    world.settle().await;

    account["zone"] = "America/New_York".into();
    account["waits"] = "move".into();
    call(&world, "PUT", "/v1/account", account).await;
    world.settle().await;
    let after = until(&world).await;
    let at = |all: &[(String, String)], name: &str| {
        all.iter().find(|(own, _)| own == &format!("{name}@example.com")).unwrap().1.clone()
    };
    assert!(
        at(&before, "anna").ends_with("T08:00:00Z") && at(&after, "anna").ends_with("T14:00:00Z"),
        "{after:?}"
    );
    assert_eq!(at(&after, "bruno"), at(&before, "bruno"), "who was put off by hand stays");
    assert_eq!(at(&after, "carla"), at(&before, "carla"), "who has a zone of their own stays");
    let jobs = call(&world, "GET", "/v1/jobs", Value::Null).await;
    let moved =
        jobs["items"].as_array().unwrap().iter().find(|job| job["kind"] == "move_waits").unwrap().clone();
    assert_eq!(moved["counts"], json!({ "later": 1, "unchanged": 2 }), "{moved}");
}
