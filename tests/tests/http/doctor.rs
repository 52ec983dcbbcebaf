//! `/v1/doctor`: what is missing, on the platform in memory with what a machine or a platform tells of itself.

use std::sync::Arc;

use async_trait::async_trait;
use expect_test::{Expect, expect};
use flusso_app::engine::time::Instant;
use flusso_app::keys::parked::Parked;
use flusso_app::ports::checkup::{Checkup, Finding, Reach};
use flusso_local::checkup::LocalCheckup;
use serde_json::Value;

use crate::world::{Answer, World};

/// Level, code and what was found, one line a finding, the overall level first.
fn check(answer: &Answer, expected: &Expect) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = answer.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut shown = format!("{}\n", text(&answer["level"]));
    for finding in answer["findings"].as_array().unwrap() {
        let [level, code, what, place] = ["level", "code", "what", "where"].map(|name| text(&finding[name]));
        assert!(!what.is_empty() && !place.is_empty(), "{finding}");
        assert_eq!(level == "ok", finding["remedy"].is_null(), "what is not ok says what to do: {finding}");
        shown += &[&*level, " ", &*code, ": ", &*what, "\n"].concat();
    }
    expected.assert_eq(&shown);
}

async fn found(world: &World) -> Answer {
    world.api("GET", "/v1/doctor", "").await
}

#[tokio::test]
async fn a_fresh_machine_has_no_problem() {
    let world = World::new().await;
    check(
        &found(&world).await,
        &expect![[r"
        advice
        advice sender: no sender is set; mail would come from hello@flusso.example, which is nobody's
        advice mail: mail stays in the mailbox of this machine
        ok hold: nothing is on hold
        ok workflows: 1 workflow is active and finds what it names
        ok public_address: links in mails lead to https://flusso.example
        ok parked: no message is parked
        ok unresolved: of every message it is known whether it was sent
        ok keys: there is an API key
    "]],
    );
    let session = world.signed_in().await;
    let people = world.send("GET", "/app/v1/doctor", &[("cookie", &session)], b"").await;
    assert_eq!(people.text, found(&world).await.text);
    world.send("GET", "/v1/doctor", &[], b"").await.is_problem(401, "key.missing");
}

#[tokio::test]
async fn mail_to_everybody_needs_a_sender_and_an_address_that_lasts() {
    let server = Some("smtp://mail.example.org".to_owned());
    let open = LocalCheckup { server: server.clone(), allowed: None };
    let world = World::on("http://news.shop.example.com", Arc::new(open)).await;
    check(
        &found(&world).await,
        &expect![[r"
        problem
        problem sender: no sender is set; mail would come from hello@flusso.example, which is nobody's
        problem public_address: links in mails lead to http://news.shop.example.com, where anybody on the way can read them
        ok hold: nothing is on hold
        ok workflows: 1 workflow is active and finds what it names
        ok parked: no message is parked
        ok unresolved: of every message it is known whether it was sent
        ok keys: there is an API key
        ok mail: mail goes to smtp://mail.example.org
        ok recipients: mail goes to everybody
    "]],
    );
    let account = r#"{"name":"Shop","zone":"Europe/Rome","from":"Shop <hello@shop.example.com>"}"#;
    assert_eq!(world.api("PUT", "/v1/account", account).await.status, 200);
    let text = found(&world).await.text;
    assert!(text.contains("mail comes from Shop <hello@shop.example.com>"), "{text}");

    let tried = LocalCheckup { server, allowed: Some(Vec::new()) };
    check(
        &found(&World::on("", Arc::new(tried)).await).await,
        &expect![[r"
        problem
        problem sender: no sender is set; mail would come from hello@flusso.example, which is nobody's
        problem public_address: there is no public address, so marketing is not sent: its unsubscribe link leads there
        problem recipients: mail goes to nobody: outside prod it needs addresses that are allowed
        ok hold: nothing is on hold
        ok workflows: 1 workflow is active and finds what it names
        ok parked: no message is parked
        ok unresolved: of every message it is known whether it was sent
        ok keys: there is an API key
        ok mail: mail goes to smtp://mail.example.org
    "]],
    );
}

#[tokio::test]
async fn what_waits_for_a_person_is_counted() {
    let world = World::bare().await;
    for id in ["a", "b"] {
        let (queue, message, code) = ("events-fast".to_owned(), "{}".to_owned(), "unreadable".to_owned());
        let at = Instant::parse("2026-11-21T09:00:00Z").unwrap();
        world.app.repository().park(id, &Parked { queue, message, code, count: 20, at }).await.unwrap();
    }
    // What the active workflow names is no longer what it was.
    let template = r#"{"subject":"Guida","text":"Ciao {{ contact.frist_name }} {{ evento.x }}"}"#;
    assert_eq!(world.api("PUT", "/v1/templates/follow-up", template).await.status, 200);
    check(
        &found(&world).await,
        &expect![[r"
        problem
        problem workflows: `{{ contact.frist_name }}`: no such field; did you mean `contact.first_name`?; and 1 more
        problem parked: 2 messages could not be applied and wait for a person
        advice sender: no sender is set; mail would come from hello@flusso.example, which is nobody's
        ok hold: nothing is on hold
        ok public_address: links in mails lead to https://flusso.example
        ok unresolved: of every message it is known whether it was sent
        ok keys: there is an API key
    "]],
    );
}

#[tokio::test]
async fn the_last_key_can_be_missed_by_people_only() {
    let world = World::new().await;
    let session = world.signed_in().await;
    assert_eq!(world.api("DELETE", "/v1/keys/shop", "").await.status, 204);
    let text = world.send("GET", "/app/v1/doctor", &[("cookie", &session)], b"").await.text;
    assert!(text.contains("there is no API key"), "{text}");
}

/// A platform that could not find something out.
struct Unsure;

#[async_trait]
impl Checkup for Unsure {
    fn reach(&self) -> Reach {
        Reach::Some
    }

    async fn look(&self, sender: Option<&str>) -> Vec<Finding> {
        assert_eq!(sender, Some("hello@flusso.example"), "the bare address");
        vec![Finding::unknown("ses.access", "SES", "AccessDeniedException", "ask again")]
    }
}

#[tokio::test]
async fn what_cannot_be_told_is_a_finding() {
    let world = World::on("https://flusso.example", Arc::new(Unsure)).await;
    let text = found(&world).await.text;
    assert!(text.contains("can't tell: AccessDeniedException"), "{text}");
}

#[tokio::test]
async fn definitions_that_cannot_be_read_are_a_finding_too() {
    let world = World::bare().await;
    let mut head = world.app.repository().head().await.unwrap();
    head.number += 1;
    head.templates.insert("gone".to_owned(), "nowhere".to_owned());
    world.app.repository().change_head(&head, &[]).await.unwrap();
    let text = found(&world).await.text;
    assert!(text.contains("can't tell: there is no definition `nowhere`"), "{text}");
    assert!(text.contains("no message is parked"), "the others are told: {text}");
}
