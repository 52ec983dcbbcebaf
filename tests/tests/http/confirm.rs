//! Double opt-in: a form counts when its sender has confirmed it by the link in a mail (SH-09, SEM-13, SEM-19, P13).

use flusso_engine::time::Millis;
use serde_json::{Value, json};

use crate::world::World;

const ASK: &str = r#"
- workflow: ask
  name: Ask
  kind: transactional
  triggers: [{ form requested: news }]
  reentry: { after: 1 day }
  steps:
    - { send email: { subject: Is it you?, body: "Click: {{ confirm_url }}" }, id: ask }
- workflow: welcome
  name: Welcome
  kind: marketing
  triggers: [{ form: news }]
  reentry: always
  steps:
    - add to list: news
    - { send email: { subject: Welcome, body: "From {{ event.page }}" } }
"#;

async fn form(world: &World) {
    let form = json!({
        "name": "News", "double_opt_in": true, "values": { "page": "home" },
        "fields": [{ "name": "email", "to": "email", "required": true }],
        "consents": [{ "channel": "email", "purpose": "marketing", "basis": "consent", "text": "News please", "version": "1" }],
    });
    let answer = world.api("PUT", "/v1/forms/news", &form.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["double_opt_in"], true);
}

async fn shop() -> World {
    let world = World::bare().await;
    form(&world).await;
    for (id, text) in [("ask", ASK.split("- workflow: welcome").next().unwrap()), ("welcome", ASK)] {
        let text = if id == "welcome" {
            format!("- workflow: welcome{}", text.split("- workflow: welcome").nth(1).unwrap())
        } else {
            text.to_owned()
        };
        let answer = world.put_workflow(id, &text).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let answer = world.api("POST", &format!("/v1/workflows/{id}/activate"), "").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    world
}

async fn sign_up(world: &World, id: &str) {
    let headers = [("content-type", "application/json"), ("accept", "application/json")];
    let body = json!({ "email": "anna@example.com", "submission_id": id }).to_string();
    let answer = world.send("POST", "/f/news", &headers, body.as_bytes()).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    world.settle().await;
}

fn link(world: &World) -> String {
    let mails = world.platform.mails();
    let asked = mails.iter().rev().find(|mail| mail.subject == "Is it you?").unwrap();
    let url = asked.text.split("Click: ").nth(1).unwrap().trim();
    url.strip_prefix("https://flusso.example").unwrap().to_owned()
}

async fn contact(world: &World) -> Value {
    let id = world.only_contact().await;
    world.api("GET", &format!("/v1/contacts/{id}"), "").await.json()
}

#[tokio::test]
async fn a_form_counts_when_it_is_confirmed() {
    let world = shop().await;
    sign_up(&world, "first").await;
    assert_eq!(world.subjects(), ["Is it you?"]);
    assert_eq!(contact(&world).await["consents"][0]["standing"], "pending");
    world.pass(Millis::hours(5)).await;
    // Scanners open every link; that confirms nothing.
    let link = link(&world);
    let page = world.page(&link).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains("<form method=\"post\">") && page.header("content-type").starts_with("text/html")
    );
    assert_eq!(contact(&world).await["consents"][0]["standing"], "pending");
    for _ in 0..2 {
        let answer = world.send("POST", &link, &[], b"").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        world.settle().await;
    }
    let anna = contact(&world).await;
    assert_eq!(
        (&anna["consents"][0]["standing"], &anna["consents"][0]["source"]),
        (&json!("granted"), &json!("confirmation"))
    );
    assert_eq!(anna["lists"][0]["name"], "news");
    assert_eq!(world.subjects(), ["Is it you?", "Welcome"], "once, although it was confirmed twice");
    assert!(world.platform.mails()[1].text.contains("From home"), "with the values of the submission");
}

#[tokio::test]
async fn who_has_left_is_written_to_again_after_a_new_confirmation_and_only_then() {
    let world = shop().await;
    sign_up(&world, "first").await;
    let first = link(&world);
    world.send("POST", &first, &[], b"").await;
    world.settle().await;
    let left =
        world.platform.mails()[1].text.split("https://flusso.example").nth(1).unwrap().trim().to_owned();
    assert_eq!(world.send("POST", &left, &[], b"").await.status, 200);
    world.settle().await;
    assert_eq!(contact(&world).await["consents"][0]["standing"], "withdrawn");
    // The old link lifts nothing any more.
    assert_eq!(world.send("POST", &first, &[], b"").await.status, 200);
    world.settle().await;
    assert_eq!(contact(&world).await["consents"][0]["standing"], "withdrawn");
    world.pass(Millis::hours(25)).await;
    sign_up(&world, "second").await;
    assert_eq!(contact(&world).await["consents"][0]["standing"], "pending");
    world.send("POST", &link(&world), &[], b"").await;
    world.settle().await;
    assert_eq!(contact(&world).await["consents"][0]["standing"], "granted");
    assert_eq!(world.subjects(), ["Is it you?", "Welcome", "Is it you?", "Welcome"]);
}

#[tokio::test]
async fn one_confirmation_mail_a_day_and_no_link_for_ever() {
    let world = shop().await;
    for id in ["a", "b", "c"] {
        sign_up(&world, id).await;
        world.pass(Millis::hours(2)).await;
    }
    assert_eq!(world.subjects(), ["Is it you?"], "one a day");
    let link = link(&world);
    let broken = format!("{}x", &link[..link.len() - 1]);
    for path in [broken.as_str(), "/c/nothing"] {
        assert_eq!(world.page(path).await.status, 404);
        assert_eq!(world.send("POST", path, &[], b"").await.status, 404);
    }
    world.pass(Millis::hours(31 * 24)).await;
    let late = world.page(&link).await;
    assert_eq!(late.status, 404);
    assert!(late.text.contains("too old"), "{}", late.text);
    assert_eq!(contact(&world).await["consents"][0]["standing"], "pending");
}

#[tokio::test]
async fn what_can_not_be_confirmed_is_refused() {
    let world = World::new().await;
    form(&world).await;
    let by_phone = json!({ "name": "News", "double_opt_in": true, "fields": [{ "name": "phone", "to": "phone", "required": true }] });
    world.api("PUT", "/v1/forms/phone", &by_phone.to_string()).await.is_problem(422, "form.double_opt_in");
    let wrong = "workflow: wrong\nname: Wrong\nkind: transactional\ntriggers: [{ form: news }]\nsteps: [{ send email: { subject: S, body: \"{{ confirm_url }}\" } }]\n";
    assert_eq!(world.put_workflow("wrong", wrong).await.status, 200);
    let answer = world.api("POST", "/v1/workflows/wrong/activate", "").await;
    assert_eq!(answer.json()["problems"][0]["code"], "merge_field.unknown", "{}", answer.text);
    let other = "workflow: other\nname: Other\nkind: transactional\ntriggers: [{ form requested: richiedi-guida-gratuita }]\nsteps: [{ send email: { subject: S, body: \"{{ confirm_url }}\" } }]\n";
    assert_eq!(world.put_workflow("other", other).await.status, 200);
    let answer = world.api("POST", "/v1/workflows/other/activate", "").await;
    assert_eq!(answer.json()["problems"][0]["code"], "form.not_confirmed", "{}", answer.text);
    let posted = json!({ "type": "form.requested", "contact": { "email": "anna@example.com" } });
    world.api("POST", "/v1/events", &posted.to_string()).await.is_problem(422, "event.own_type");
}
