//! What people do with their mail: noted as the account says, and told from what programs do.

use flusso_engine::ids::ContactId;
use flusso_engine::react::Input;
use flusso_engine::time::Millis;
use serde_json::{Value, json};

use crate::world::{Answer, World};

const WORKFLOW: &str = r#"
workflow: guida
kind: service
triggers: [{ event: guida.chiesta }]
steps:
  - id: guida
    send email: { subject: Guida, body: "Leggi https://shop.example/guida?a=1&b=2#capitolo" }
  - decide:
      - when: { email: guida, is: clicked }
        do: [{ add tag: ha letto }]
      - else: []
"#;
const PHONE: &str =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148";

/// Sends the guide; its HTML.
async fn sent(world: &World, email: &str, consents: Value) -> String {
    let event = json!({ "type": "guida.chiesta", "contact": { "email": email }, "consents": consents });
    let noted = world.api("POST", "/v1/events", &event.to_string()).await;
    assert_eq!(noted.status, 202, "{}", noted.text);
    world.settle().await;
    let mails = world.platform.mails();
    assert_eq!(mails.last().unwrap().to, email);
    mails.last().unwrap().html.clone().unwrap()
}

async fn with(account: Value) -> World {
    let world = World::new().await;
    let mut settings = world.api("GET", "/v1/account", "").await.json();
    for (name, value) in account.as_object().unwrap() {
        settings[name] = value.clone();
    }
    let put = world.api("PUT", "/v1/account", &settings.to_string()).await;
    assert_eq!(put.status, 200, "{}", put.text);
    assert_eq!(world.put_workflow("guida", WORKFLOW).await.status, 200);
    assert_eq!(world.api("POST", "/v1/workflows/guida/activate", "").await.status, 200);
    world
}

/// The addresses of a mail's link and picture, below ours.
fn addresses(html: &str) -> (String, String) {
    let after = |mark: &str| {
        let rest = html.split_once(mark).map(|(_, rest)| rest).unwrap_or_default();
        let url = rest.split_once('"').map(|(url, _)| url).unwrap_or_default();
        url.replace("&amp;", "&").trim_start_matches("https://flusso.example").to_owned()
    };
    (after("href=\""), after("<img src=\""))
}

async fn visit(world: &World, method: &str, path: &str, agent: &str) -> Answer {
    let answer = world.send(method, path, &[("user-agent", agent)], b"").await;
    world.settle().await;
    answer
}

/// What was noted of a contact's mail: the class and the rule of each.
async fn noted(world: &World, email: &str) -> Vec<(String, String, String)> {
    let found =
        world.api("GET", &format!("/v1/contacts?email={}", email.replace('@', "%40")), "").await.json();
    let id = found["items"][0]["id"].as_str().unwrap().to_owned();
    let contact = world.app.repository().contact(&ContactId::new(id)).await.unwrap();
    let timeline = world.app.repository().timeline(&contact, None, 100).await.unwrap();
    let mut noted = Vec::new();
    for entry in timeline.items.iter().rev() {
        let Input::Event { event, .. } = &entry.input else { continue };
        if matches!(&*event.kind, "email.opened" | "email.clicked") {
            let said = |name: &str| event.data[name].as_str().unwrap_or_default().to_owned();
            noted.push((event.kind.to_string(), said("class"), said("rule")));
        }
    }
    noted
}

/// SEM-10: a link is counted and leads where it said; whatever programs do is told from what people do.
#[tokio::test]
async fn opens_and_clicks_are_noted_of_who_agreed() {
    let world = with(json!({ "tracking": { "utm": true } })).await;
    let consents = json!([{ "channel": "email", "purpose": "tracking", "text": "Sì", "version": "1" }]);
    let html = sent(&world, "anna@example.com", consents).await;
    let (link, picture) = addresses(&html);
    assert!(link.starts_with("/l/") && picture.starts_with("/o/"), "{html}");
    // Right after it was handed over, nobody has read it yet.
    let leads = "https://shop.example/guida?a=1&b=2&utm_source=flusso&utm_medium=email&utm_campaign=guida&utm_content=guida#capitolo";
    let first = visit(&world, "GET", &link, PHONE).await;
    assert_eq!((first.status, first.header("location")), (302, leads));
    world.pass(Millis::minutes(2)).await;
    assert_eq!(visit(&world, "HEAD", &link, PHONE).await.status, 302);
    visit(&world, "GET", &link, "Barracuda Sentinel").await;
    let opened = visit(&world, "GET", &picture, "Mozilla/5.0").await;
    assert_eq!((opened.status, opened.header("content-type")), (200, "image/gif"));
    visit(&world, "GET", &picture, PHONE).await;
    for _ in 0..3 {
        visit(&world, "GET", &link, PHONE).await;
    }
    let noted = noted(&world, "anna@example.com").await;
    let noted: Vec<_> =
        noted.iter().map(|(kind, class, rule)| (kind.as_str(), class.as_str(), rule.as_str())).collect();
    assert_eq!(
        noted,
        [
            ("email.clicked", "machine", "too_soon"),
            ("email.opened", "unknown", "apple"),
            ("email.opened", "human", "person"),
            ("email.clicked", "human", "person"),
        ],
        "each link and sort of visitor once"
    );
}

/// SEM-10: nothing of whoever did not agree, unless the account says so; then of everybody, or of nobody.
#[tokio::test]
async fn tracking_is_as_the_account_says() {
    let agreed = json!([{ "channel": "email", "purpose": "tracking", "text": "Sì", "version": "1" }]);
    for (policy, of_anna, of_bruno) in
        [("with_consent", true, false), ("always", true, true), ("never", false, false)]
    {
        let world = with(json!({ "tracking": { "of": policy } })).await;
        let anna = sent(&world, "anna@example.com", agreed.clone()).await;
        let bruno = sent(&world, "bruno@example.com", json!([])).await;
        let is_tracked =
            |html: &str| html.contains("flusso.example/l/") && html.contains("flusso.example/o/");
        assert_eq!((is_tracked(&anna), is_tracked(&bruno)), (of_anna, of_bruno), "{policy}");
        if !of_bruno {
            assert!(bruno.contains("href=\"https://shop.example/guida?a=1&amp;b=2#capitolo\""), "{bruno}");
            assert!(!bruno.contains("<img"), "{bruno}");
        }
    }
    let world = World::new().await;
    let mut settings = world.api("GET", "/v1/account", "").await.json();
    settings["tracking"] = json!({ "of": "sometimes" });
    let refused = world.api("PUT", "/v1/account", &settings.to_string()).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
}

/// A link leads only where we signed that it leads, and speaks only of its own message.
#[tokio::test]
async fn a_link_can_t_be_made_by_others() {
    let world = with(json!({ "tracking": { "of": "always" } })).await;
    let (link, picture) = addresses(&sent(&world, "anna@example.com", json!([])).await);
    let (other, _) = addresses(&sent(&world, "bruno@example.com", json!([])).await);
    let parts: Vec<&str> = link.split('.').collect();
    let others: Vec<&str> = other.split('.').collect();
    let elsewhere = [parts[0], parts[1], parts[2], "aHR0cHM6Ly9ldmlsLmV4YW1wbGU", parts[4]].join(".");
    let of_bruno = [parts[0], others[1], parts[2], parts[3], parts[4]].join(".");
    let as_picture = link.replacen("/l/", "/o/", 1);
    let as_link = picture.replacen("/o/", "/l/", 1);
    let as_leaving = link.replacen("/l/", "/u/", 1);
    for forged in
        [&*elsewhere, &of_bruno, &as_picture, &as_link, &as_leaving, "/l/x", "/o/....", "/l/a.b.1.c.d"]
    {
        let answer = visit(&world, "GET", forged, PHONE).await;
        assert_eq!(answer.status, 404, "{forged}: {}", answer.text);
        assert!(!answer.headers.contains_key("location"), "{forged}");
    }
    assert_eq!(noted(&world, "anna@example.com").await, []);
}
