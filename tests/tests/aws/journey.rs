//! The ready workflow from the form to its last mail, and the same on every platform.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use flusso_engine::time::{Instant, Millis};
use flusso_entrypoints::Options;
use flusso_tests::program::{Client, Program, build, pause};
use flusso_tests::told::told;
use flusso_tests::world::World;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::stack::{FORM, Stack, form};

const DAY: Millis = Millis::hours(24);
/// A little more, so that what is due in a day is due.
const MORE: Millis = Millis::minutes(24 * 60 + 1);

pub fn a_day(stack: &Stack) {
    let (status, answer) = stack.sign_up("Anna", "anna-1");
    assert_eq!(status, 202, "{answer}");
    let mails = stack.wait_for_mails("Anna", 1);
    let mail = &mails[0];
    assert_eq!(mail["subject"], "Benvenuto nella nostra Community!");
    assert!(mail["text"].as_str().unwrap().starts_with("Ciao Anna, grazie per esserti iscritto."), "{mail}");
    assert_eq!(mail["from"], "Bottega <hello@example.com>");
    assert_eq!(mail["configuration_set"], stack.config.configuration_set.as_str());
    stack.settle();

    let contact = stack.contact("Anna");
    let enrollment = &contact["enrollments"][0];
    assert_eq!(
        (&enrollment["workflow"], &enrollment["waits_for"]),
        (&json!("benvenuto-iscritti"), &json!("instant"))
    );
    assert_eq!(contact["sends"], json!([]));
    let tags = mail["tags"].as_object().unwrap();
    assert!(tags["flusso_send"].as_str().unwrap().starts_with("snd_"), "{mail}");
    assert_eq!(tags["flusso_attempt"], "1");

    let due = Instant::parse(enrollment["until"]["utc"].as_str().unwrap()).unwrap();
    let ahead = due.since(stack.now());
    assert!(ahead > Millis::minutes(24 * 60 - 2) && ahead <= DAY, "{ahead:?}");
    let minute = Instant::from_minute(due.minute());
    assert_eq!(
        stack.schedules().get(&format!("local-{}", due.minute())),
        Some(&minute),
        "the wait is a schedule"
    );

    stack.pass(Millis::minutes(24 * 60 - 5));
    stack.pump();
    stack.settle();
    assert_eq!(stack.mails("Anna").len(), 1, "not before its time");
    stack.pass(Millis::minutes(6));
    assert!(stack.pump() > 0);
    let mails = stack.wait_for_mails("Anna", 2);
    assert_eq!(mails[1]["subject"], "Hai già letto la guida, Anna?");
    stack.settle();
    assert_eq!(stack.contact("Anna")["enrollments"], json!([]));
    stack.until("the sign-up is counted once", || {
        let counts = stack.api("GET", "/v1/workflows/benvenuto-iscritti/counts", "");
        (counts["entered"] == counts["completed"] && counts["inside"] == 0).then_some(())
    });
}

const SHORT: &str = "
workflow: breve
name: Breve
triggers:
  - event: prova.breve
steps:
  - send email: { subject: Uno, body: Ciao }
  - wait: 4 seconds
  - send email: { subject: Due, body: Ciao }
";

pub fn a_short_wait(stack: &Stack) {
    stack.workflow("breve", SHORT);
    let before = stack.schedules();
    stack.event("prova.breve", "breve-1", "Bruno");
    let mails = stack.wait_for_mails("Bruno", 2);
    let at = |mail: &Value| Instant::parse(mail["accepted_at"].as_str().unwrap()).unwrap();
    let between = at(&mails[1]).since(at(&mails[0]));
    println!("  {} ms between the mails", between.0);
    // From SES's answer to the first to the hand-over of the second, which is a little more than the wait.
    assert!(between >= Millis(3_800), "{between:?}");
    let after = stack.schedules();
    assert!(after.keys().all(|name| before.contains_key(name)), "no schedule is made for it: {after:?}");
}

pub fn the_same_everywhere(stack: &Stack) {
    let deployed = on_aws(stack);
    let local = on_this_machine();
    let simulated = stack.runtime.block_on(in_the_world());
    assert!(deployed.contains(" completed benvenuto-iscritti"), "{deployed}");
    assert_eq!(deployed, local, "AWS and the program on one machine");
    assert_eq!(deployed, simulated, "AWS and the simulated world");
    println!(
        "{}",
        deployed.trim_end().lines().map(|line| format!("  | {line}\n")).collect::<String>().trim_end()
    );
}

fn on_aws(stack: &Stack) -> String {
    stack.sign_up("Carla", "carla-1");
    stack.wait_for_mails("Carla", 1);
    stack.pass(MORE);
    stack.pump();
    stack.wait_for_mails("Carla", 2);
    stack.settle();
    told(&stack.timeline("Carla"))
}

fn on_this_machine() -> String {
    let data = std::env::temp_dir().join(format!("flusso-e2e-{}", std::process::id()));
    std::fs::create_dir_all(&data).unwrap();
    let program = Program::start(&build(), &data, &["--clock", "1x"]);
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")];
    let form = form("Carla", "carla-1");
    let answer =
        Client::to(&program.address).request("POST", &format!("/f/{FORM}"), &headers, &form).unwrap();
    assert_eq!(answer.0, 202, "{}", answer.1);
    wait_until_still(&program, 1);
    program.api("POST", "/v1/clock", r#"{"advance":"1 day"}"#);
    wait_until_still(&program, 2);
    let id = only_contact(&program).unwrap();
    let timeline = program.api("GET", &format!("/v1/contacts/{id}/timeline?limit=100"), "");
    program.kill();
    std::fs::remove_dir_all(&data).unwrap();
    told(timeline["items"].as_array().unwrap())
}

fn only_contact(program: &Program) -> Option<String> {
    program.api("GET", "/v1/contacts", "")["items"][0]["id"].as_str().map(str::to_owned)
}

/// Waits until so many mails are out and their outcomes recorded.
fn wait_until_still(program: &Program, mails: u64) {
    for _ in 0..1_500 {
        if program.mail_count() >= mails
            && let Some(id) = only_contact(program)
            && program.api("GET", &format!("/v1/contacts/{id}"), "")["sends"] == json!([])
        {
            return;
        }
        pause();
    }
    panic!("no {mails} mails");
}

async fn in_the_world() -> String {
    let world = World::at("2026-11-22T09:00:00Z");
    world.app.set_up_demo().await.unwrap();
    let key = world.app.create_api_key("e2e").await.unwrap();
    let router = flusso_entrypoints::router(Arc::clone(&world.app), Options::default());
    let ask = async |method: &str, path: &str, body: String| {
        let request = Request::builder().method(method).uri(path).header("host", "localhost");
        let request =
            request.header("authorization", format!("Bearer {key}")).header("accept", "application/json");
        let request =
            request.header("content-type", "application/x-www-form-urlencoded").body(Body::from(body));
        let answer = router.clone().oneshot(request.unwrap()).await.unwrap();
        assert!(answer.status().is_success(), "{method} {path}: {}", answer.status());
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        serde_json::from_slice::<Value>(&body).unwrap()
    };
    ask("POST", &format!("/f/{FORM}"), form("Carla", "carla-1")).await;
    world.settle().await;
    world.pass(MORE).await;
    assert_eq!(world.mails.all().len(), 2);
    let contacts = ask("GET", "/v1/contacts", String::new()).await;
    let path = format!("/v1/contacts/{}/timeline?limit=100", contacts["items"][0]["id"].as_str().unwrap());
    told(ask("GET", &path, String::new()).await["items"].as_array().unwrap())
}
