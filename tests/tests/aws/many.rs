//! What concerns many contacts at once, through the real queues and the real stream.

use std::collections::BTreeSet;

use flusso_tests::crowd::{PLAN, Style, crowd};
use serde_json::{Value, json};

use crate::stack::{Stack, address};

const PEOPLE: usize = 24;

fn name(n: usize) -> String {
    format!("Tanti{n:02}")
}

/// The job that was begun, when it has ended.
fn ended(stack: &Stack, begun: &Value) -> Value {
    let job = format!("/v1/jobs/{}", begun["job"].as_str().unwrap());
    stack.until("the job ends", || {
        let job = stack.api("GET", &job, "");
        job["state"].as_str().is_some_and(|state| state != "running").then_some(job)
    })
}

// KC-69 KC-70 KC-75
pub fn a_bulk_action_touches_each_once(stack: &Stack) {
    stack.workflow("promo", "workflow: promo\nname: Promo\nkind: service\nreentry: always\ntriggers: [{ tag added: promo }]\nsteps:\n  - { send email: { subject: Promo, body: Ciao }, id: mail }\n");
    let people: Vec<Value> = (0..PEOPLE)
        .map(|n| {
            let contact = json!({ "email": address(&name(n)), "first_name": name(n), "city": "Lucca" });
            json!({ "type": "prova.tanti", "id": format!("tanti-{n}"), "contact": contact })
        })
        .collect();
    stack.api("POST", "/v1/events", &json!({ "events": people }).to_string());
    stack.settle();
    let who = json!({ "field": { "city": "Lucca" } });
    let found = stack.api("POST", "/v1/filters", &json!({ "who": who }).to_string());
    assert_eq!(found["matches"], PEOPLE, "{found}");
    let asked = json!({ "name": "Promo di Lucca", "add_tag": "promo", "who": who });
    let job = ended(stack, &stack.api("POST", "/v1/bulk", &asked.to_string()));
    assert_eq!(
        (&job["state"], &job["done"], &job["failed"]),
        (&json!("done"), &json!(PEOPLE), &json!(0)),
        "{job}"
    );
    stack.settle();
    for n in 0..PEOPLE {
        assert_eq!(stack.wait_for_mails(&name(n), 1).len(), 1, "{n}");
    }
}

// KW-46 KW-47 KW-49 SH-62
pub fn the_numbers_agree_with_the_timelines(stack: &Stack) {
    stack.settle();
    let all = stack.until("everything is counted", || {
        let all = stack.api("GET", "/v1/statistics/promo", "");
        (all["completed"] == PEOPLE).then_some(all)
    });
    assert_eq!(
        (&all["entered"], &all["inside"], &all["people"]),
        (&json!(PEOPLE), &json!(0), &json!(PEOPLE))
    );
    assert_eq!(all["steps"][0]["sent"], PEOPLE, "{all}");
    let path = "/v1/statistics/promo/people?number=sent&limit=100";
    assert_eq!(stack.api("GET", path, "")["items"].as_array().unwrap().len(), PEOPLE);
    let today = stack.api("GET", "/v1/statistics/promo/days", "");
    let sent: i64 =
        today["days"].as_array().unwrap().iter().filter_map(|day| day["counts"]["sent"].as_i64()).sum();
    assert_eq!(sent, 24, "{today}");
    let health = stack.api("GET", "/v1/statistics", "");
    assert!(health["items"].as_array().unwrap().iter().any(|one| one["workflow"] == "promo"), "{health}");

    // Of everything that has happened on this stack so far: whatever crashed, came twice or was erased.
    let found = stack.until("the counters say what the timelines say", || {
        let found = stack.recount();
        (found["differ"] == json!([])).then_some(found)
    });
    assert_eq!((&found["stuck"], &found["changed_meanwhile"]), (&json!([]), &json!(0)), "{found}");
    println!("  {} contacts, {} counters", found["contacts"], found["counters"]);
}

const ROWS: usize = 300;

/// The stage of an import, when its job has ended.
fn stage(stack: &Stack, import: &str, stage: &str) -> Value {
    stack.until(&format!("{stage} has ended"), || {
        let stands = stack.api("GET", import, "")[stage].clone();
        stands["state"].as_str().is_some_and(|state| state != "running").then_some(stands)
    })
}

// KC-50 KC-52 KC-53 KC-81
pub fn a_file_is_taken_in_written_and_taken_back(stack: &Stack) {
    let crowd = crowd(11, ROWS, Style::Plain);
    let text = String::from_utf8(crowd.bytes).unwrap();
    let id = stack.api("POST", "/v1/imports", r#"{"name":"fiera.csv"}"#)["id"].as_str().unwrap().to_owned();
    let import = format!("/v1/imports/{id}");
    let (first, second) = text.split_at(text.floor_char_boundary(text.len() / 2));
    let authorization = stack.authorization();
    let headers = [("Authorization", &*authorization), ("Content-Type", "application/octet-stream")];
    for (part, text) in [(1, first), (2, second)] {
        let (status, body) = stack.send("PUT", &format!("{import}/parts/{part}"), &headers, text);
        assert_eq!(status, 204, "{body}");
    }
    stack.api("POST", &format!("{import}/look"), "{}");
    let wrong = (crowd.bad.len(), crowd.doubles.len());
    for (name, call, body) in [("check", "check", PLAN), ("apply", "start", "{}")] {
        stack.api("POST", &format!("{import}/{call}"), body);
        let stands = stage(stack, &import, name);
        assert_eq!(
            (&stands["state"], &stands["counts"]["created"], &stands["bad"], &stands["counts"]["duplicate"]),
            (&json!("done"), &json!(crowd.people.len()), &json!(wrong.0), &json!(wrong.1)),
            "{name}: {stands}"
        );
    }
    let list = json!({ "name": "Novità", "list": "Novità", "columns": ["email"] });
    let export = stack.api("POST", "/v1/exports", &list.to_string())["id"].as_str().unwrap().to_owned();
    let export = format!("/v1/exports/{export}");
    stack.until("the export has ended", || (stack.api("GET", &export, "")["state"] == "done").then_some(()));
    let files: Vec<String> = stack.files().into_iter().filter(|name| name.starts_with("exports/")).collect();
    let file: String = files.iter().map(|name| stack.file(name)).collect();
    let found: BTreeSet<String> = file.lines().skip(1).map(str::to_owned).collect();
    assert!(found.is_superset(&crowd.people), "{files:?}: {file}");
    assert_eq!(stack.api("GET", &export, "")["files"].as_array().unwrap().len(), 1);

    stack.api("POST", &format!("{import}/undo"), "{}");
    let stands = stage(stack, &import, "undo");
    assert_eq!(
        (&stands["state"], &stands["counts"]["deleted"]),
        (&json!("done"), &json!(crowd.people.len())),
        "{stands}"
    );
    let found = stack.api("POST", "/v1/filters?limit=1", r#"{"who":{"tag":"fiera"}}"#);
    assert_eq!(found["matches"], 0, "nobody is left: {found}");
}
