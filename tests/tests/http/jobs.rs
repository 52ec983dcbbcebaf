//! Jobs: people are put into workflows, segments find their members, schedules have their times; paused, resumed, ended,
//! and nothing twice.

use std::collections::BTreeMap;

use flusso_engine::ids::{ContactId, JobId};
use flusso_engine::time::Millis;
use flusso_store::keys::job::Over;
use serde_json::{Value, json};

use crate::world::{Answer, World};

const TAGGED: &str = "workflow: tagged\nname: Tagged\nkind: service\ntriggers: [{ started: by hand }]\nreentry: always\nsteps:\n  - add tag: done\n  - wait: 1 day\n";

/// People with an address each, some in Rome.
async fn people(world: &World, many: usize) -> Vec<String> {
    for some in (0..many).collect::<Vec<_>>().chunks(100) {
        let events: Vec<Value> = some
            .iter()
            .map(|n| {
                let city = if n % 2 == 0 { "Roma" } else { "Milano" };
                let contact = json!({ "email": format!("p{n:03}@example.com"), "city": city });
                json!({ "id": format!("new-{n}"), "type": "contact.imported", "contact": contact })
            })
            .collect();
        let posted = world.api("POST", "/v1/events", &json!({ "events": events }).to_string()).await;
        assert_eq!(posted.status, 202, "{}", posted.text);
    }
    world.settle().await;
    contacts(world).await
}

async fn contacts(world: &World) -> Vec<String> {
    let mut ids = Vec::new();
    let mut path = "/v1/contacts?limit=100".to_owned();
    loop {
        let page = world.api("GET", &path, "").await.json();
        ids.extend(
            page["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()),
        );
        match page["cursor"].as_str() {
            Some(cursor) => path = format!("/v1/contacts?limit=100&cursor={cursor}"),
            None => return ids,
        }
    }
}

async fn activate(world: &World, id: &str, yaml: &str) -> Value {
    let saved = world.put_workflow(id, yaml).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    let activated = world.api("POST", &format!("/v1/workflows/{id}/activate"), "").await;
    assert_eq!(activated.status, 200, "{}", activated.text);
    activated.json()
}

async fn put_segment(world: &World, id: &str, who: Value) -> Value {
    let put = world.api("PUT", &format!("/v1/segments/{id}"), &json!({ "who": who }).to_string()).await;
    assert_eq!(put.status, 200, "{}", put.text);
    put.json()
}

async fn enroll(world: &World, workflow: &str, body: Value) -> Answer {
    world.api("POST", &format!("/v1/workflows/{workflow}/enroll"), &body.to_string()).await
}

async fn job(world: &World, id: &str) -> Value {
    world.api("GET", &format!("/v1/jobs/{id}"), "").await.json()
}

fn progress(job: &Value) -> (String, u64, Option<u64>, u64) {
    let number = |name: &str| job[name].as_u64();
    (
        job["state"].as_str().unwrap().to_owned(),
        number("done").unwrap(),
        number("of"),
        number("failed").unwrap(),
    )
}

fn stands(state: &str, done: u64, of: u64, failed: u64) -> (String, u64, Option<u64>, u64) {
    (state.to_owned(), done, Some(of), failed)
}

/// How often each contact has entered a workflow.
async fn entries(world: &World, workflow: &str) -> BTreeMap<u32, usize> {
    let mut times = BTreeMap::new();
    for id in contacts(world).await {
        let contact = world.app.contact(&id).await.unwrap();
        let entered = contact.state.past.iter().find(|(known, _)| known.as_str() == workflow);
        *times.entry(entered.map_or(0, |(_, past)| past.entries)).or_default() += 1;
    }
    times
}

#[tokio::test]
async fn one_contact_enters_at_once_kc_15() {
    let world = World::bare().await;
    let id = people(&world, 1).await.remove(0);
    enroll(&world, "tagged", json!({ "contact": id })).await.is_problem(404, "workflow.unknown");
    world.put_workflow("tagged", TAGGED).await;
    enroll(&world, "tagged", json!({ "contact": id })).await.is_problem(409, "workflow_not_active");
    activate(&world, "tagged", TAGGED).await;
    let entered = enroll(&world, "tagged", json!({ "contact": id })).await;
    assert_eq!((entered.status, &entered.json()["enrolled"]), (200, &json!(true)), "{}", entered.text);
    assert!(entered.json()["enrollment"].as_str().unwrap().starts_with("enr_"));
    let again = enroll(&world, "tagged", json!({ "contact": id })).await.json();
    assert_eq!((&again["enrolled"], &again["reason"]), (&json!(false), &json!("already_inside")));
    enroll(&world, "tagged", json!({ "contact": "con_nobody" })).await.is_problem(404, "contact.unknown");
    for body in [json!({}), json!({ "contact": id, "list": "x" })] {
        enroll(&world, "tagged", body).await.is_problem(422, "enroll.whom");
    }
    let large = json!({ "contact": id, "data": { "x": "y".repeat(2_000) } });
    enroll(&world, "tagged", large).await.is_problem(422, "data.size");
    assert!(world.app.contact(&id).await.unwrap().profile.tags.contains_key("done"));
}

#[tokio::test]
async fn the_same_request_counts_once() {
    let world = World::bare().await;
    let id = people(&world, 1).await.remove(0);
    activate(&world, "tagged", TAGGED).await;
    let key = format!("Bearer {}", world.key);
    let headers = [("authorization", &*key), ("content-type", "application/json"), ("idempotency-key", "k1")];
    let send = |body: Value| {
        let (world, headers) = (&world, &headers);
        async move {
            world.send("POST", "/v1/workflows/tagged/enroll", headers, body.to_string().as_bytes()).await
        }
    };
    let (one, two) = (send(json!({ "contact": id })).await, send(json!({ "contact": id })).await);
    assert_eq!((one.status, one.json()), (200, two.json()), "what came of it the first time");
    let (one, two) = (send(json!({ "contacts": [id] })).await, send(json!({ "contacts": [id] })).await);
    assert_eq!((one.status, one.json()), (202, two.json()));
    world.settle().await;
    assert_eq!(entries(&world, "tagged").await, BTreeMap::from([(1, 1)]));
    let jobs = world.api("GET", "/v1/jobs", "").await.json();
    assert_eq!(jobs["items"].as_array().unwrap().len(), 1, "{jobs}");
}

#[tokio::test]
async fn a_job_tells_how_far_it_is_and_can_be_paused_resumed_and_ended_kc_75() {
    let world = World::bare().await;
    let ids = people(&world, 250).await;
    activate(&world, "tagged", TAGGED).await;
    let begun = enroll(&world, "tagged", json!({ "contacts": ids })).await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    let id = begun.json()["job"].as_str().unwrap().to_owned();
    let at = |verb: &str| format!("/v1/jobs/{id}/{verb}");
    assert_eq!(job(&world, &id).await["of"], Value::Null, "nobody has counted yet");
    world.deliver_once().await;
    assert_eq!(progress(&job(&world, &id).await), stands("running", 90, 250, 0));
    let paused = world.api("POST", &at("pause"), "").await.json();
    assert_eq!(progress(&paused), stands("paused", 90, 250, 0));
    world.settle().await;
    assert_eq!(progress(&job(&world, &id).await), stands("paused", 90, 250, 0), "it stands still");
    // A sweep does not wake what was told to stand still.
    world.pass(Millis::hours(1)).await;
    world.app.sweep().await.unwrap();
    world.settle().await;
    assert_eq!(job(&world, &id).await["done"], 90);
    assert_eq!(world.api("POST", &at("resume"), "").await.json()["state"], "running");
    world.deliver_once().await;
    assert_eq!(progress(&job(&world, &id).await), stands("running", 180, 250, 0));
    assert_eq!(world.api("POST", &at("cancel"), "").await.json()["state"], "cancelled");
    world.settle().await;
    let ended = job(&world, &id).await;
    assert_eq!(progress(&ended), stands("cancelled", 180, 250, 0));
    assert!(ended["ended_at"]["utc"].is_string(), "{ended}");
    for verb in ["pause", "resume"] {
        world.api("POST", &at(verb), "").await.is_problem(409, "job_ended");
    }
    assert_eq!(world.api("POST", &at("cancel"), "").await.status, 200);
    assert_eq!(entries(&world, "tagged").await, BTreeMap::from([(0, 70), (1, 180)]));
    world.api("GET", "/v1/jobs/job_none", "").await.is_problem(404, "job.unknown");
    let listed = world.api("GET", "/v1/jobs", "").await.json();
    assert_eq!(listed["items"][0], ended);
    assert_eq!((&ended["kind"], &ended["started_by"]), (&json!("enroll"), &json!("api:shop")));
}

#[tokio::test]
async fn who_does_not_enter_is_listed_with_the_reason() {
    let world = World::bare().await;
    let mut ids = people(&world, 5).await;
    activate(&world, "tagged", &TAGGED.replace("reentry: always\n", "")).await;
    enroll(&world, "tagged", json!({ "contact": ids[0] })).await;
    ids.push("con_nobody".to_owned());
    let begun = enroll(&world, "tagged", json!({ "contacts": ids })).await.json();
    world.settle().await;
    let id = begun["job"].as_str().unwrap();
    assert_eq!(progress(&job(&world, id).await), stands("done", 6, 6, 2));
    let failures = world.api("GET", &format!("/v1/jobs/{id}/failures"), "").await.json();
    let reasons: BTreeMap<&str, &str> = failures["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["contact"].as_str().unwrap(), one["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(reasons, BTreeMap::from([(&*ids[0], "already_inside"), ("con_nobody", "contact_unknown")]));
    assert_eq!(entries(&world, "tagged").await, BTreeMap::from([(1, 5)]));
}

#[tokio::test]
async fn a_chunk_that_died_is_done_again_and_doubles_nothing() {
    let world = World::bare().await;
    let ids = people(&world, 100).await;
    activate(&world, "tagged", TAGGED).await;
    // One is inside already: what is told of it must stay the same as well.
    enroll(&world, "tagged", json!({ "contact": ids[3] })).await;
    let begun = enroll(&world, "tagged", json!({ "contacts": ids })).await.json();
    let id = JobId::new(begun["job"].as_str().unwrap());
    // Whoever worked on it dies before it can say how far it came, and its message is lost.
    world.platform.refuse(Some("job"));
    assert!(world.deliver_once().await[0].is_err());
    world.platform.refuse(None);
    assert_eq!(job(&world, id.as_str()).await["done"], 0);
    assert!(entries(&world, "tagged").await[&1] >= 90, "the contacts were gone over");
    world.platform.forget();
    world.pass(Millis::minutes(5)).await;
    world.app.sweep().await.unwrap();
    world.settle().await;
    assert_eq!(job(&world, id.as_str()).await["done"], 0, "somebody may still be at it");
    world.pass(Millis::minutes(6)).await;
    world.app.sweep().await.unwrap();
    world.settle().await;
    assert_eq!(progress(&job(&world, id.as_str()).await), stands("done", 100, 100, 1));
    assert_eq!(entries(&world, "tagged").await, BTreeMap::from([(1, 100)]), "nobody entered twice");
    let failures = world.app.job_failures(id.as_str(), None, 100).await.unwrap().items;
    assert_eq!(failures[0].0, ContactId::new(&*ids[3]));
    assert!(world.app.repository().open_jobs().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_message_that_comes_twice_or_late_is_nothing() {
    let world = World::bare().await;
    let ids = people(&world, 200).await;
    activate(&world, "tagged", TAGGED).await;
    let begun = enroll(&world, "tagged", json!({ "contacts": ids })).await.json();
    let first = world.platform.waiting();
    world.deliver_once().await;
    for message in &first {
        assert_eq!(world.deliver(message, 1).await, Ok(()));
    }
    let id = begun["job"].as_str().unwrap();
    assert_eq!(job(&world, id).await["done"], 90, "somebody has gone on since");
    assert_eq!(world.queued(), 1, "the next chunk, once");
}

#[tokio::test]
async fn a_segment_finds_its_members_by_a_job_and_forgets_them_kc_61() {
    let world = World::bare().await;
    people(&world, 150).await;
    let put = put_segment(&world, "roma", json!({ "city": "Roma" })).await;
    assert_eq!(put["name"], "roma");
    let id = put["job"].as_str().unwrap().to_owned();
    let members = || async {
        let page = world.api("GET", "/v1/segments/roma/members?limit=100", "").await;
        assert_eq!(page.status, 200, "{}", page.text);
        page.json()["items"].as_array().unwrap().len()
    };
    assert_eq!(members().await, 0);
    world.settle().await;
    assert_eq!(progress(&job(&world, &id).await), stands("done", 150, 150, 0));
    assert_eq!(members().await, 75);
    let same = put_segment(&world, "roma", json!({ "city": "Roma" })).await;
    assert_eq!(same.get("job"), None, "nothing has changed");
    put_segment(&world, "romani", json!({ "segment": "roma" })).await;
    world.settle().await;
    let listed = world.api("GET", "/v1/segments", "").await.json();
    assert_eq!(listed["items"][1], json!({ "id": "romani", "name": "romani" }));
    let answer = world.api("DELETE", "/v1/segments/roma", "").await;
    let problem = answer.is_problem(409, "segment_used");
    assert!(problem["detail"].as_str().unwrap().contains("the segment `romani`"), "{problem}");
    let yaml = "workflow: w\nname: W\ntriggers: [{ segment entered: romani }]\nsteps: [{ add tag: x }]\n";
    activate(&world, "w", yaml).await;
    let answer = world.api("DELETE", "/v1/segments/romani", "").await;
    assert!(answer.is_problem(409, "segment_used")["detail"].as_str().unwrap().contains("workflow `w`"));
    let yaml = yaml.replace("segment entered: romani", "started: by hand");
    activate(&world, "w", &yaml).await;
    for segment in ["romani", "roma"] {
        let gone = world.api("DELETE", &format!("/v1/segments/{segment}"), "").await;
        assert_eq!(gone.status, 202, "{}", gone.text);
        world.settle().await;
        let job = job(&world, gone.json()["job"].as_str().unwrap()).await;
        assert_eq!(progress(&job), stands("done", 75, 75, 0));
    }
    world.api("GET", "/v1/segments/roma", "").await.is_problem(404, "segment.unknown");
    world.api("GET", "/v1/segments/roma/members", "").await.is_problem(404, "segment.unknown");
    for id in contacts(&world).await {
        assert_eq!(world.app.contact(&id).await.unwrap().state.segments().count(), 0);
    }
    let over = Over::Segment { name: "roma".into() };
    let (rows, _) =
        world.app.repository().walk(&over, &flusso_store::keys::job::Cursor::default(), 100).await.unwrap();
    assert!(rows.is_empty(), "the index is tidy");
    let unreadable = world.api("PUT", "/v1/segments/x", r#"{"who":{"ctiy of birth":1}}"#).await;
    unreadable.is_problem(422, "segment.problems");
    world.api("PUT", "/v1/segments/x", r#"{"who":{"segment":"x"}}"#).await.is_problem(422, "segment.circle");
}

#[tokio::test]
async fn a_segment_is_put_into_a_workflow_kc_71() {
    let world = World::bare().await;
    people(&world, 120).await;
    put_segment(&world, "roma", json!({ "city": "Roma" })).await;
    activate(&world, "tagged", TAGGED).await;
    world.settle().await;
    enroll(&world, "tagged", json!({ "segment": "none" })).await.is_problem(404, "segment.unknown");
    let begun = enroll(&world, "tagged", json!({ "segment": "roma" })).await.json();
    world.settle().await;
    assert_eq!(progress(&job(&world, begun["job"].as_str().unwrap()).await), stands("done", 60, 60, 0));
    assert_eq!(entries(&world, "tagged").await, BTreeMap::from([(0, 60), (1, 60)]));
}

#[tokio::test]
async fn a_job_whose_workflow_is_gone_fails_and_says_so() {
    let world = World::bare().await;
    let ids = people(&world, 3).await;
    activate(&world, "tagged", TAGGED).await;
    let begun = enroll(&world, "tagged", json!({ "contacts": ids })).await.json();
    let mut head = world.app.repository().head().await.unwrap();
    head.workflows.clear();
    head.number += 1;
    world.app.repository().change_head(&head, &[]).await.unwrap();
    world.settle().await;
    let job = job(&world, begun["job"].as_str().unwrap()).await;
    assert_eq!((&job["state"], &job["reason"]), (&json!("failed"), &json!("workflow_not_active")));
}

#[tokio::test]
async fn colleagues_and_coupons_are_put_and_read_back() {
    let world = World::bare().await;
    let giulia = json!({ "name": "Giulia Verdi", "email": "giulia@shop.example", "phone": "+393331234567", "role": "operator" });
    let put = world.api("PUT", "/v1/users/giulia", &giulia.to_string()).await;
    assert_eq!((put.status, put.json()), (200, giulia.clone()));
    assert_eq!(world.api("GET", "/v1/users/giulia", "").await.json(), giulia);
    let listed = world.api("GET", "/v1/users", "").await.json();
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["name"]), (&json!("giulia"), &giulia["name"]));
    world.api("GET", "/v1/users/marco", "").await.is_problem(404, "user.unknown");
    let wrong = json!({ "name": "M", "email": "m@shop.example", "phone": "12" });
    world.api("PUT", "/v1/users/marco", &wrong.to_string()).await.is_problem(422, "phone.unreadable");

    let codes = json!({ "codes": ["A-1", "A-2", "A-3"] }).to_string();
    let put = || world.api("POST", "/v1/coupons/tshirt-10", &codes);
    assert_eq!(put().await.json(), json!({ "added": 3 }));
    let yaml = "workflow: gift\nname: Gift\nkind: service\ntriggers: [{ started: by hand }]\nsteps:\n  - reserve coupon: { pool: tshirt-10 }\n  - wait: 1 day\n";
    activate(&world, "gift", yaml).await;
    let id = people(&world, 1).await.remove(0);
    enroll(&world, "gift", json!({ "contact": id })).await;
    world.settle().await;
    assert_eq!(put().await.json(), json!({ "added": 0 }), "nobody's code comes back");
    let pools = world.api("GET", "/v1/coupons", "").await.json();
    assert_eq!(pools, json!({ "items": [{ "id": "tshirt-10", "left": 2, "given": 1 }] }));
    let wrong = world.api("POST", "/v1/coupons/p", r#"{"codes":["a","b c"]}"#).await;
    assert_eq!(wrong.is_problem(422, "code.unfit")["errors"][0]["field"], "codes[1]");
    world.api("POST", "/v1/coupons/p", r#"{"codes":[]}"#).await.is_problem(422, "codes.size");
}
