//! Channels without a provider here: kept in the mailbox, with what may become of them; and webhooks, called for real.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use flusso_engine::time::Millis;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;

use crate::world::World;

const CONSENTS: &str = r#"[{"channel": "sms", "purpose": "marketing", "basis": "consent", "text": "Sì", "version": "1"},
    {"channel": "whatsapp", "purpose": "marketing", "basis": "consent", "text": "Sì", "version": "1"}]"#;
const SMS: &str = r#"
workflow: promo
triggers: [{ event: sale.began }]
reentry: always
steps:
  - id: sms
    send sms: { from: BOTTEGA, text: "Ciao {{ contact.first_name }}: https://bottega.example/saldi" }
  - id: wa
    send whatsapp: { template: saldi, language: it, with: ["{{ contact.first_name }}"] }
  - wait until: { sms: sms, is: clicked, at most: 1 day }
    then: [{ notify: { to: capo@bottega.example, text: "Ha visto {{ steps.sms.clicked.url }}" } }]
    else: []
"#;

async fn on_sale(world: &World) {
    let event = format!(
        r#"{{"type": "sale.began", "contact": {{"email": "anna@example.com", "phone": "+39 333 1234567", "first_name": "Anna"}},
            "consents": {CONSENTS}}}"#
    );
    assert_eq!(world.api("POST", "/v1/events", &event).await.status, 202);
    world.settle().await;
}

async fn with(id: &str, document: &str) -> World {
    let world = World::new().await;
    let saved = world.put_workflow(id, document).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    let activated = world.api("POST", &format!("/v1/workflows/{id}/activate"), "").await;
    assert_eq!(activated.status, 200, "{}", activated.text);
    world
}

#[tokio::test]
async fn what_has_no_provider_stays_in_the_mailbox_with_its_answers_sh_11() {
    let world = with("promo", SMS).await;
    on_sale(&world).await;
    let mails = world.api("GET", "/v1/mailbox", "").await.json();
    let (wa, sms) = (&mails["items"][0], &mails["items"][1]);
    assert_eq!(sms["channel"], "sms");
    assert_eq!((&sms["to"], &sms["from"]), (&json!("+393331234567"), &json!("BOTTEGA")));
    assert_eq!(sms["text"], "Ciao Anna: https://bottega.example/saldi");
    assert!(sms.get("detail").is_none());
    assert_eq!(
        wa["detail"],
        json!({ "is": "approved", "name": "saldi", "language": "it", "values": { "1": "Anna" } })
    );

    let page = world.page("/mailbox/1").await;
    for button in ["deliver", "fail", "click", "reply", "stop"] {
        assert!(page.text.contains(&format!("action=\"/mailbox/1/{button}\"")), "{button} in {}", page.text);
    }
    assert!(!page.text.contains("/mailbox/1/open"), "nobody knows who has opened an SMS");
    let own = [("sec-fetch-site", "same-origin"), ("accept", "text/html")];
    let id = world.only_contact().await;
    for (button, done) in
        [("deliver", "delivered"), ("click", "clicked"), ("fail", "not_delivered"), ("reply", "replied")]
    {
        let pressed = world.send("POST", &format!("/mailbox/1/{button}"), &own, b"").await;
        assert_eq!(
            (pressed.status, pressed.header("location")),
            (303, format!("/mailbox/1?done={done}").as_str())
        );
        world.settle().await;
        let timeline = world.api("GET", &format!("/v1/contacts/{id}/timeline"), "").await;
        assert!(timeline.text.contains(&format!("sms.{done}")), "{button}: {}", timeline.text);
    }
    let told = world.api("GET", "/v1/mailbox/3", "").await.json();
    assert_eq!(told["text"], "Ha visto https://bottega.example/saldi");
    world
        .send("POST", "/mailbox/1/open", &[own[0], ("accept", "application/json")], b"")
        .await
        .is_problem(404, "mail.unknown");

    // A STOP shuts both channels.
    assert_eq!(world.send("POST", "/mailbox/1/stop", &own, b"").await.status, 303);
    world.settle().await;
    world
        .api("POST", "/v1/events", r#"{"type": "sale.began", "contact": {"email": "anna@example.com"}}"#)
        .await;
    world.settle().await;
    let after = world.api("GET", "/v1/mailbox", "").await.json();
    assert_eq!(after["items"].as_array().unwrap().len(), 3, "{after}");
}

#[tokio::test]
async fn an_answer_that_says_only_stop_is_an_opt_out_sem_4() {
    let world = with("promo", SMS).await;
    on_sale(&world).await;
    let send = world.api("GET", "/v1/mailbox/1", "").await.json()["send"].as_str().unwrap().to_owned();
    let reply = json!({ "type": "sms.replied", "data": { "send": send, "text": " Stop! " } });
    world.api("POST", "/v1/events", &reply.to_string()).await;
    world.settle().await;
    let id = world.only_contact().await;
    let contact = world.api("GET", &format!("/v1/contacts/{id}"), "").await.json();
    let standing: Vec<_> =
        contact["consents"].as_array().unwrap().iter().map(|one| &one["standing"]).collect();
    assert_eq!(standing, ["withdrawn", "withdrawn"], "{contact}");
}

/// A server that gives these answers, one a call, and tells what it was asked: the head and the body.
fn server(answers: &'static [&'static str]) -> (String, Receiver<(Vec<String>, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = channel();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(&stream);
            let mut head: Vec<String> = Vec::new();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim_end().is_empty() {
                    break;
                }
                head.push(line.trim_end().to_owned());
            }
            let length = head
                .iter()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            reader.read_exact(&mut body).unwrap();
            tell.send((head, String::from_utf8(body).unwrap())).unwrap();
            let (status, body) = answer.split_once(' ').unwrap();
            write!(
                stream,
                "HTTP/1.1 {status} Said\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
        }
    });
    (address, told)
}

fn header<'h>(head: &'h [String], name: &str) -> &'h str {
    let line = head.iter().find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    });
    line.unwrap_or_else(|| panic!("no {name} in {head:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_called_again_with_the_same_key_and_its_answer_is_used_sh_52() {
    let (address, told) = server(&["503 later", r#"200 {"limit": 150, "secret": "x"}"#]);
    let document = format!(
        r#"
workflow: credito
kind: service
triggers: [{{ event: credit.asked }}]
steps:
  - id: check
    webhook: {{ url: "{address}/limit?who={{{{ contact.email }}}}", body: {{ email: "{{{{ contact.email }}}}" }} }}
  - decide:
      - when: {{ answer: {{ step: check, status: 200, body.limit: {{ at least: 100 }} }} }}
        do: [{{ send email: {{ subject: "Limite {{{{ steps.check.body.limit }}}}", body: Ciao }} }}]
      - else: []
"#
    );
    let world = with("credito", &document).await;
    world
        .api("POST", "/v1/events", r#"{"type": "credit.asked", "contact": {"email": "anna+1@example.com"}}"#)
        .await;
    world.settle().await;
    let (first, body) = told.recv().unwrap();
    assert_eq!(first[0], "POST /limit?who=anna%2B1%40example.com HTTP/1.1");
    assert_eq!(body, r#"{"email":"anna+1@example.com"}"#);
    assert!(world.subjects().is_empty());
    world.pass(Millis::minutes(2)).await;
    let (second, again) = told.recv().unwrap();
    assert_eq!(header(&first, "idempotency-key"), header(&second, "idempotency-key"));
    assert_eq!(body, again);
    assert_eq!(world.subjects(), ["Limite 150"]);

    // Whoever is called can check that it was us.
    let key = world.api("GET", "/v1/webhook-key", "").await.json();
    let bytes: Vec<u8> = (0..64)
        .step_by(2)
        .map(|at| u8::from_str_radix(&key["key"].as_str().unwrap()[at..at + 2], 16).unwrap())
        .collect();
    let signature = header(&second, "flusso-signature");
    let parts: Vec<&str> = signature.split(',').map(|part| part.split_once('=').unwrap().1).collect();
    assert_eq!(parts[1], key["id"]);
    let mut mac = Hmac::<Sha256>::new_from_slice(&bytes).unwrap();
    mac.update(format!("{}.{}.{again}", parts[0], header(&second, "idempotency-key")).as_bytes());
    let expected: Vec<String> =
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = expected.concat();
    assert_eq!(parts[2], expected);
    let id = world.only_contact().await;
    let contact = world.api("GET", &format!("/v1/contacts/{id}/timeline"), "").await.text;
    assert!(!contact.contains("secret"), "what nobody reads is not kept: {contact}");
}
