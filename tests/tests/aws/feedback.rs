//! What becomes of a mail: SES publishes it, and by topic, queue and two functions it reaches the contact.

use serde_json::json;

use crate::stack::Stack;

/// One mail for each event.
pub const POST: &str = "
workflow: posta
name: Posta
reentry: always
triggers:
  - event: prova.posta
steps:
  - send email: { subject: Posta, body: Ciao }
";

pub fn is_heard(stack: &Stack) {
    stack.workflow("posta", POST);
    stack.event("prova.posta", "dora-1", "Dora");
    stack.event("prova.posta", "elsa-1", "Elsa");
    stack.event("prova.posta", "fede-1", "Fede");
    let mail = |name: &str| stack.wait_for_mails(name, 1).remove(0);
    for kind in ["delivery", "open", "click"] {
        stack.ses_says(&mail("Dora"), kind, json!({}));
    }
    stack.ses_says(&mail("Elsa"), "bounce", json!({}));
    stack.ses_says(&mail("Fede"), "complaint", json!({}));

    let heard = |name: &str| {
        let records = stack.timeline(name);
        let kinds = records.iter().filter_map(|record| record["type"].as_str().map(str::to_owned));
        let mut kinds: Vec<String> = kinds.filter(|kind| kind.starts_with("email.")).collect();
        kinds.sort();
        kinds
    };
    for (name, kinds) in [
        ("Dora", &["email.clicked", "email.delivered", "email.opened"][..]),
        ("Elsa", &["email.bounced"]),
        ("Fede", &["email.complained"]),
    ] {
        stack.until(&format!("{name}'s timeline has {kinds:?}"), || (heard(name) == kinds).then_some(()));
    }

    // It has consequences: the next mail goes to her who read the first, and to nobody else.
    for name in ["Dora", "Elsa", "Fede"] {
        stack.event("prova.posta", &format!("{name}-2"), name);
    }
    stack.wait_for_mails("Dora", 2);
    for (name, reason) in [("Elsa", "suppressed_bounce"), ("Fede", "suppressed_complaint")] {
        wait_until_skipped(stack, name, reason);
    }
    stack.settle();
    assert_eq!((stack.mails("Elsa").len(), stack.mails("Fede").len()), (1, 1));
}

fn wait_until_skipped(stack: &Stack, name: &str, reason: &str) {
    stack.until(&format!("{name}'s mail is skipped, {reason}"), || {
        let records = stack.timeline(name);
        let mut lines = records.iter().flat_map(|record| record["lines"].as_array().unwrap());
        lines.any(|line| line["reason"] == reason).then_some(())
    });
}

pub fn one_click_leaves(stack: &Stack) {
    stack.workflow("posta", POST);
    stack.event("prova.posta", "ugo-1", "Ugo");
    let mail = stack.wait_for_mails("Ugo", 1).remove(0);
    let header = |name: &str| {
        let mut headers = mail["headers"].as_array().unwrap().iter();
        headers
            .find(|header| header["name"] == name)
            .map(|header| header["value"].as_str().unwrap().to_owned())
    };
    assert_eq!(header("List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"), "{mail}");
    let link = header("List-Unsubscribe").unwrap();
    let link = link.trim_start_matches('<').trim_end_matches('>');
    let path = link.strip_prefix(&stack.config.public_url).unwrap();
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let (status, answer) = stack.send("POST", path, &headers, "List-Unsubscribe=One-Click");
    assert_eq!(status, 200, "{answer}");
    stack.event("prova.posta", "ugo-2", "Ugo");
    wait_until_skipped(stack, "Ugo", "opted_out");
    stack.settle();
    assert_eq!(stack.mails("Ugo").len(), 1);
}
