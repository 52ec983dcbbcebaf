//! The one time that nobody pumps: the wait is laid so that its minute begins shortly by the real clock, and the
//! scheduler itself fires.

use std::sync::OnceLock;

use flusso_aws::clock::SystemClock;
use flusso_engine::time::{Instant, Millis};
use flusso_store::clock::Clock as _;

use crate::stack::Stack;

/// The name and the instant of the schedule that is the scheduler's own business.
static SCHEDULE: OnceLock<(String, Instant)> = OnceLock::new();
/// So long after its instant the mail must be out.
const LIMIT: Millis = Millis::seconds(5);
/// Longer than what travels as a delayed message.
const WAIT: Millis = Millis::minutes(20);
/// What the stack may need until the schedule is made.
const HEADSTART: Millis = Millis::seconds(12);

const WORKFLOW: &str = "
workflow: da-sola
name: Da sola
triggers:
  - event: prova.sola
steps:
  - wait: 20 minutes
  - send email: { subject: Da sola, body: Ciao }
";

/// The schedule that a pump leaves alone.
pub fn spared() -> Option<&'static str> {
    SCHEDULE.get().map(|(name, _)| name.as_str())
}

pub fn begins(stack: &Stack) {
    let rings = Instant::from_minute((SystemClock.now() + HEADSTART).minute() + 1);
    stack.set_clock(rings + Millis::seconds(1) - WAIT);
    stack.workflow("da-sola", WORKFLOW);
    stack.event("prova.sola", "da-sola-1", "Sola");
    stack.contact_id("Sola");
    stack.settle();
    let due = stack.contact("Sola")["enrollments"][0]["until"]["utc"].as_str().map(Instant::parse);
    let due = due.unwrap().unwrap();
    let name = format!("local-{}", due.minute());
    assert_eq!(
        stack.schedules().get(&name),
        Some(&Instant::from_minute(due.minute())),
        "made for its minute"
    );
    assert!(Instant::from_minute(due.minute()) > SystemClock.now(), "too slow to see it fire");
    SCHEDULE.set((name, Instant::from_minute(due.minute()))).unwrap();
    // When it rings, its contact is due.
    stack.set_clock(due + Millis::seconds(1));
    assert!(stack.mails("Sola").is_empty());
}

pub fn ends(stack: &Stack) {
    let Some((name, at)) = SCHEDULE.get() else { panic!("the story that makes the schedule was not told") };
    while SystemClock.now() < *at + LIMIT && stack.mails("Sola").is_empty() {
        flusso_tests::program::pause();
    }
    let mails = stack.mails("Sola");
    let [mail] = &mails[..] else { panic!("{mails:#?}") };
    let took = Instant::parse(mail["accepted_at"].as_str().unwrap()).unwrap().since(*at);
    println!("  the mail was out {} ms after the minute began", took.0);
    assert!((Millis(0)..=LIMIT).contains(&took), "{took:?}");
    assert!(!stack.schedules().contains_key(name), "gone once it has fired");
}
