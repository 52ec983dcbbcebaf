//! The life of a workflow by the deployed API, with people inside.

use flusso_engine::time::Millis;
use serde_json::{Value, json};

use crate::stack::Stack;

const DAY: Millis = Millis::hours(24);
const FIRST: &str = "
workflow: consigli
name: Consigli
kind: service
settings: { lateness: 30 days }
triggers: [{ event: prova.consigli }]
steps:
  - wait: 10 days
  - send email: { subject: Consiglio, body: Uno }
";
const SECOND: &str = "
workflow: consigli
name: Consigli
kind: service
settings: { lateness: 30 days }
triggers: [{ event: prova.consigli }]
steps:
  - add tag: avvisato
  - wait: 4 days
  - send email: { subject: Consiglio migliore, body: Due }
";

/// Asks something that jobs do, and waits until they are done.
fn decide(stack: &Stack, verb: &str, body: &Value) -> Value {
    let begun = stack.api("POST", &format!("/v1/workflows/consigli/{verb}"), &body.to_string());
    let mut last = Value::Null;
    for job in begun["jobs"].as_array().unwrap() {
        let path = format!("/v1/jobs/{}", job.as_str().unwrap());
        last = stack.until("the job is done", || {
            let job = stack.api("GET", &path, "");
            (job["state"] == "done").then_some(job)
        });
    }
    stack.settle();
    last
}

pub fn with_people_inside(stack: &Stack) {
    stack.workflow("consigli", FIRST);
    for name in ["Rita", "Sara"] {
        stack.event("prova.consigli", &format!("consigli-{name}"), name);
        stack.contact(name);
    }
    stack.settle();

    assert_eq!(decide(stack, "interruption", &json!({}))["done"], 2);
    assert_eq!(stack.api("GET", "/v1/workflows/consigli", "")["state"], "interrupted");
    stack.pass(Millis(11 * DAY.0));
    stack.pump();
    stack.settle();
    assert!(stack.mails("Rita").is_empty() && stack.mails("Sara").is_empty());
    let waits = stack.api("GET", "/v1/workflows/consigli/interruption", "");
    assert_eq!((&waits["inside"], &waits["overdue"]), (&json!(2), &json!(2)), "{waits}");
    // Their turns are near: delayed messages, which take their time.
    decide(stack, "resume", &json!({ "over": "2 seconds" }));
    for name in ["Rita", "Sara"] {
        assert_eq!(stack.wait_for_mails(name, 1)[0]["subject"], "Consiglio");
    }
    stack.settle();

    stack.event("prova.consigli", "consigli-Tina", "Tina");
    stack.contact("Tina");
    stack.settle();
    stack.pass(DAY);
    stack.api("PUT", "/v1/workflows/consigli", SECOND);
    let how = json!({ "people": "migrate", "over": "1 minute" });
    let preview = stack.api("POST", "/v1/workflows/consigli/preview", &how.to_string());
    assert_eq!((&preview["inside"], &preview["counts"]), (&json!(1), &json!({ "earlier": 1 })), "{preview}");
    let job = decide(stack, "activate", &how);
    assert_eq!((&job["counts"], &job["failed"]), (&preview["counts"], &json!(0)), "{job}");
    stack.pass(Millis(3 * DAY.0 + 120_000));
    stack.pump();
    assert_eq!(stack.wait_for_mails("Tina", 1)[0]["subject"], "Consiglio migliore");
    stack.settle();
    assert_eq!(stack.contact("Tina")["tags"], json!([]), "what comes before her step is not for her");
    for name in ["Rita", "Sara", "Tina"] {
        assert_eq!((stack.mails(name).len(), &stack.contact(name)["enrollments"]), (1, &json!([])));
    }
}
