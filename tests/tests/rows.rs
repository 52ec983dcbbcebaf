//! What a reaction costs, counted where the table is asked: a change of these figures is a change of the bill.
#![allow(clippy::needless_raw_string_hashes, reason = "the expectation rewrites itself")]

use flusso_app::accept::Submission;
use flusso_engine::time::Millis;
use flusso_store::counted::Usage;
use flusso_tests::world::{World, at_once};

fn line(what: &str, usage: &Usage) -> String {
    format!(
        "{what}: {} requests, {} rows read, {} rows in commits, {} rows put beside",
        usage.requests, usage.rows_read, usage.rows_committed, usage.rows_written
    )
}

#[test]
fn the_rows_of_a_sign_up_with_its_mail_and_follow_up() {
    let world = World::at("2026-03-02T09:00:00Z");
    at_once(world.app.set_up_demo()).unwrap();
    let mut told = Vec::new();
    let mut before = world.counts.snapshot();
    let mut step = |what: &str| {
        let after = world.counts.snapshot();
        told.push(line(what, &(after - before)));
        before = after;
    };
    let answers =
        [("email", "anna@example.com"), ("first_name", "Anna"), ("newsletter", "on"), ("submission_id", "1")];
    let answers = answers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    at_once(world.app.accept_form(
        "richiedi-guida-gratuita",
        Submission { answers, idempotency_key: None, ..Submission::default() },
    ))
    .unwrap();
    step("accepted");
    at_once(world.settle());
    step("enrolled, first mail sent");
    at_once(world.pass(Millis::hours(25)));
    step("a day later, follow-up sent");
    assert_eq!(world.mails.all().len(), 2);
    expect_test::expect![[r#"
        accepted: 4 requests, 4 rows read, 0 rows in commits, 0 rows put beside
        enrolled, first mail sent: 15 requests, 9 rows read, 4 rows in commits, 9 rows put beside
        a day later, follow-up sent: 20 requests, 7 rows read, 0 rows in commits, 7 rows put beside"#]]
    .assert_eq(&told.join("\n"));
}
