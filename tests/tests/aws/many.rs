//! What concerns many contacts at once, through the real queues and the real stream.

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
