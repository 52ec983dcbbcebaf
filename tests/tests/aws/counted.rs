//! What one person through the counted workflow asks of AWS, by function: from the summary lines that the functions
//! print. It is what the bill of the tests counts, and `UPDATE=1` rewrites the file of it.

use std::collections::BTreeMap;
use std::path::Path;

use flusso_engine::time::{Instant, Millis};
use flusso_tests::metered::{self, ALONE, Shape, WORKFLOW};
use serde_json::{Value, json};

use crate::stack::{Stack, address};

const FILE: &str = "../shared/catalog/counted/local-aws.json";
/// Those whose work is a person's own; statistics and sweeps are shared by all who come in the same seconds.
const FUNCTIONS: &[&str] = &["intake", "triggers", "steps", "wake", "feedback"];

/// Requests of a function by their names, and how often it was invoked.
pub type Asked = BTreeMap<String, BTreeMap<String, u64>>;

pub fn as_billed(stack: &Stack) {
    let put = |path: &str, body: Value| stack.api("PUT", path, &body.to_string());
    put("/v1/forms/guide", serde_json::to_value(metered::form()).unwrap());
    put("/v1/templates/follow-up", serde_json::to_value(metered::follow_up()).unwrap());
    stack.workflow("guide", WORKFLOW);
    let mut account = stack.api("GET", "/v1/account", "");
    account["tracking"]["of"] = json!("always");
    put("/v1/account", account.clone());
    stack.listen(false);
    // The first one finds processes that have read nothing yet.
    goes_through(stack, "Quirino");
    let before = asked(stack, FUNCTIONS);
    goes_through(stack, "Zelda");
    let asked = difference(asked(stack, FUNCTIONS), &before);
    stack.listen(true);
    // The stories that follow are told without it.
    account["tracking"]["of"] = json!("with_consent");
    put("/v1/account", account);
    stack.api("POST", "/v1/workflows/guide/stop", r#"{ "confirm": "guide" }"#);

    let sum = |name: &str| -> u64 {
        let all = asked.values().flatten();
        all.filter(|(what, _)| what.starts_with(name)).map(|(_, times)| times).sum()
    };
    let works = metered::count(Shape::New, ALONE);
    let own = works.iter().filter(|(what, _)| !["count", "sweep"].contains(&what.as_str()));
    let (mut requests, mut queued) = (0, 0);
    for (_, total) in own {
        requests += total.units.requests;
        queued += total.queued;
    }
    println!("  {} requests to DynamoDB, {} to SQS: {asked:?}", sum("DynamoDB."), sum("SQS."));
    assert_eq!(
        sum("DynamoDB."),
        requests,
        "requests to the table, on AWS and as billed: {asked:#?}\n{works:#?}"
    );
    assert_eq!(sum("SQS."), queued, "requests to the queues, on AWS and as billed: {asked:#?}\n{works:#?}");
    is_kept(&asked);
}

/// Signs up, gets both mails a day apart, opens one.
fn goes_through(stack: &Stack, name: &str) {
    let who = address(name).replace('@', "%40");
    let body = format!("first_name={name}&email={who}&newsletter=on&submission_id=counted-{name}");
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")];
    let (status, answer) = stack.send("POST", "/f/guide", &headers, &body);
    assert_eq!(status, 202, "{answer}");
    stack.deliver_all();
    let first = stack.wait_for_mails(name, 1).remove(0);
    let says = |mail: &Value, kind, detail| {
        stack.ses_says(mail, kind, detail);
        stack.until("SNS has told the queue", || (!stack.deliver_all().is_empty()).then_some(()));
    };
    let at = |now: Instant| json!({ "timestamp": now.to_string() });
    says(&first, "delivery", at(stack.now()));
    let html = first["html"].as_str().unwrap();
    let picture = html.split_once("<img src=\"").unwrap().1.split_once('"').unwrap().0;
    let path = &picture[picture.find("/o/").unwrap()..];
    let (status, _) = stack.send("GET", path, &[("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)")], "");
    assert_eq!(status, 200);
    stack.deliver_all();
    let contact = stack.contact(name);
    let due = Instant::parse(contact["enrollments"][0]["until"]["utc"].as_str().unwrap()).unwrap();
    stack.set_clock(due + Millis::seconds(1));
    stack.invoke("flusso-local-wake", &json!({ "minute": due.minute() }));
    let seen = stack.deliver_all();
    let mails = stack.mails(name);
    assert_eq!(mails.len(), 2, "{seen:#?}\n{:#}", stack.contact(name));
    let second = &mails[1];
    says(second, "delivery", at(stack.now()));
    assert_eq!(stack.contact(name)["enrollments"], json!([]));
}

/// What the functions have asked for so far, by their summary lines.
pub fn asked(stack: &Stack, functions: &[&str]) -> Asked {
    let mut all = Asked::new();
    for function in functions {
        let of = all.entry((*function).to_owned()).or_default();
        for line in stack.log_lines(function) {
            let Ok(line) = serde_json::from_str::<Value>(&line) else { continue };
            let Some(asked) = line["Asked"].as_object() else { continue };
            *of.entry("invocations".to_owned()).or_default() += 1;
            for (name, times) in asked.iter().filter(|(name, _)| !name.ends_with("Units")) {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
                let times = times.as_f64().unwrap() as u64;
                *of.entry(name.clone()).or_default() += times;
            }
        }
    }
    all
}

pub fn difference(mut all: Asked, before: &Asked) -> Asked {
    for (function, of) in &mut all {
        for (name, times) in of.iter_mut() {
            *times -= before[function].get(name).copied().unwrap_or_default();
        }
        of.retain(|_, times| *times > 0);
    }
    all
}

fn is_kept(asked: &Asked) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let made = serde_json::to_string_pretty(asked).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, made).unwrap();
    } else {
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == made, "{FILE} is behind; run: UPDATE=1 make aws STORY=billed\n{made}");
    }
}
