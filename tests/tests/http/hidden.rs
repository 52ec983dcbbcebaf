//! Contacts that are put away, or deleted and taken back.

use flusso_engine::time::Millis;
use serde_json::{Value, json};

use crate::world::World;

const DAY: Millis = Millis::hours(24);
const ANNA: &str = "first_name=Anna&email=anna%40example.com&newsletter=on";

async fn listed(world: &World, hidden: &str) -> Vec<String> {
    let found = world.api("GET", &format!("/v1/contacts{hidden}"), "").await.json();
    found["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

async fn act(world: &World, id: &str, what: &str) -> Value {
    let answer = world.api("POST", &format!("/v1/contacts/{id}/{what}"), "").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

async fn bulk(world: &World, asked: Value) -> Value {
    let begun = world.api("POST", "/v1/bulk", &asked.to_string()).await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    world.settle().await;
    let job = begun.json()["job"].as_str().unwrap().to_owned();
    world.api("GET", &format!("/v1/jobs/{job}"), "").await.json()
}

/// KC-74: who is put away is in no list, no selection and no bulk action, keeps its consents and its workflow, and comes back.
#[tokio::test]
async fn an_archived_contact_is_hidden_and_lives_on() {
    let world = World::new().await;
    world.submit(ANNA).await;
    world.settle().await;
    let id = world.only_contact().await;
    let before = world.api("GET", &format!("/v1/contacts/{id}"), "").await.json();
    let archived = act(&world, &id, "archive").await;
    assert!(archived["archived_at"]["utc"].is_string(), "{archived}");
    assert_eq!(archived["consents"].as_array().unwrap().len(), 1);
    assert_eq!(archived["consents"], before["consents"]);
    assert_eq!(
        archived["enrollments"].as_array().unwrap().len(),
        before["enrollments"].as_array().unwrap().len()
    );
    assert_eq!(
        (listed(&world, "").await.len(), listed(&world, "?hidden=archived").await),
        (0, vec![id.clone()])
    );
    assert_eq!(
        listed(&world, "?email=anna%40example.com").await,
        vec![id.clone()],
        "it is found by its address"
    );
    let filtered =
        world.api("POST", "/v1/filters", r#"{"who":{"field":{"email":"anna@example.com"}}}"#).await;
    assert_eq!(filtered.json()["matches"], json!(0), "{}", filtered.text);
    let job = bulk(&world, json!({ "name": "x", "add_tag": "x", "all": true })).await;
    assert_eq!((&job["done"], &job["counts"]), (&json!(1), &Value::Null), "{job}");
    let back = bulk(&world, json!({ "name": "x", "contact": "unarchive", "all": true })).await;
    assert_eq!(back["counts"], json!({ "changed": 1 }), "{back}");
    assert_eq!(listed(&world, "").await, [id]);
}

/// KC-74: to who is deleted nothing happens, and nothing that is said of them is lost; restored, they are as before but in no
/// workflow; by a form they come back by themselves, and its workflow takes them.
#[tokio::test]
async fn a_deleted_contact_gets_nothing_and_comes_back() {
    let world = World::new().await;
    world.submit(ANNA).await;
    world.settle().await;
    let id = world.only_contact().await;
    let sent = world.subjects().len();
    let deleted = world.api("DELETE", &format!("/v1/contacts/{id}"), "").await.json();
    assert_eq!((&deleted["enrollments"], &deleted["sends"]), (&json!([]), &json!([])), "{deleted}");
    assert_eq!(deleted["fields"]["email"], "anna@example.com");
    let again = world.api("DELETE", &format!("/v1/contacts/{id}"), "").await.json();
    assert_eq!(again["deleted_at"], deleted["deleted_at"], "deleting twice is deleting once");
    world.api("PUT", &format!("/v1/contacts/{id}/tags/vip"), "").await.is_problem(409, "contact.deleted");
    world.api("POST", &format!("/v1/contacts/{id}/archive"), "").await.is_problem(409, "contact.deleted");
    let patch = r#"{"fields":{"city":"Roma"}}"#;
    world.api("PATCH", &format!("/v1/contacts/{id}"), patch).await.is_problem(409, "contact.deleted");
    let same = r#"{"fields":{"email":"anna@example.com"}}"#;
    world.api("POST", "/v1/contacts", same).await.is_problem(409, "contact.exists");
    let other = world.api("POST", "/v1/contacts", r#"{"fields":{"email":"b@example.com"}}"#).await.json();
    let merge = format!(r#"{{"contact":"{id}"}}"#);
    let other = other["id"].as_str().unwrap();
    world.api("POST", &format!("/v1/contacts/{other}/merge"), &merge).await.is_problem(409, "merge.deleted");
    let tag = bulk(&world, json!({ "name": "x", "add_tag": "x", "contacts": [id] })).await;
    assert_eq!((&tag["failed"], &tag["counts"]), (&json!(1), &Value::Null), "{tag}");
    world.pass(DAY).await;
    assert_eq!(world.subjects().len(), sent, "nothing goes to who is deleted");
    assert_eq!(
        (listed(&world, "").await, listed(&world, "?hidden=deleted").await),
        (vec![other.to_owned()], vec![id.clone()])
    );

    let restored = act(&world, &id, "restore").await;
    assert_eq!((&restored["enrollments"], &restored["deleted_at"]), (&json!([]), &Value::Null), "{restored}");
    assert_eq!(listed(&world, "").await.len(), 2);
    let job = bulk(&world, json!({ "name": "x", "contact": "delete", "contacts": [id] })).await;
    assert_eq!(job["counts"], json!({ "changed": 1 }), "{job}");
    world.submit(&format!("{ANNA}&phone=%2B393471234567")).await;
    world.settle().await;
    let back = world.api("GET", &format!("/v1/contacts/{id}"), "").await.json();
    assert_eq!(back["deleted_at"], Value::Null, "a form of theirs restores them");
    assert_eq!(listed(&world, "?hidden=deleted").await.len(), 0);
}

/// KC-74: thirty days later who was deleted is erased by itself, and not a day before; who was restored in time is not.
#[tokio::test]
async fn a_deleted_contact_is_erased_when_the_time_is_over() {
    let world = World::bare().await;
    let mut ids = Vec::new();
    for n in 0..3 {
        let fields = json!({ "fields": { "email": format!("p{n}@example.com") } });
        let made = world.api("POST", "/v1/contacts", &fields.to_string()).await.json();
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    let deleted = bulk(&world, json!({ "name": "Via", "contact": "delete", "all": true })).await;
    assert_eq!(deleted["counts"], json!({ "changed": 3 }), "{deleted}");
    for _ in 0..29 {
        world.pass(DAY).await;
    }
    assert_eq!(listed(&world, "?hidden=deleted").await.len(), 3);
    act(&world, &ids[1], "restore").await;
    world.pass(Millis::hours(25)).await;
    for gone in [&ids[0], &ids[2]] {
        world.api("GET", &format!("/v1/contacts/{gone}"), "").await.is_problem(410, "contact.erased");
    }
    assert_eq!(listed(&world, "").await, [ids[1].clone()]);
    let again = world.api("POST", "/v1/contacts", r#"{"fields":{"email":"p0@example.com"}}"#).await;
    assert_eq!(again.status, 201, "its address is free again: {}", again.text);
}
