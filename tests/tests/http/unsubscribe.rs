//! Leaving: the link and the headers of a marketing message, and what they do (SEM-9, RFC 8058).

use flusso_engine::time::Millis;

use crate::world::{Answer, World};

async fn signed_up() -> World {
    let world = World::new().await;
    world.submit("first_name=Anna&email=anna%40example.com&newsletter=on").await;
    world.settle().await;
    world
}

/// The path of the link in the first mail.
async fn link(world: &World) -> String {
    let mail = world.api("GET", "/v1/mailbox/1", "").await.json();
    let header = mail["headers"]["List-Unsubscribe"].as_str().unwrap();
    assert_eq!(mail["headers"]["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
    let url = header.trim_matches(['<', '>']).to_owned();
    assert!(mail["text"].as_str().unwrap().contains(&url), "a reader without buttons finds it too: {mail}");
    url.strip_prefix("https://flusso.example").unwrap().to_owned()
}

async fn one_click(world: &World, path: &str) -> Answer {
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")];
    world.send("POST", path, &headers, b"List-Unsubscribe=One-Click").await
}

async fn timeline(world: &World) -> String {
    let id = world.only_contact().await;
    world.api("GET", &format!("/v1/contacts/{id}/timeline"), "").await.text
}

#[tokio::test]
async fn one_click_acts_before_it_answers() {
    let world = signed_up().await;
    let path = link(&world).await;
    let answer = one_click(&world, &path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    // No queue was worked on since.
    let id = world.only_contact().await;
    let contact = world.api("GET", &format!("/v1/contacts/{id}"), "").await.text;
    assert!(contact.contains("withdrawn"), "{contact}");
    world.pass(Millis::hours(25)).await;
    assert_eq!(world.subjects().len(), 1, "no follow-up: {:?}", world.subjects());
}

#[tokio::test]
async fn twice_is_once() {
    let world = signed_up().await;
    let path = link(&world).await;
    one_click(&world, &path).await;
    let once = timeline(&world).await;
    assert_eq!(one_click(&world, &path).await.status, 200);
    world.settle().await;
    assert_eq!(timeline(&world).await, once);
}

#[tokio::test]
async fn opening_the_link_changes_nothing() {
    let world = signed_up().await;
    let path = link(&world).await;
    let before = timeline(&world).await;
    for language in ["en", "it", "es"] {
        let headers = [("accept", "text/html"), ("accept-language", language)];
        let page = world.send("GET", &path, &headers, b"").await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains(&format!("<html lang=\"{language}\">")), "{}", page.text);
        assert!(page.text.contains("<form method=\"post\">") && !page.text.contains("<script"));
    }
    assert_eq!(timeline(&world).await, before);
    world.pass(Millis::hours(25)).await;
    assert_eq!(world.subjects().len(), 2, "the follow-up still goes out");
}

#[tokio::test]
async fn a_link_that_was_changed_is_refused() {
    let world = signed_up().await;
    let path = link(&world).await;
    let last = if path.ends_with('0') { "1" } else { "0" };
    let foreign = path.replacen("snd_", "snd_0", 1);
    for wrong in
        [format!("{}{last}", &path[..path.len() - 1]), foreign, "/u/x".to_owned(), format!("{path}.x")]
    {
        one_click(&world, &wrong).await.is_problem(404, "unsubscribe.unknown");
        let page = world.page(&wrong).await;
        assert!(page.text.contains("This link is not whole"), "{}", page.text);
    }
    world.pass(Millis::hours(25)).await;
    assert_eq!(world.subjects().len(), 2);
}

#[tokio::test]
async fn the_address_stays_suppressed_for_whoever_gets_it_next() {
    let world = signed_up().await;
    one_click(&world, &link(&world).await).await;
    // The same address signs up again, with its consent: only a confirmed opt-in would lift it.
    world.submit("first_name=Anna&email=anna%40example.com&newsletter=on&submission_id=again").await;
    world.pass(Millis::hours(25)).await;
    assert_eq!(world.subjects().len(), 1);
    let told = timeline(&world).await;
    assert!(told.contains("opted_out"), "{told}");
}

#[tokio::test]
async fn a_bounce_of_another_address_leaves_the_present_one_alone() {
    let world = signed_up().await;
    let mail = world.api("GET", "/v1/mailbox/1", "").await.json();
    let send = mail["send"].as_str().unwrap();
    let id = world.only_contact().await;
    // The person has a new address by the time the old one bounces.
    let moved =
        format!(r#"{{"type":"profile.changed","contact":{{"id":"{id}","email":"anna@new.example"}}}}"#);
    assert_eq!(world.api("POST", "/v1/events", &moved).await.status, 202);
    world.settle().await;
    let draft = flusso_app::accept::EventDraft {
        kind: "email.bounced".to_owned(),
        data: serde_json::json!({ "send": send, "kind": "hard" }).as_object().unwrap().clone(),
        recipient: Some("anna@example.com".to_owned()),
        ..flusso_app::accept::EventDraft::default()
    };
    world.app.accept_feedback(vec![draft]).await.unwrap();
    world.pass(Millis::hours(25)).await;
    let mails = world.api("GET", "/v1/mailbox", "").await.json();
    assert_eq!(mails["items"][0]["to"], "anna@new.example", "{mails}");
}
