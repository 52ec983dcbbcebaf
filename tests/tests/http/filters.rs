//! Filters: who fulfils a condition, before it is saved as a smart list.

use serde_json::{Value, json};

use crate::world::World;

async fn people(world: &World, many: usize) {
    for some in (0..many).collect::<Vec<_>>().chunks(100) {
        let events: Vec<Value> = some
            .iter()
            .map(|n| {
                let city = if n % 3 == 0 { "Roma" } else { "Milano" };
                let contact = json!({ "email": format!("p{n:03}@example.com"), "city": city });
                json!({ "id": format!("new-{n}"), "type": "crm.synced", "contact": contact })
            })
            .collect();
        let posted = world.api("POST", "/v1/events", &json!({ "events": events }).to_string()).await;
        assert_eq!(posted.status, 202, "{}", posted.text);
    }
    world.settle().await;
}

async fn filter(world: &World, who: Value) -> Value {
    let answer = world.api("POST", "/v1/filters?limit=10", &json!({ "who": who }).to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn told(found: &Value) -> [u64; 3] {
    ["seen", "matches", "unknown"].map(|name| found[name].as_u64().unwrap())
}

/// KC-59, KC-62, KC-63, KC-65: a filter in the language of workflows is counted and shown before it is saved, with and, or
/// and not, by fields, tags and do not disturb; saved, it has the same members.
#[tokio::test]
async fn a_filter_is_counted_before_it_is_saved() {
    let world = World::bare().await;
    people(&world, 120).await;
    let roman = json!({ "field": { "city": "Roma" } });
    let found = filter(&world, roman.clone()).await;
    assert_eq!(told(&found), [120, 40, 0]);
    assert_eq!(found["items"].as_array().unwrap().len(), 10);
    assert_eq!(found["cursor"], Value::Null);
    assert_eq!(told(&filter(&world, json!({ "not": roman })).await), [120, 80, 0]);

    let first = found["items"][0]["id"].as_str().unwrap();
    let path = format!("/v1/contacts/{first}");
    world.api("PUT", &format!("{path}/tags/preventivo"), "").await;
    let dnd = json!({ "type": "dnd.blocked", "id": "d1", "contact": { "id": first }, "data": { "channel": "whatsapp" } });
    world.api("POST", "/v1/events", &dnd.to_string()).await;
    world.settle().await;
    let one = filter(&world, json!({ "tag": "preventivo" })).await;
    assert_eq!((told(&one), &one["items"][0]["id"]), ([120, 1, 0], &json!(first)));
    assert_eq!(told(&filter(&world, json!({ "do not disturb": { "whatsapp": "on" } })).await), [120, 1, 0]);
    let either = json!({ "any": [{ "tag": "preventivo" }, { "field": { "city": "Milano" } }] });
    assert_eq!(told(&filter(&world, either.clone()).await), [120, 81, 0]);

    let saved = json!({ "name": "Preventivi e Milano", "who": either });
    assert_eq!(world.api("PUT", "/v1/segments/misti", &saved.to_string()).await.status, 200);
    world.settle().await;
    let by_segment = filter(&world, json!({ "segment": "misti" })).await;
    assert_eq!(told(&by_segment), [120, 81, 0]);
}

/// KC-60: what is not counted yet nobody knows, and that is said; what can't be read is refused with its place.
#[tokio::test]
async fn a_filter_says_what_nobody_knows() {
    let world = World::bare().await;
    people(&world, 10).await;
    let often = json!({ "event": "page.visited", "at least": 3, "within": "30 days" });
    assert_eq!(told(&filter(&world, often).await), [10, 0, 10]);
    for (asked, code) in [
        (json!({ "who": { "citty of birth": 1 } }), "segment.problems"),
        (json!({ "who": { "segment": "none" } }), "segment.unknown"),
        (json!({}), "segment.problems"),
    ] {
        world.api("POST", "/v1/filters", &asked.to_string()).await.is_problem(422, code);
    }
    world
        .api("POST", "/v1/filters?cursor=zz", r#"{"who":{"tag":"a"}}"#)
        .await
        .is_problem(422, "cursor.unreadable");
}
