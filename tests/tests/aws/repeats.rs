//! What comes twice, and what can't be read at all.

use flusso_engine::time::Millis;
use serde_json::{Value, json};

use crate::stack::Stack;

pub fn change_nothing(stack: &Stack) {
    stack.listen(false);
    stack.sign_up("Gina", "gina-1");
    let mut seen = stack.deliver_all();
    stack.set_clock(stack.now() + Millis::hours(24) + Millis::minutes(1));
    let rung = stack.pump();
    assert!(rung > 0);
    seen.extend(stack.deliver_all());
    let mails = stack.wait_for_mails("Gina", 2);
    let said = [
        ("delivery", json!({ "timestamp": "2026-11-22T09:00:00.000Z" })),
        ("open", json!({ "timestamp": "2026-11-22T09:01:00.000Z" })),
    ];
    for (kind, detail) in &said {
        stack.ses_says(&mails[0], kind, detail.clone());
    }
    seen.extend(stack.deliver_all());
    for queue in ["events-fast", "steps-fast", "feedback"] {
        assert!(seen.iter().any(|one| one.queue == queue), "nothing went through {queue}: {seen:#?}");
    }
    println!("  {} messages", seen.len());

    let shown = || (stack.contact("Gina"), stack.timeline("Gina"), stack.mails("Gina"));
    let before = shown();
    assert_eq!(before.0["enrollments"], json!([]));
    stack.listen(true);
    for message in seen.iter().chain(&seen) {
        stack.put(message.queue, &message.body);
    }
    stack.settle();
    let minutes = stack.now().minute();
    for minute in [minutes - 1, minutes - 1, minutes] {
        stack.invoke("flusso-local-wake", &json!({ "minute": minute }));
    }
    let (status, answer) = stack.sign_up("Gina", "gina-1");
    assert_eq!(status, 202, "{answer}");
    for (kind, detail) in said {
        stack.ses_says(&mails[0], kind, detail);
    }
    stack.settle();
    assert_eq!(shown(), before);
}

pub fn poison_is_parked(stack: &Stack) {
    stack.workflow("posta", crate::feedback::POST);
    let parked = || stack.api("GET", "/v1/parked", "")["items"].as_array().unwrap().clone();
    assert_eq!(parked(), Vec::<Value>::new());
    // All of these lie in the queue before somebody listens, and so are one batch.
    stack.listen(false);
    stack.event("prova.posta", "hana-1", "Hana");
    stack.put("events-fast", "{ this is no message");
    stack.event("prova.posta", "ivo-1", "Ivo");
    stack.put("steps-fast", "nor is this");
    stack.listen(true);
    stack.wait_for_mails("Hana", 1);
    stack.wait_for_mails("Ivo", 1);
    let found = stack.until("both are parked", || Some(parked()).filter(|parked| parked.len() == 2));
    let mut shown: Vec<_> = found
        .iter()
        .map(|one| ["queue", "code", "message"].map(|part| one[part].as_str().unwrap()).join(" | "))
        .collect();
    shown.sort();
    assert_eq!(
        shown,
        ["events-fast | unreadable | { this is no message", "steps-fast | unreadable | nor is this"]
    );
    stack.settle();
    for one in found {
        stack.api("DELETE", &format!("/v1/parked/{}", one["id"].as_str().unwrap()), "");
    }
    assert_eq!(parked(), Vec::<Value>::new());
}
