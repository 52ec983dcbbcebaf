//! The real program on the real file: after a person is erased, nothing of what names them is in it.
#![allow(clippy::unwrap_used, reason = "what goes wrong in a test ends it")]

use std::path::Path;

use flusso_tests::program::{Client, Program, build, pause};
use serde_json::{Value, json};

/// What names her, and nobody else.
const NAMES: [&str; 4] = ["annarita", "3339876543", "quattrocchi", "bottega-annarita"];

/// Where in the folder one of the names still stands.
fn traces(data: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![data.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).to_lowercase();
        let there = NAMES.iter().filter(|name| text.contains(*name));
        found.extend(there.map(|name| format!("{name} in {}", path.display())));
    }
    found
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if holds() {
            return;
        }
        pause();
    }
    panic!("{what} does not come about");
}

// KC-67 SEM-13
#[test]
fn nothing_is_left_in_the_file() {
    let binary = build();
    let data = std::env::temp_dir().join(format!("flusso-erased-{}", std::process::id()));
    std::fs::create_dir_all(&data).unwrap();
    let program = Program::start(&binary, &data, &["--clock", "1x"]);
    let post = |body: &str| {
        let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")];
        let answer =
            Client::to(&program.address).request("POST", "/f/richiedi-guida-gratuita", &headers, body);
        assert_eq!(answer.unwrap().0, 202);
    };
    post(
        "first_name=Annarita&last_name=Quattrocchi&email=annarita%40quattrocchi.example&newsletter=on&submission_id=a1",
    );
    post("first_name=Carlo&email=carlo%40example.com&newsletter=on&submission_id=c1");
    until("two mails", || program.mail_count() >= 2);
    let find = |by: &str| program.api("GET", &format!("/v1/contacts?{by}"), "")["items"][0]["id"].clone();
    let event = |id: &str, body: &Value| {
        let mut event = body.clone();
        event["id"] = json!(id);
        program.api("POST", "/v1/events", &event.to_string());
    };
    event("e1", &json!({ "type": "call.taken", "contact": { "phone": "+393339876543" } }));
    until("the second card", || find("phone=%2B393339876543").is_string());
    // A browser of hers, and a visit before it was known to be.
    let visit = json!({ "type": "page.visited", "visitor": "bottega-annarita-1", "data": { "url": "https://quattrocchi.example/" } });
    event("v1", &visit);
    let her = find("email=annarita%40quattrocchi.example").as_str().unwrap().to_owned();
    event(
        "e2",
        &json!({ "type": "order.completed", "contact": { "id": her }, "visitor": "bottega-annarita-1" }),
    );
    let other = find("phone=%2B393339876543");
    program.api("POST", &format!("/v1/contacts/{her}/merge"), &json!({ "contact": other }).to_string());
    until("the visit", || {
        let timeline = program.api("GET", &format!("/v1/contacts/{her}/timeline?limit=100"), "");
        timeline.to_string().contains("page.visited")
    });
    assert!(!traces(&data).is_empty(), "what is looked for is there at first");

    let job = program.api("POST", &format!("/v1/contacts/{her}/erase"), "")["job"].clone();
    let job = job.as_str().unwrap().to_owned();
    let is_gone = || {
        let answer = program.try_api("GET", &format!("/v1/contacts/{her}"), "").unwrap();
        answer.0 == 410
    };
    until("the mark", is_gone);
    let is_erased_once =
        || program.api("GET", &format!("/v1/jobs/{job}"), "")["counts"]["records"].is_number();
    until("the first time", is_erased_once);
    program.api("POST", "/v1/clock", &json!({ "advance": "16 minutes" }).to_string());
    let is_reported = || program.try_api("GET", &format!("/v1/jobs/{job}/report"), "").unwrap().0 == 200;
    until("the report", is_reported);
    assert_eq!(traces(&data), Vec::<String>::new());
    // Nobody else is touched.
    assert!(program.mails().iter().all(|mail| mail["to"] == "carlo@example.com"));
    assert!(find("email=carlo%40example.com").is_string());
    drop(program);
    assert_eq!(traces(&data), Vec::<String>::new());
    std::fs::remove_dir_all(&data).unwrap();
}
