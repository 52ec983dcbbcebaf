//! What programs tell.

use expect_test::expect;
use serde_json::{Value, json};

use crate::world::World;

fn order(id: &str, total: u32) -> Value {
    json!({"id": id, "type": "order.completed", "contact": {"email": "anna@example.com"}, "data": {"total": total}})
}

#[tokio::test]
async fn one_event_or_several() {
    let world = World::bare().await;
    let answer = world.api("POST", "/v1/events", &order("o1", 80).to_string()).await;
    expect![[r#"
        202
        content-type: application/json
        {
          "accepted": [
            {
              "duplicate": false,
              "id": "o1"
            }
          ]
        }
    "#]]
    .assert_eq(&answer.shown());
    let batch = json!({"events": [order("o1", 80), order("o2", 20)]});
    world.settle().await;
    let answer = world.api("POST", "/v1/events", &batch.to_string()).await.json();
    assert_eq!(
        answer,
        json!({"accepted": [{"id": "o1", "duplicate": true}, {"id": "o2", "duplicate": false}]})
    );
}

#[tokio::test]
async fn an_event_carries_what_it_says_of_the_person() {
    let world = World::bare().await;
    let event = json!({
        "type": "newsletter.joined",
        "occurred_at": "2026-11-20T10:00:00+01:00",
        "contact": {"email": "Anna@Example.COM", "phone": "+39 333 1234567", "first_name": "Anna", "shoe_size": 38},
        "consents": [{"channel": "email", "text": "Yes please", "version": "1"}, {"channel": "sms", "purpose": "alerts"}],
    });
    let answer = world.api("POST", "/v1/events", &event.to_string()).await;
    assert_eq!(answer.status, 202);
    world.settle().await;
    let id = world.only_contact().await;
    let contact = world.api("GET", &format!("/v1/contacts/{id}"), "").await.json();
    assert_eq!(contact["fields"]["email"], "Anna@example.com");
    assert_eq!(contact["fields"]["shoe_size"], 38);
    let consents: Vec<_> = contact["consents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["channel"], &one["purpose"]))
        .collect();
    assert_eq!(consents, [(&json!("email"), &json!("marketing")), (&json!("sms"), &json!("alerts"))]);
}

#[tokio::test]
async fn an_id_names_one_event() {
    let world = World::bare().await;
    let first = order("o1", 80).to_string();
    world.api("POST", "/v1/events", &first).await;
    world.settle().await;
    assert_eq!(world.api("POST", "/v1/events", &first).await.json()["accepted"][0]["duplicate"], true);
    expect![[r#"
        409
        content-type: application/problem+json
        {
          "code": "id_reused",
          "detail": "the id `o1` was used for another event; give each event its own",
          "status": 409,
          "title": "It contradicts what is there",
          "type": "urn:flusso:problem:conflict"
        }
    "#]]
    .assert_eq(&world.api("POST", "/v1/events", &order("o1", 20).to_string()).await.shown());
}

#[tokio::test]
async fn a_key_names_events_without_an_id() {
    let world = World::bare().await;
    let mut event = order("", 80);
    event.as_object_mut().unwrap().remove("id");
    let key = format!("Bearer {}", world.key);
    let headers = [("authorization", &*key), ("content-type", "application/json"), ("idempotency-key", "k")];
    let answer = world.send("POST", "/v1/events", &headers, event.to_string().as_bytes()).await.json();
    assert_eq!(answer["accepted"][0]["id"], "k");
    let several = json!({"events": [event, event]}).to_string();
    let answer = world.send("POST", "/v1/events", &headers, several.as_bytes()).await.json();
    assert_eq!((&answer["accepted"][0]["id"], &answer["accepted"][1]["id"]), (&json!("k-0"), &json!("k-1")));
}

#[tokio::test]
async fn a_batch_has_at_most_a_hundred() {
    let world = World::bare().await;
    let batch = |count: usize| {
        let events: Vec<_> = (0..count).map(|n| order(&format!("o{n}"), 1)).collect();
        json!({ "events": events }).to_string()
    };
    let problem = world.api("POST", "/v1/events", &batch(101)).await.is_problem(413, "batch.size");
    assert_eq!(problem["errors"][0]["field"], "events");
    assert_eq!(world.queued(), 0, "none of them is taken");
    world.api("POST", "/v1/events", &batch(0)).await.is_problem(422, "batch.size");
    assert_eq!(
        world.api("POST", "/v1/events", &batch(100)).await.json()["accepted"].as_array().unwrap().len(),
        100
    );
}

#[tokio::test]
async fn what_is_wrong_is_named_with_its_place() {
    let world = World::bare().await;
    let anna = json!({"email": "anna@example.com"});
    for (event, status, code, field) in [
        (json!({"contact": anna}), 422, "json.shape", ""),
        (json!({"type": "order.completed", "contact": anna, "nonsense": 1}), 422, "json.shape", "nonsense"),
        (json!({"type": "order.completed", "contact": 7}), 422, "json.shape", "contact"),
        (json!({"type": "order", "contact": anna}), 422, "event.type", "type"),
        (json!({"type": "tag.added", "contact": anna}), 422, "event.own_type", "type"),
        (json!({"type": "order.completed"}), 422, "contact.missing", "contact"),
        (
            json!({"type": "order.completed", "contact": {"email": "anna"}}),
            422,
            "field.value",
            "contact.email",
        ),
        (json!({"type": "order.completed", "contact": {"id": 7}}), 422, "contact.id", "contact.id"),
        (json!({"type": "order.completed", "contact": {"id": "anna"}}), 422, "contact.id", "contact.id"),
        (
            json!({"type": "order.completed", "contact": anna, "occurred_at": "yesterday"}),
            422,
            "event.time",
            "occurred_at",
        ),
        (json!({"type": "email.opened", "contact": anna}), 422, "event.send", "data.send"),
        (
            json!({"type": "order.completed", "contact": anna, "consents": [{"channel": "pigeon"}]}),
            422,
            "channel.unknown",
            "consents[0].channel",
        ),
        (
            json!({"type": "order.completed", "contact": anna, "data": {"a": "a".repeat(65 << 10)}}),
            413,
            "event.size",
            "data",
        ),
    ] {
        let answer = world.api("POST", "/v1/events", &event.to_string()).await;
        assert_eq!(answer.is_problem(status, code)["errors"][0]["field"], field, "{}", answer.text);
    }
    let several = json!({"events": [order("o1", 1), {"type": "x", "contact": anna}]}).to_string();
    let problem = world.api("POST", "/v1/events", &several).await.is_problem(422, "event.type");
    assert_eq!(problem["errors"][0]["field"], "events[1].type");
    let several = json!({"events": [order("o1", 1), {"contact": anna}]}).to_string();
    let problem = world.api("POST", "/v1/events", &several).await.is_problem(422, "json.shape");
    assert_eq!(problem["errors"][0]["field"], "events[1]");
    assert_eq!(world.queued(), 0);
}

#[tokio::test]
async fn what_is_no_json_is_told_apart() {
    let world = World::bare().await;
    expect![[r#"
        400
        content-type: application/problem+json
        {
          "code": "json.broken",
          "detail": "the body is not JSON: line 1, column 9: EOF while parsing a value",
          "status": 400,
          "title": "The request can't be read",
          "type": "urn:flusso:problem:malformed"
        }
    "#]]
    .assert_eq(&world.api("POST", "/v1/events", "{\"type\": ").await.shown());
    world.api("POST", "/v1/events", "").await.is_problem(400, "json.broken");
    let key = format!("Bearer {}", world.key);
    let headers = [("authorization", &*key), ("content-type", "text/plain")];
    world.send("POST", "/v1/events", &headers, b"{}").await.is_problem(415, "content_type.unsupported");
    let big = format!("\"{}\"", "a".repeat(5 << 20));
    let problem = world.api("POST", "/v1/events", &big).await.is_problem(413, "request.size");
    assert!(problem["detail"].as_str().unwrap().contains("4 MB"));
}
