//! `/app/v1`: the same API for people who signed in.

use crate::world::World;

#[tokio::test]
async fn on_one_machine_whoever_sits_at_it_is_signed_in() {
    let world = World::new().await;
    let answer = world.send("GET", "/app/v1/workflows", &[], b"").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.text, world.api("GET", "/v1/workflows", "").await.text);
    let body = br#"{"type":"page.visited","id":"1","contact":{"email":"anna@example.com"}}"#;
    let json = ("content-type", "application/json");
    let ours = [json, ("sec-fetch-site", "same-origin")];
    assert_eq!(world.send("POST", "/app/v1/events", &ours, body).await.status, 202);
    world.settle().await;
    let id = world.only_contact().await;
    let timeline = world.api("GET", &format!("/v1/contacts/{id}/timeline"), "").await.text;
    assert!(timeline.contains("person:local"), "{timeline}");
}

#[tokio::test]
async fn other_sites_and_other_names_are_kept_out() {
    let world = World::new().await;
    let foreign = [("sec-fetch-site", "cross-site"), ("content-type", "application/json")];
    world.send("POST", "/app/v1/events", &foreign, b"{}").await.is_problem(403, "site.foreign");
    let rebound = world.send("GET", "/app/v1/contacts", &[("host", "evil.example")], b"").await;
    rebound.is_problem(403, "host.foreign");
}

#[tokio::test]
async fn without_a_sign_in_nothing_is_shown_and_a_key_does_not_help() {
    let world = World::bare().await;
    let key = format!("Bearer {}", world.key);
    let paths = ["/app/v1/contacts", "/app/v1/workflows", "/app/v1/restore", "/app/v1/account"];
    for path in paths {
        world.send("GET", path, &[], b"").await.is_problem(401, "sign_in.missing");
        world.send("GET", path, &[("authorization", &key)], b"").await.is_problem(401, "sign_in.missing");
    }
}
