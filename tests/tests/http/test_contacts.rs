//! Contacts with whom workflows are tried out.

use serde_json::json;

use crate::world::World;

const TRIED: &str = "
workflow: tried
name: Tried
kind: service
triggers: [{ event: order.completed }]
reentry: always
settings: { messages from: '2030-01-01T00:00:00Z' }
steps:
  - send email: { subject: One, body: Ciao }
  - wait: 3 weeks
  - send email: { subject: Two, body: Ciao }
";

async fn order(world: &World, id: &str) {
    let event = json!({ "id": id, "type": "order.completed", "contact": { "email": "anna@example.com" } });
    assert_eq!(world.api("POST", "/v1/events", &event.to_string()).await.status, 202);
    world.settle().await;
}

// KW-55
#[tokio::test]
async fn a_workflow_is_tried_out_in_minutes() {
    let world = World::bare().await;
    let mut account = world.api("GET", "/v1/account", "").await.json();
    account["tests"] = json!({ "wait": "soon", "to": [] });
    let wrong = world.api("PUT", "/v1/account", &account.to_string()).await;
    assert_eq!(wrong.is_problem(422, "duration.unreadable")["errors"][0]["field"], "tests.wait");
    account["tests"] = json!({ "wait": "1 minute", "to": ["anna@example.com"] });
    assert_eq!(world.api("PUT", "/v1/account", &account.to_string()).await.status, 200);
    assert_eq!(world.put_workflow("tried", TRIED).await.status, 200);
    assert_eq!(world.api("POST", "/v1/workflows/tried/activate", "").await.status, 200);
    let event = json!({ "id": "0", "type": "a.b", "contact": { "email": "anna@example.com" } });
    assert_eq!(world.api("POST", "/v1/events", &event.to_string()).await.status, 202);
    world.settle().await;
    let anna = world.only_contact().await;
    let path = format!("/v1/contacts/{anna}/test");

    let test = world.api("PUT", &path, &json!({ "test": true }).to_string()).await;
    assert_eq!((test.status, test.json()), (200, json!({ "test": true })));
    assert_eq!(world.api("GET", &format!("/v1/contacts/{anna}"), "").await.json()["test"], true);
    order(&world, "1").await;
    assert_eq!(world.subjects(), ["One"], "it does not wait for 2030");
    let busy = world.api("PUT", &path, &json!({ "test": false }).to_string()).await;
    busy.is_problem(409, "contact_in_use");
    world.pass(flusso_engine::time::Millis::minutes(1)).await;
    assert_eq!(world.subjects(), ["One", "Two"], "three weeks are a minute");

    let none = world.api("PUT", &path, &json!({ "test": false }).to_string()).await;
    assert_eq!(none.json(), json!({ "test": false }));
    order(&world, "2").await;
    assert_eq!(world.subjects().len(), 2, "like everybody it waits for 2030");
    world
        .api("PUT", "/v1/contacts/con_none/test", r#"{"test":true}"#)
        .await
        .is_problem(404, "contact.unknown");
    world.api("PUT", &path, r#"{"tset":true}"#).await.is_problem(422, "json.shape");
}
