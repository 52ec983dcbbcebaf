//! Bulk actions: one thing done to many contacts.

use flusso_app::ports::Clock as _;
use flusso_engine::time::Millis;
use serde_json::{Value, json};

use crate::world::{Answer, World};

const VIP: &str = "workflow: vip\nname: Vip\nkind: internal\nreentry: always\ntriggers: [{ tag added: vip }]\nsteps: [{ add score: 5 }]\n";

/// People who are known by an address each, and the ids that they have.
async fn people(world: &World, many: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..many {
        let fields = json!({ "fields": { "email": format!("p{n:03}@example.com") } });
        let made = world.api("POST", "/v1/contacts", &fields.to_string()).await;
        ids.push(made.json()["id"].as_str().unwrap().to_owned());
    }
    ids
}

async fn bulk(world: &World, asked: Value) -> Answer {
    world.api("POST", "/v1/bulk", &asked.to_string()).await
}

/// The job that a bulk action began, when it has ended.
async fn ended(world: &World, asked: Value) -> Value {
    let begun = bulk(world, asked).await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    world.settle().await;
    let job = begun.json()["job"].as_str().unwrap().to_owned();
    let job = world.api("GET", &format!("/v1/jobs/{job}"), "").await.json();
    assert_eq!((&job["state"], &job["kind"]), (&json!("done"), &json!("bulk")), "{job}");
    job
}

async fn one(world: &World, id: &str) -> Value {
    world.api("GET", &format!("/v1/contacts/{id}"), "").await.json()
}

/// KC-69, KC-70, KC-75: a tag is given to those who were ticked, with triggers and without, and the job says what came of it.
#[tokio::test]
async fn ticked_contacts_get_a_tag_with_triggers_or_without() {
    let world = World::bare().await;
    let ids = people(&world, 4).await;
    assert!(world.put_workflow("vip", VIP).await.status < 300);
    world.api("POST", "/v1/workflows/vip/activate", "{}").await;
    world.settle().await;

    let quiet = json!({ "name": "In silenzio", "add_tag": "vip", "contacts": ids[..2], "triggers": false });
    let job = ended(&world, quiet).await;
    assert_eq!(
        (&job["name"], &job["done"], &job["counts"]),
        (&json!("In silenzio"), &json!(2), &json!({ "changed": 2 }))
    );
    for id in &ids[..2] {
        let contact = one(&world, id).await;
        assert_eq!((&contact["tags"][0]["name"], &contact["score"]), (&json!("vip"), &json!(0)), "{contact}");
    }
    let job = ended(&world, json!({ "name": "Promo", "add_tag": "vip", "all": true })).await;
    assert_eq!((&job["done"], &job["counts"]), (&json!(4), &json!({ "changed": 2, "unchanged": 2 })));
    let mut scores = Vec::new();
    for id in &ids {
        scores.push(one(&world, id).await["score"].as_i64().unwrap());
    }
    assert_eq!(scores, [0, 0, 5, 5], "only what is new fires");
}

/// KC-70: fields, lists and groups of the members of a list; a field that is one person's own is refused, and so is what is
/// no value of its field.
#[tokio::test]
async fn fields_and_lists_are_set_for_many() {
    let world = World::bare().await;
    let ids = people(&world, 3).await;
    ended(&world, json!({ "name": "Lista", "join_list": "Novità", "contacts": ids[1..] })).await;
    ended(&world, json!({ "name": "Corso", "join_group": "allievi", "list": "Novità" })).await;
    let set = json!({ "name": "Città", "set": { "city": "Roma", "owner": "giulia" }, "list": "Novità" });
    assert_eq!(ended(&world, set).await["counts"], json!({ "changed": 2 }));
    assert_eq!(one(&world, &ids[0]).await["fields"]["city"], Value::Null);
    for id in &ids[1..] {
        let fields = one(&world, id).await["fields"].clone();
        assert_eq!((&fields["city"], &fields["owner"]), (&json!("Roma"), &json!("giulia")));
        let groups = world.api("GET", &format!("/v1/contacts/{id}/groups"), "").await.json();
        assert_eq!(groups["items"][0]["name"], "allievi");
    }
    ended(&world, json!({ "name": "Via", "set": { "city": null }, "all": true })).await;
    assert_eq!(one(&world, &ids[1]).await["fields"]["city"], Value::Null);

    for (asked, code) in [
        (json!({ "name": "x", "set": { "email": "a@example.com" }, "all": true }), "bulk.own"),
        (json!({ "name": "x", "set": { "birth_date": "ieri" }, "all": true }), "field.value"),
        (json!({ "name": "x", "add_tag": "a", "remove_tag": "b", "all": true }), "bulk.what"),
        (json!({ "name": "x", "add_tag": "a" }), "bulk.whom"),
        (json!({ "name": "x", "add_tag": "a", "all": true, "list": "Novità" }), "bulk.whom"),
        (json!({ "name": " ", "add_tag": "a", "all": true }), "bulk.name"),
        (json!({ "name": "x", "add_tag": "x".repeat(101), "all": true }), "event.data"),
        (json!({ "name": "x", "add_tag": "a", "contacts": [] }), "contacts.size"),
    ] {
        bulk(&world, asked).await.is_problem(422, code);
    }
    bulk(&world, json!({ "name": "x", "add_tag": "a", "segment": "none" }))
        .await
        .is_problem(404, "segment.unknown");
    let unknown = ended(&world, json!({ "name": "x", "add_tag": "a", "contacts": ["con_none"] })).await;
    assert_eq!((&unknown["failed"], &unknown["done"]), (&json!(1), &json!(1)));
}

/// KC-69: all who fulfil a condition, as they were when it began: taking the tag away by which they were chosen passes over
/// nobody.
#[tokio::test]
async fn all_who_match_are_frozen_when_it_begins() {
    let world = World::bare().await;
    let ids = people(&world, 150).await;
    ended(&world, json!({ "name": "Prima", "add_tag": "vecchio", "contacts": ids[..120] })).await;
    let job =
        ended(&world, json!({ "name": "Via", "remove_tag": "vecchio", "who": { "tag": "vecchio" } })).await;
    assert_eq!((&job["done"], &job["of"], &job["over"]["what"]), (&json!(120), &json!(120), &json!("who")));
    assert_eq!(job["counts"], json!({ "changed": 120 }));
    let left = world.api("POST", "/v1/filters", r#"{"who":{"tag":"vecchio"}}"#).await.json();
    assert_eq!((&left["seen"], &left["matches"]), (&json!(150), &json!(0)));
    let wrong = json!({ "name": "x", "add_tag": "a", "who": { "citty of birth": 1 } });
    bulk(&world, wrong).await.is_problem(422, "segment.problems");
    bulk(&world, json!({ "name": "x", "add_tag": "a", "who": { "segment": "none" } }))
        .await
        .is_problem(422, "segment.unknown");
}

/// KC-75: the same request is the same job, and a job that is interrupted in the midst touches nobody twice.
#[tokio::test]
async fn a_bulk_action_is_done_once() {
    let world = World::bare().await;
    people(&world, 200).await;
    let bearer = format!("Bearer {}", world.key);
    let headers =
        [("authorization", &*bearer), ("content-type", "application/json"), ("idempotency-key", "b1")];
    let asked = json!({ "name": "Promo", "add_tag": "promo", "all": true }).to_string();
    let first = world.send("POST", "/v1/bulk", &headers, asked.as_bytes()).await.json();
    assert_eq!(world.send("POST", "/v1/bulk", &headers, asked.as_bytes()).await.json(), first);
    let path = format!("/v1/jobs/{}", first["job"].as_str().unwrap());
    world.deliver_once().await;
    let half = world.api("GET", &path, "").await.json();
    assert_eq!((&half["done"], &half["of"]), (&json!(90), &json!(200)));
    assert!(half["ends_about"]["utc"].is_string(), "{half}");
    world.platform.set(world.platform.now() + Millis::seconds(1));
    let late = json!({ "type": "crm.synced", "id": "late", "contact": { "email": "late@example.com" } });
    assert!(world.api("POST", "/v1/events", &late.to_string()).await.status < 300);
    // The message of the first chunk comes again, and again: nobody is told twice.
    world.settle().await;
    let job = world.api("GET", &path, "").await.json();
    assert_eq!(
        (&job["state"], &job["counts"]),
        (&json!("done"), &json!({ "changed": 200 })),
        "not who came since"
    );
    assert_eq!(job["ends_about"], Value::Null);
}

const COURSE: &str = "workflow: corso\nname: Corso\nkind: internal\ntriggers: [{ event: course.started }]\nsteps: [{ set field: { city: '{{ event.city }}' } }, { wait: 30 days }]\n";

/// KC-71: before people are put into a workflow it is told how many would be passed over and why; then they are, and the
/// failures are a file.
#[tokio::test]
async fn many_enter_a_workflow_after_a_look() {
    let world = World::bare().await;
    let ids = people(&world, 5).await;
    assert!(world.put_workflow("corso", COURSE).await.status < 300);
    let asked = json!({ "name": "Corso", "enroll": "corso", "data": { "city": "Roma" }, "all": true });
    bulk(&world, asked.clone()).await.is_problem(409, "workflow_not_active");
    world.api("POST", "/v1/workflows/corso/activate", "{}").await;
    let first = json!({ "name": "Prima", "enroll": "corso", "contacts": ids[..2] });
    let begun = bulk(&world, first).await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    world.settle().await;

    let forecast = world.api("POST", "/v1/bulk/preview", &asked.to_string()).await;
    assert_eq!(forecast.status, 200, "{}", forecast.text);
    let forecast = forecast.json();
    assert_eq!((&forecast["of"], &forecast["complete"]), (&json!(5), &json!(true)));
    assert_eq!(forecast["counts"], json!({ "enrolled": 3 }));
    let (why, many) = forecast["skipped"].as_object().unwrap().iter().next().unwrap();
    assert_eq!(many, &json!(2));
    assert_eq!(
        (&forecast["people"][0]["reason"], forecast["people"].as_array().unwrap().len()),
        (&json!(why), 2)
    );
    assert_eq!(one(&world, &ids[4]).await["enrollments"], json!([]), "nothing of it is done");

    let begun = bulk(&world, asked).await.json();
    world.settle().await;
    let id = begun["job"].as_str().unwrap();
    let job = world.api("GET", &format!("/v1/jobs/{id}"), "").await.json();
    assert_eq!(
        (&job["kind"], &job["name"], &job["workflow"]),
        (&json!("enroll"), &json!("Corso"), &json!("corso"))
    );
    assert_eq!((&job["done"], &job["failed"]), (&json!(5), &json!(2)));
    assert_eq!(one(&world, &ids[4]).await["fields"]["city"], "Roma");
    let file = world.api("GET", &format!("/v1/bulk/{id}/failures.csv"), "").await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    let mut lines: Vec<&str> = file.text.split("\r\n").collect();
    assert_eq!((lines.len(), lines.remove(0), lines.pop()), (4, "contact,reason,at", Some("")));
    assert!(lines.iter().all(|line| line.ends_with(&format!(",{why},2026-11-21T09:00:00Z"))), "{lines:?}");
    world.api("GET", "/v1/bulk/job_none/failures.csv", "").await.is_problem(404, "job.unknown");
}

/// KC-71: so many an hour, and no more, also when the message of a chunk comes twice.
#[tokio::test]
async fn people_enter_slowly() {
    let world = World::bare().await;
    people(&world, 10).await;
    assert!(world.put_workflow("corso", COURSE).await.status < 300);
    world.api("POST", "/v1/workflows/corso/activate", "{}").await;
    let asked = json!({ "name": "Piano", "enroll": "corso", "all": true, "per_hour": 4 });
    let begun = bulk(&world, asked.clone()).await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    let path = format!("/v1/jobs/{}", begun.json()["job"].as_str().unwrap());
    world.settle().await;
    for (minutes, done) in [(0, 1), (14, 1), (1, 2), (45, 5), (60, 9), (15, 10), (15, 10)] {
        world.pass(Millis::minutes(minutes)).await;
        let job = world.api("GET", &path, "").await.json();
        assert_eq!(job["done"], json!(done), "after {minutes} more minutes: {job}");
    }
    assert_eq!(world.api("GET", &path, "").await.json()["state"], "done");
    for (asked, code) in [
        (json!({ "name": "x", "enroll": "corso", "all": true, "per_hour": 0 }), "bulk.pace"),
        (json!({ "name": "x", "add_tag": "a", "all": true, "per_hour": 5 }), "bulk.enroll"),
        (json!({ "name": "x", "add_tag": "a", "enroll": "corso", "all": true }), "bulk.what"),
    ] {
        bulk(&world, asked).await.is_problem(422, code);
    }
    let none = json!({ "name": "x", "enroll": "none", "all": true });
    bulk(&world, none).await.is_problem(404, "workflow.unknown");
}

/// KC-73: the open deals of many go to a stage of their pipeline; those of other pipelines, and those that have ended, stay.
#[tokio::test]
async fn deals_of_many_are_moved() {
    let world = World::bare().await;
    let ids = people(&world, 4).await;
    let stages = json!([{ "id": "Nuovo", "label": "Nuovo" }, { "id": "Proposta", "label": "Proposta" }]);
    let pipeline = json!({ "label": "Vendite", "stages": stages }).to_string();
    assert!(world.api("PUT", "/v1/pipelines/Vendite", &pipeline).await.status < 300);
    assert!(world.api("PUT", "/v1/pipelines/Cura", &pipeline).await.status < 300);
    for (person, deal, pipeline, status) in [
        (0, "a", "Vendite", "open"),
        (0, "b", "Vendite", "open"),
        (1, "c", "Cura", "open"),
        (2, "d", "Vendite", "won"),
        (3, "e", "Vendite", "open"),
    ] {
        let deal =
            json!({ "id": deal, "pipeline": pipeline, "stage": "Nuovo", "status": status, "title": deal });
        let made = world.api("POST", &format!("/v1/contacts/{}/deals", ids[person]), &deal.to_string()).await;
        assert!(made.status < 300, "{}", made.text);
    }
    let only = json!({ "name": "Una", "move_deals": { "pipeline": "Vendite", "stage": "Proposta", "deal": "e" }, "all": true });
    let asked = json!({ "name": "Avanti", "move_deals": { "pipeline": "Vendite", "stage": "Proposta" }, "all": true });
    for (asked, counts) in [
        (only, json!({ "moved": 1, "no_deal": 3 })),
        (asked.clone(), json!({ "moved": 1, "no_deal": 2, "unchanged": 1 })),
    ] {
        let forecast = world.api("POST", "/v1/bulk/preview", &asked.to_string()).await.json();
        assert_eq!(forecast["counts"], counts, "{forecast}");
        let begun = bulk(&world, asked).await;
        assert_eq!(begun.status, 202, "{}", begun.text);
        world.settle().await;
        let job = world.api("GET", &format!("/v1/jobs/{}", begun.json()["job"].as_str().unwrap()), "").await;
        assert_eq!((&job.json()["kind"], &job.json()["counts"]), (&json!("move_deals"), &counts));
    }
    for (person, deal, stage) in [
        (0, "a", "Proposta"),
        (0, "b", "Proposta"),
        (1, "c", "Nuovo"),
        (2, "d", "Nuovo"),
        (3, "e", "Proposta"),
    ] {
        let deals = world.api("GET", &format!("/v1/contacts/{}/deals", ids[person]), "").await.json();
        let own = deals["items"].as_array().unwrap().iter().find(|one| one["id"] == deal).unwrap();
        assert_eq!(own["stage"], stage, "{deals}");
    }
    for (pipeline, stage) in [("Vendite", "Altrove"), ("Altra", "Nuovo"), ("", "Nuovo"), ("Vendite", " ")] {
        let asked =
            json!({ "name": "x", "move_deals": { "pipeline": pipeline, "stage": stage }, "all": true });
        bulk(&world, asked).await.is_problem(422, "bulk.stage");
    }
}

/// KC-72: a message to many is a campaign: previewed by the gate, sent once to each that it lets through, with statistics and
/// a name that a trigger can use.
#[tokio::test]
async fn a_message_to_many_is_a_campaign() {
    let world = World::bare().await;
    let ids = people(&world, 6).await;
    let consents = json!([{ "channel": "email", "purpose": "marketing" }]);
    for id in &ids[..4] {
        let event = json!({ "type": "crm.synced", "contact": { "id": id }, "consents": consents });
        let given = world.api("POST", "/v1/events", &event.to_string()).await;
        assert_eq!(given.status, 202, "{}", given.text);
    }
    world.settle().await;
    let mail = json!({ "subject": "Sconti di Natale", "body": "Ciao" });
    let asked = json!({ "name": "Promo di Natale", "send": { "email": mail }, "all": true });
    let preview = world.api("POST", "/v1/bulk/preview", &asked.to_string()).await;
    assert_eq!(preview.status, 200, "{}", preview.text);
    let preview = preview.json();
    assert_eq!((&preview["of"], &preview["counts"]), (&json!(6), &json!({ "sent": 4 })), "{preview}");
    assert_eq!(preview["skipped"], json!({ "no_consent": 2 }), "{preview}");
    world.api("GET", "/v1/workflows/campaign-promo-di-natale", "").await.is_problem(404, "workflow.unknown");

    let begun = bulk(&world, asked.clone()).await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    world.settle().await;
    world.count().await;
    assert_eq!(world.subjects(), vec!["Sconti di Natale"; 4]);
    let numbers = world.api("GET", "/v1/statistics/campaign-promo-di-natale", "").await.json();
    assert_eq!((&numbers["entered"], &numbers["completed"]), (&json!(6), &json!(6)), "{numbers}");
    let message = &numbers["steps"][0];
    assert_eq!((&message["step"], &message["sent"]), (&json!("message"), &json!(4)), "{numbers}");
    assert_eq!(message["skipped"], json!({ "no_consent": 2 }));

    // The same once more reaches nobody twice; another of that name is refused.
    assert_eq!(bulk(&world, asked).await.status, 202);
    world.settle().await;
    assert_eq!(world.subjects().len(), 4);
    let other = json!({ "name": "Promo di natale", "send": { "email": { "subject": "Altro", "body": "x" } }, "all": true });
    bulk(&world, other).await.is_problem(409, "campaign_exists");
    let broken =
        json!({ "name": "Rotta", "send": { "email": { "body": "{{ contact.nothing }}" } }, "all": true });
    assert_eq!(bulk(&world, broken).await.json()["code"], "workflow.problems");
    for (send, code) in [(json!({}), "bulk.message"), (json!({ "email": {}, "sms": {} }), "bulk.message")] {
        let asked = json!({ "name": "x", "send": send, "all": true });
        bulk(&world, asked).await.is_problem(422, code);
    }

    // What becomes of it starts workflows of others.
    let opened = "workflow: aperta\nname: Aperta\nkind: internal\ntriggers: [{ email opened: { workflow: campaign-promo-di-natale } }]\nsteps: [{ add tag: curioso }]\n";
    assert!(world.put_workflow("aperta", opened).await.status < 300);
    let active = world.api("POST", "/v1/workflows/aperta/activate", "{}").await;
    assert!(active.status < 300, "{}", active.text);
    world.settle().await;
    let send = world.platform.mails()[0].send.clone();
    let draft = flusso_app::accept::EventDraft {
        kind: "email.opened".to_owned(),
        data: json!({ "send": send, "class": "human" }).as_object().unwrap().clone(),
        ..flusso_app::accept::EventDraft::default()
    };
    world.app.accept_feedback(vec![draft]).await.unwrap();
    world.settle().await;
    let found = world.api("POST", "/v1/filters", r#"{"who":{"tag":"curioso"}}"#).await.json();
    assert_eq!(found["matches"], 1, "{found}");

    // When it is over it makes room: the next campaign stops it.
    world.pass(flusso_engine::time::Millis::hours(25)).await;
    let next = json!({ "name": "Saldi", "send": { "email": { "subject": "Saldi", "body": "x" }, "kind": "service" }, "contacts": ids[..1] });
    assert_eq!(bulk(&world, next).await.status, 202);
    world.settle().await;
    let before = world.api("GET", "/v1/workflows/campaign-promo-di-natale", "").await.json();
    assert_eq!(before["state"], "stopped", "{before}");
    assert_eq!(world.subjects().len(), 5);
}
