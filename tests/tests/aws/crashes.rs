//! A function's process that dies in the worst moments. In most of these stories the message that it worked on is lost
//! besides: what Lambda would deliver again after six minutes is deleted, so that what repairs it is not redelivery.

use flusso_engine::time::{Instant, Millis};
use serde_json::{Value, json};

use crate::feedback::POST;
use crate::stack::Stack;

/// Longer than a safety alarm and the quarter of an hour that the sweep leaves it.
const SWEPT: Millis = Millis::minutes(20);

/// Has the next process that comes to this place die there, after `cause`; then loses what lies in the queue. What an
/// earlier story left to do is done before: nobody else shall come to the place.
fn die(stack: &Stack, place: &str, queue: &str, cause: impl FnOnce()) {
    stack.settle();
    let file = stack.place.failpoints().join(place);
    std::fs::write(&file, "").unwrap();
    cause();
    stack.until("a process has died", || (!file.exists()).then_some(()));
    stack.lose(queue);
    stack.settle();
}

fn phases(contact: &Value) -> Vec<&str> {
    contact["sends"].as_array().unwrap().iter().map(|send| send["phase"].as_str().unwrap()).collect()
}

pub fn after_the_commit(stack: &Stack) {
    die(stack, "committed", "events-fast", || {
        assert_eq!(stack.sign_up("Lara", "lara-1").0, 202);
    });
    assert_eq!(phases(&stack.contact("Lara")), ["planned"], "committed");
    stack.sweep();
    stack.settle();
    assert!(stack.mails("Lara").is_empty(), "and nothing came of it");
    stack.pass(SWEPT);
    stack.pump();
    stack.settle();
    assert!(stack.mails("Lara").is_empty(), "it is the sweep that finds it, nobody else");
    stack.sweep();
    stack.wait_for_mails("Lara", 1);
    stack.settle();
    stack.sweep();
    stack.settle();
    assert_eq!(stack.mails("Lara").len(), 1);
    assert_eq!(stack.contact("Lara")["enrollments"][0]["waits_for"], "instant");
}

const TWO: &str = "
workflow: due-volte
name: Due volte
triggers:
  - event: prova.due
steps:
  - send email: { subject: Uno, body: Ciao }
  - wait: 2 hours
  - send email: { subject: Due, body: Ciao }
";

pub fn after_the_hand_over(stack: &Stack) {
    stack.workflow("due-volte", TWO);
    die(stack, "handed-over", "steps-fast", || stack.event("prova.due", "mara-1", "Mara"));
    let mail = stack.wait_for_mails("Mara", 1).remove(0);
    assert_eq!(phases(&stack.contact("Mara")), ["claimed"], "SES has it, and nobody knows");
    let claimed_at = stack.now();
    stack.pass(SWEPT);
    stack.sweep();
    stack.settle();
    assert_eq!(phases(&stack.contact("Mara")), ["unknown"]);
    assert_eq!(stack.mails("Mara").len(), 1, "what may have been sent is not sent again");

    stack.ses_says(&mail, "delivery", json!({}));
    let contact = stack.until("its feedback settles it", || {
        Some(stack.contact("Mara")).filter(|contact| phases(contact).is_empty())
    });
    assert_eq!(stack.mails("Mara").len(), 1);
    // The enrollment counts from the claim, not from when the proof came.
    let due = Instant::parse(contact["enrollments"][0]["until"]["utc"].as_str().unwrap()).unwrap();
    let after = due.since(claimed_at);
    assert!(after > Millis::minutes(118) && after <= Millis::hours(2), "{after:?}");
    stack.pass(Millis::hours(2));
    stack.pump();
    stack.settle();
    let mails = stack.wait_for_mails("Mara", 2);
    assert_eq!([&mails[0]["subject"], &mails[1]["subject"]], ["Uno", "Due"]);
}

pub fn before_the_hand_over(stack: &Stack) {
    stack.workflow("posta", POST);
    die(stack, "claimed", "steps-fast", || stack.event("prova.posta", "nora-1", "Nora"));
    let contact = stack.contact("Nora");
    assert_eq!(phases(&contact), ["claimed"]);
    let send = contact["sends"][0]["id"].clone();
    stack.pass(SWEPT);
    stack.sweep();
    stack.settle();
    assert_eq!(
        phases(&stack.contact("Nora")),
        ["unknown"],
        "from outside it looks like a mail that SES took"
    );
    stack.pass(Millis::hours(24));
    stack.pump();
    stack.settle();
    let listed = stack.api("GET", "/v1/sends/unresolved", "");
    assert!(listed["items"].as_array().unwrap().iter().any(|one| one["send"] == send), "{listed}");
    assert!(stack.mails("Nora").is_empty());
}

/// Time after which SQS delivers a message again that nobody deleted.
const VISIBLE_AGAIN: Millis = Millis::minutes(6);

pub fn and_delivered_again(stack: &Stack) {
    stack.workflow("posta", POST);
    stack.listen(false);
    stack.event("prova.posta", "tea-1", "Tea");
    for (place, queue, function) in
        [("committed", "events-fast", "triggers"), ("handed-over", "steps-fast", "steps")]
    {
        let message = stack.receive(queue).unwrap();
        let file = stack.place.failpoints().join(place);
        std::fs::write(&file, "").unwrap();
        let answer = stack.hand(&message, function, 1);
        assert_eq!((&answer["errorType"], file.exists()), (&json!("Runtime.ExitError"), false), "{answer}");
        assert!(stack.receive("steps-fast").is_none(), "nothing was enqueued");
        stack.set_clock(stack.now() + VISIBLE_AGAIN);
        assert_eq!(stack.hand(&message, function, 2), json!({ "batchItemFailures": [] }));
        stack.done(&message);
    }
    stack.deliver_all();
    let mail = stack.wait_for_mails("Tea", 1).remove(0);
    assert_eq!(phases(&stack.contact("Tea")), ["unknown"]);
    stack.ses_says(&mail, "delivery", json!({}));
    stack.deliver_all();
    assert_eq!(phases(&stack.contact("Tea")), [""; 0]);
    assert_eq!(stack.mails("Tea").len(), 1);
    stack.listen(true);
}
