//! The deployed template, end to end: the real functions and the real SDK on a local AWS, which this test brings up on
//! ports of its own and takes down again. `cargo test … --test aws -- WORD` tells only the stories whose name has WORD.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that talks to people")]

mod alone;
mod budgets;
mod by_hand;
mod clock;
mod counted;
mod crashes;
mod door;
mod feedback;
mod journey;
mod lives;
mod many;
mod outside;
mod person;
mod repeats;
mod stack;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant as Watch;

use stack::Stack;

type Story = (&'static str, fn(&Stack));

/// In this order: the sweep goes minute by minute, so what needs it comes before the days pass.
const STORIES: &[Story] = &[
    // On an account as fresh as that of the counts: what was defined before makes records longer.
    ("what a person asks of AWS is what is billed", counted::as_billed),
    ("a wait is laid for the scheduler itself", alone::begins),
    ("a short wait is a delayed message", journey::a_short_wait),
    ("the doctor says what is missing", door::says_what_is_missing),
    ("the door reads any address", door::reads_any_address),
    ("what SES says lands on the timeline", feedback::is_heard),
    ("one click leaves", feedback::one_click_leaves),
    ("the scheduler fires by itself", alone::ends),
    ("killed after the commit: the sweep repairs it", crashes::after_the_commit),
    ("killed after SES took the mail: one mail, settled by its feedback", crashes::after_the_hand_over),
    ("killed before the hand-over: never handed over later", crashes::before_the_hand_over),
    (
        "killed, and the message delivered again: repaired, and nothing sent twice",
        crashes::and_delivered_again,
    ),
    ("a sign-up becomes a mail, and a day later another", journey::a_day),
    ("the same transcript on three platforms", journey::the_same_everywhere),
    ("a duplicate of every message changes nothing", repeats::change_nothing),
    ("a poisoned message is parked and its batch applied", repeats::poison_is_parked),
    ("sixty steps are one hop", budgets::sixty_steps),
    ("more steps than one reaction takes go on by themselves", budgets::many_steps),
    ("two workflows that start each other come to an end", budgets::a_circle),
    ("a workflow is interrupted, goes on and changes with people inside", lives::with_people_inside),
    ("a card costs the same after years", person::the_card_is_as_cheap_after_years),
    ("nothing is left of who is erased", person::nothing_is_left_of_who_is_erased),
    ("many: a bulk action touches each contact once", many::a_bulk_action_touches_each_once),
    ("many: a file is taken in, written and taken back", many::a_file_is_taken_in_written_and_taken_back),
    ("many: the numbers agree with the timelines", many::the_numbers_agree_with_the_timelines),
    ("without TestClock the clock can't be moved", clock::stands_still),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    if std::env::var_os("FLUSSO_E2E").is_none() {
        return outside::run(&arguments);
    }
    let words: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let chosen = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let stack = Stack::new();
    let (mut passed, mut failed) = (0, 0);
    for (name, story) in STORIES.iter().filter(|(name, _)| chosen(name)) {
        let watch = Watch::now();
        let told = catch_unwind(AssertUnwindSafe(|| story(&stack)));
        let took = watch.elapsed().as_secs_f32();
        let word = if told.is_ok() { "ok" } else { "FAILED" };
        println!("story {name} ... {word} ({took:.1} s)");
        if told.is_ok() {
            passed += 1;
        } else {
            failed += 1;
            stack.listen(true);
        }
    }
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {word}. {passed} passed; {failed} failed");
    ExitCode::from(u8::from(failed > 0))
}
