//! `/app/v1`: the same API for people who signed in.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn whoever_signed_in_has_the_api_in_their_name() {
    let world = World::new().await;
    let session = world.signed_in().await;
    let answer = world.send("GET", "/app/v1/workflows", &[("cookie", &session)], b"").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.text, world.api("GET", "/v1/workflows", "").await.text);
    let body = br#"{"type":"page.visited","id":"1","contact":{"email":"anna@example.com"}}"#;
    let json = ("content-type", "application/json");
    let ours = [json, ("sec-fetch-site", "same-origin"), ("cookie", &*session)];
    assert_eq!(world.send("POST", "/app/v1/events", &ours, body).await.status, 202);
    world.settle().await;
    let id = world.only_contact().await;
    let timeline = world.api("GET", &format!("/v1/contacts/{id}/timeline"), "").await.text;
    assert!(timeline.contains("person:local"), "{timeline}");
}

#[tokio::test]
async fn other_sites_and_other_names_are_kept_out() {
    let world = World::new().await;
    let session = world.signed_in().await;
    let cookie = ("cookie", &*session);
    let json = ("content-type", "application/json");
    for (method, path) in [("POST", "/app/v1/events"), ("GET", "/app/v1/contacts"), ("POST", "/sign-out")] {
        for site in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
        ] {
            let answer =
                world.send(method, path, &[site, json, cookie, ("accept", "application/json")], b"{}").await;
            answer.is_problem(403, "site.foreign");
        }
        let rebound = [("host", "evil.example"), json, cookie, ("accept", "application/json")];
        world.send(method, path, &rebound, b"{}").await.is_problem(403, "host.foreign");
    }
    assert_eq!(
        world.send("GET", "/app/v1/contacts", &[cookie], b"").await.status,
        200,
        "and nothing signed out"
    );
}

#[tokio::test]
async fn without_a_sign_in_nothing_is_shown_and_a_key_does_not_help() {
    for world in [World::bare().await, World::new().await] {
        let key = format!("Bearer {}", world.key);
        let paths = ["/app/v1/contacts", "/app/v1/workflows", "/app/v1/restore", "/app/v1/account"];
        for path in paths {
            world.send("GET", path, &[], b"").await.is_problem(401, "sign_in.missing");
            world.send("GET", path, &[("authorization", &key)], b"").await.is_problem(401, "sign_in.missing");
            let made_up = [("cookie", "flusso_session=t000001t000002")];
            world.send("GET", path, &made_up, b"").await.is_problem(401, "sign_in.missing");
        }
    }
}

#[tokio::test]
async fn a_token_speaks_of_a_colleague_by_the_address_that_was_verified() {
    let world = World::bare().await;
    let giulia = json!({ "name": "Giulia", "email": "Giulia@shop.example" }).to_string();
    assert_eq!(world.api("PUT", "/v1/users/giulia", &giulia).await.status, 200);
    let asked = |email| world.as_person(email, "GET", "/app/v1/contacts", "");
    assert_eq!(asked(Some("giulia@SHOP.example")).await.status, 200);
    let stranger = asked(Some("eva@evil.example")).await.is_problem(403, "user.unknown");
    assert!(stranger["detail"].as_str().unwrap().contains("PUT /v1/users/"), "{stranger}");
    let unverified = asked(None).await.is_problem(403, "user.unknown");
    assert!(unverified["detail"].as_str().unwrap().contains("ID token"), "{unverified}");
    let event = r#"{"type":"page.visited","id":"1","contact":{"email":"anna@example.com"}}"#;
    let told = world.as_person(Some("giulia@shop.example"), "POST", "/app/v1/events", event).await;
    assert_eq!(told.status, 202, "{}", told.text);
    world.settle().await;
    let id = world.only_contact().await;
    let timeline = world.api("GET", &format!("/v1/contacts/{id}/timeline"), "").await.text;
    assert!(timeline.contains("person:giulia"), "{timeline}");
    // Who was dropped is out at once.
    assert_eq!(world.api("DELETE", "/v1/users/giulia", "").await.status, 204);
    asked(Some("giulia@shop.example")).await.is_problem(403, "user.unknown");
    // Who is known twice may do what the lesser of both may.
    for (name, role) in [("a", "manager"), ("b", "read_only")] {
        let user = json!({ "name": name, "email": "due@shop.example", "role": role }).to_string();
        assert_eq!(world.api("PUT", &format!("/v1/users/{name}"), &user).await.status, 200);
    }
    let twice = world.as_person(Some("due@shop.example"), "PUT", "/app/v1/account", "{}").await;
    twice.is_problem(403, "role.missing");
}

#[tokio::test]
async fn the_first_owner_is_one_until_there_is_another() {
    let world = World::owned_by("boss@shop.example").await;
    let keys = |email: &'static str| world.as_person(Some(email), "POST", "/app/v1/keys", r#"{"name":"k"}"#);
    keys("eva@evil.example").await.is_problem(403, "user.unknown");
    assert_eq!(keys("Boss@shop.example").await.status, 201);
    let owner = json!({ "name": "Anna", "email": "anna@shop.example", "role": "owner" }).to_string();
    let made = world.as_person(Some("boss@shop.example"), "PUT", "/app/v1/users/anna", &owner).await;
    assert_eq!(made.status, 200, "{}", made.text);
    keys("boss@shop.example").await.is_problem(403, "user.unknown");
    keys("anna@shop.example").await.is_problem(409, "key.exists");
}
