//! The card of a contact: all that is known of one person, in one answer.

use flusso_engine::time::Millis;
use serde_json::{Value, json};

use crate::world::World;

async fn made(world: &World, path: &str, body: Value) {
    let answer = world.api("POST", path, &body.to_string()).await;
    assert!(answer.status < 300, "{path}: {}", answer.text);
}

fn count(card: &Value, pointer: &str) -> usize {
    card.pointer(pointer).and_then(Value::as_array).map_or(0, Vec::len)
}

/// KC-02, KC-03, KC-04, KC-16, KC-27, KC-37, KC-38, KC-39, KC-55, KC-58, KC-82, KC-83, KC-84, KC-85: who sends a form has a
/// card, and there is one; it shows the passage through the workflow with its step and what it waits for, tags, segments, all
/// seven sections of what was done, and the whole timeline page by page, which is proven to be whole.
#[tokio::test]
async fn a_card_has_everything() {
    let world = World::new().await;
    let segment = json!({ "name": "Da Roma", "who": { "field": { "city": "Roma" } } });
    let put = world.api("PUT", "/v1/segments/da-roma", &segment.to_string()).await;
    assert_eq!(put.status, 200, "{}", put.text);
    world.submit("first_name=Anna&email=anna%40example.com&newsletter=on").await;
    world.settle().await;
    let anna = world.only_contact().await;
    let path = format!("/v1/contacts/{anna}");
    let told = json!({ "type": "crm.synced", "contact": { "email": "anna@example.com", "city": "Roma" } });
    made(&world, "/v1/events", told).await;
    world.pass(Millis::minutes(10)).await;
    assert_eq!(world.only_contact().await, anna, "the same address is the same person");

    let deal = json!({ "title": "Cucina", "pipeline": "Vendite", "stage": "Nuovo" });
    made(&world, &format!("{path}/deals"), deal).await;
    made(&world, &format!("{path}/tasks"), json!({ "title": "Chiamare", "assignee": "giulia" })).await;
    made(&world, &format!("{path}/notes"), json!({ "text": "Preferisce la mattina" })).await;
    let appointment = json!({ "calendar": "showroom", "starts_at": "2026-12-01T09:00:00Z" });
    made(&world, &format!("{path}/appointments"), appointment).await;
    made(&world, &format!("{path}/payments"), json!({ "amount": 4900, "currency": "EUR" })).await;
    let invoice = json!({ "number": "7", "amount": 12000, "currency": "EUR", "due": "2026-12-31T00:00:00Z" });
    made(&world, &format!("{path}/invoices"), invoice).await;
    made(&world, &format!("{path}/documents?name=contratto.txt"), json!("Contratto")).await;
    let company = format!("{path}/associations/employer/Bottega");
    assert_eq!(world.api("PUT", &company, "").await.status, 204);
    assert_eq!(world.api("PUT", &format!("{path}/tags/promo"), "").await.status, 200);
    world.settle().await;

    let card = world.api("GET", &format!("{path}/card"), "").await.json();
    let inside = &card["contact"]["enrollments"][0];
    assert_eq!((&inside["workflow"], &inside["step"]), (&json!("benvenuto-iscritti"), &json!("wait-1")));
    assert_eq!(inside["until"]["utc"], "2026-11-22T09:00:00Z");
    assert!(inside["version"].as_str().unwrap().starts_with("ver_"), "{inside}");
    assert_eq!(card["contact"]["created_at"]["utc"], "2026-11-21T09:00:00Z");
    assert_eq!(card["contact"]["changed_at"]["utc"], "2026-11-21T09:10:00Z");
    let tags = card["contact"]["tags"].as_array().unwrap();
    assert!(tags.iter().any(|tag| tag["name"] == "promo"), "{tags:?}");
    assert!(card["segments"]["da-roma"]["utc"].is_string(), "{}", card["segments"]);
    for (section, pointer) in [
        ("tasks", "/records/task"),
        ("appointments", "/records/appointment"),
        ("invoices", "/records/invoice"),
        ("deals", "/records/deal"),
        ("notes", "/notes"),
        ("documents", "/documents"),
        ("associations", "/associations"),
        ("messages", "/conversations/email"),
    ] {
        assert_eq!(count(&card, pointer), 1, "{section}: {card}");
    }
    assert_eq!(card["purchases"]["lifetime_value"], json!({ "EUR": 4900 }));

    let (mut records, mut cursor) = (0, String::new());
    loop {
        let page = world.api("GET", &format!("{path}/timeline?limit=5{cursor}"), "").await.json();
        records += count(&page, "/items");
        let Some(next) = page["cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let newest = card["activity"]["items"][0]["revision"].as_u64().unwrap();
    assert_eq!(u64::try_from(records).unwrap(), newest, "every record since the first");
    assert_eq!(world.api("GET", &format!("{path}/audit/verify"), "").await.json()["holds"], true);
}

/// KC-12, KC-87: a quiz has a section once it was completed: what came of it the last time, and the answers.
#[tokio::test]
async fn a_quiz_is_on_the_card_once_it_was_completed() {
    let world = World::bare().await;
    let quiz = |id: &str, at: &str, score: u32| {
        json!({
            "type": "quiz.completed", "id": id, "occurred_at": at, "contact": { "email": "anna@example.com" },
            "data": { "quiz": "stile", "score": score, "result": "classico", "answers": { "Colore": "blu", "Taglia": 42 } },
        })
    };
    let told = json!({ "type": "crm.synced", "contact": { "email": "anna@example.com" } });
    made(&world, "/v1/events", told).await;
    world.settle().await;
    let path = format!("/v1/contacts/{}/card", world.only_contact().await);
    assert_eq!(world.api("GET", &path, "").await.json()["quizzes"], Value::Null);
    // The newest counts, whichever comes last.
    for (id, at, score) in [("q2", "2026-11-21T08:30:00Z", 8), ("q1", "2026-11-21T08:00:00Z", 6)] {
        made(&world, "/v1/events", quiz(id, at, score)).await;
        world.settle().await;
    }
    let card = world.api("GET", &path, "").await.json();
    let kept = &card["quizzes"]["stile"];
    assert_eq!((&kept["score"], &kept["result"]), (&json!(8), &json!("classico")));
    assert_eq!(kept["answers"], json!({ "Colore": "blu", "Taglia": 42 }));
    assert_eq!(kept["at"]["utc"], "2026-11-21T08:30:00Z");
}
