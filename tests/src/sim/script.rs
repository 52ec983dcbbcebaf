//! Scenarios for the systematic fault sweep: written down, in order, with one fault at a place that is chosen.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use flusso_engine::contact::enrollment::Waiting;
use flusso_engine::timeline::What as Line;
use serde_json::json;

use super::Violation;
use super::core::{DAY, HOUR, MINUTE, SECOND, Shared};
use super::plan::{PEOPLE, Plan, Post};
use super::rng::Rng;
use super::watch::Seen;
use super::weather::Weather;
use super::workflows::SOURCES;
use super::world::World;

/// A scenario.
#[derive(Debug)]
pub struct Scenario {
    /// What it is about.
    pub name: &'static str,
    /// The workflows that it needs.
    workflows: &'static [&'static str],
    /// What is posted, and when.
    posts: fn() -> Vec<(i64, Post)>,
    /// Nobody performs a step before this.
    pub steps_from: i64,
    /// How it ends, as people see it.
    pub expected: &'static str,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// A task dies at the nth await.
    DiesAt(u64),
    /// Every message is delivered twice.
    EveryMessageTwice,
    /// Both.
    TwiceAndDiesAt(u64),
    /// The nth commit is not answered, and did not happen.
    LostAt(u64),
    /// The nth commit is not answered, and happened.
    UnansweredAt(u64),
    /// The nth commit happened at its first try, and is answered at its second.
    RetriedAt(u64),
}

/// How a scenario ended.
#[derive(Clone, Debug)]
pub struct End {
    /// How many awaits there were.
    pub awaits: u64,
    /// How many commits there were.
    pub commits: u64,
    /// How many alarms only the sweep found.
    pub rung_late: u64,
    /// What people see.
    pub visible: String,
    /// What did not hold.
    pub violations: Vec<Violation>,
}

fn sign_up(id: &str, who: &str) -> Post {
    let email = format!("{who}{PEOPLE}");
    Post::form(Some(id), id, &[("email", &email), ("first_name", "Anna"), ("newsletter", "on")])
}

fn event(kind: &str, id: &str, who: &str) -> Post {
    Post::event(kind, id, json!({ "email": format!("{who}{PEOPLE}") }), json!({}))
}

/// Every scenario.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a mail at once, and another after ten minutes",
        workflows: &["receipt"],
        posts: || vec![(0, event("receipt.asked", "a", "anna"))],
        steps_from: 0,
        expected: r#"
> anna@people.example: Your receipt again | No. a
> anna@people.example: Your receipt | No. a
email: "anna@people.example"
source: "api"
tags [], lists [], consents []
score 0
was in receipt 1 times
  contact created
  field email set
  receipt/send-email-1: message planned
  receipt/send-email-1: message sent
  receipt/send-email-2: completed
  receipt/send-email-2: message planned
  receipt/send-email-2: message sent
  receipt: enrolled by receipt.asked
  wait-1: waits
"#,
    },
    Scenario {
        name: "sign-up, first mail, and the follow-up after a day",
        workflows: &["welcome"],
        posts: || vec![(0, sign_up("a", "anna"))],
        steps_from: 0,
        expected: r#"
> anna@people.example: Have you read it? | Hi Anna, have you read the guide?
> anna@people.example: Welcome, Anna | Here: https://shop.example/guide.pdf
email: "anna@people.example"
first_name: "Anna"
source: "form"
tags [], lists [], consents ["email Granted"]
score 0
was in welcome 1 times
  consent given: marketing by email
  contact created
  field email set
  field first_name set
  wait-1: waits
  welcome/first: message planned
  welcome/first: message sent
  welcome/second: completed
  welcome/second: message planned
  welcome/second: message sent
  welcome: enrolled by form.submitted
"#,
    },
    Scenario {
        name: "a reply during the wait",
        workflows: &["welcome"],
        posts: || vec![(0, sign_up("a", "anna")), (3 * HOUR, event("email.replied", "b", "anna"))],
        steps_from: 0,
        expected: r#"
> anna@people.example: Welcome, Anna | Here: https://shop.example/guide.pdf
email: "anna@people.example"
first_name: "Anna"
source: "form"
tags [], lists [], consents ["email Granted"]
score 0
was in welcome 1 times
  consent given: marketing by email
  contact created
  field email set
  field first_name set
  wait-1: waits
  welcome/first: message answered
  welcome/first: message planned
  welcome/first: message sent
  welcome/wait-1: exited: replied
  welcome: enrolled by form.submitted
"#,
    },
    Scenario {
        name: "an opt-out between plan and claim",
        workflows: &["welcome"],
        posts: || vec![(0, sign_up("a", "anna")), (20 * MINUTE, event("email.unsubscribed", "b", "anna"))],
        steps_from: HOUR,
        expected: r#"
email: "anna@people.example"
first_name: "Anna"
source: "form"
tags [], lists [], consents ["email Withdrawn"]
score 0
was in welcome 1 times
  address suppressed for email: opt_out
  consent given: marketing by email
  consent withdrawn: marketing by email
  contact created
  field email set
  field first_name set
  wait-1: waits
  welcome/first: message planned
  welcome/first: message skipped: opted_out
  welcome/second: completed
  welcome/second: message planned
  welcome/second: message skipped: opted_out
  welcome: enrolled by form.submitted
"#,
    },
    Scenario {
        name: "two events make one person",
        workflows: &["news", "prices"],
        posts: || {
            let url = json!({ "url": "https://shop.example/prices" });
            let who = json!({ "email": format!("anna{PEOPLE}") });
            vec![
                (0, Post::event("page.visited", "a", who.clone(), url)),
                (
                    0,
                    Post::event(
                        "profile.changed",
                        "b",
                        json!({ "email": format!("anna{PEOPLE}"), "city": "Roma" }),
                        json!({}),
                    ),
                ),
            ]
        },
        steps_from: 0,
        expected: r#"
city: "Roma"
email: "anna@people.example"
source: "api"
tags [], lists [], consents []
score 0
was in prices 1 times
  contact created
  field city set
  field email set
  prices/add-to-list-1: list prices joined
  prices/decide-1: decided: else
  prices/remove-from-list-2: completed
  prices/remove-from-list-2: list prices left
  prices: enrolled by page.visited
  wait-1: waits
"#,
    },
    Scenario {
        name: "points, a threshold, and colleagues told",
        workflows: &["points-visited", "qualified"],
        posts: || {
            let visit = |id: &str| {
                Post::event(
                    "page.visited",
                    id,
                    json!({ "email": format!("anna{PEOPLE}") }),
                    json!({ "url": "https://shop.example/" }),
                )
            };
            vec![(0, visit("a")), (20 * MINUTE, visit("b")), (40 * MINUTE, visit("c"))]
        },
        steps_from: 0,
        expected: r#"
> boss@shop.example: qualified | anna@people.example has 21
> laura@shop.example: qualified | anna@people.example has 21
> paolo@shop.example: qualified | anna@people.example has 21
email: "anna@people.example"
source: "api"
tags [], lists [], consents []
score 0
was in points-visited 3 times
was in qualified 1 times
  contact created
  field email set
  points expired, score 0
  points expired, score 14
  points expired, score 7
  points-visited/add-score-1: +7 points, score 14
  points-visited/add-score-1: +7 points, score 21
  points-visited/add-score-1: +7 points, score 7
  points-visited/add-score-1: completed
  points-visited/add-score-1: completed
  points-visited/add-score-1: completed
  points-visited: enrolled by page.visited
  points-visited: enrolled by page.visited
  points-visited: enrolled by page.visited
  qualified/add-to-list-1: list qualified joined
  qualified/notify-1: message planned
  qualified/notify-1: message planned
  qualified/notify-1: message planned
  qualified/notify-1: message sent
  qualified/notify-1: message sent
  qualified/notify-1: message sent
  qualified/remove-from-list-1: completed
  qualified/remove-from-list-1: list qualified left
  qualified: enrolled by score.changed
  qualified: ignored: filter
  qualified: ignored: filter
  qualified: ignored: filter
  qualified: ignored: filter
  qualified: ignored: filter
  wait-1: waits
"#,
    },
];

impl Scenario {
    /// Plays it with something going wrong.
    pub fn play(&self, trouble: Trouble) -> End {
        let begins_at = 1_792_400_400_000;
        let chosen = SOURCES.iter().filter(|source| self.workflows.contains(&source.id));
        let plan = Plan {
            begins_at,
            weather: Weather::default(),
            skews: vec![0, 0],
            segments: Vec::new(),
            workflows: chosen.map(|source| (source.id.to_owned(), source.version(false))).collect(),
            posts: (self.posts)(),
            changes: Vec::new(),
            commands: Vec::new(),
            restarts: Vec::new(),
            clocks: Vec::new(),
            calm_at: DAY + SECOND,
            fences: true,
        };
        let mut shared = Shared::new(Rng::new(1), Weather::default());
        shared.orderly = true;
        shared.ledger.silent = true;
        shared.bag.steps_from = begins_at + self.steps_from;
        shared.bag.doubled = matches!(trouble, Trouble::EveryMessageTwice | Trouble::TwiceAndDiesAt(_));
        shared.trouble = trouble;
        let mut world = World::new(&plan, shared);
        world.run();
        world.judge();
        let rung_late = world.counted(|metrics| metrics.rung_late.get());
        world.core.with(|shared| End {
            rung_late,
            awaits: shared.awaits,
            commits: shared.commits,
            visible: visible(shared),
            violations: std::mem::take(&mut shared.watch.violations),
        })
    }
}

/// The end as people see it: no ids, no times, nothing about tries.
fn visible(shared: &Shared) -> String {
    let mut text = String::new();
    let mut mails: Vec<String> = shared
        .ledger
        .taken
        .iter()
        .map(|mail| {
            // Without the line by which one leaves: its signature says nothing to a reader.
            let text = mail.text.split("\n-- \n").next().unwrap_or_default().trim().replace('\n', " ");
            format!("> {}: {} | {text}\n", mail.to, mail.subject)
        })
        .collect();
    mails.sort();
    text.extend(mails);
    let mut contacts: Vec<String> = shared.watch.seen.values().map(contact).collect();
    contacts.sort();
    text.extend(contacts);
    text
}

fn contact(seen: &Seen) -> String {
    let (profile, state) = (&seen.contact.profile, &seen.contact.state);
    let mut text = String::new();
    for (name, field) in &profile.fields {
        let _ = writeln!(text, "{name}: {}", field.value);
    }
    let tags: Vec<&str> = profile.tags.keys().map(AsRef::as_ref).collect();
    let lists: Vec<&str> = profile.lists.keys().map(AsRef::as_ref).collect();
    let consents: Vec<String> = profile
        .consents
        .iter()
        .map(|consent| format!("{} {:?}", consent.channel, consent.standing))
        .collect();
    let _ = writeln!(text, "tags {tags:?}, lists {lists:?}, consents {consents:?}");
    let _ = writeln!(text, "score {}", state.score.value(state.last_now));
    for enrollment in state.enrollments.values() {
        let waits = match &enrollment.waiting {
            Waiting::Nothing => "nothing",
            Waiting::Until { .. } => "an instant",
            Waiting::Event { .. } => "an event",
            Waiting::Condition { .. } => "a condition",
            Waiting::Turn { .. } => "its turn",
            Waiting::Answer { .. } => "an answer",
            Waiting::Sends { .. } => "sends",
        };
        let _ = writeln!(text, "inside {} at {}, waiting for {waits}", enrollment.workflow, enrollment.step);
    }
    for (workflow, past) in &state.past {
        let _ = writeln!(text, "was in {workflow} {} times", past.entries);
    }
    let tries = |what: &Line| {
        matches!(
            what,
            Line::SendClaimed { .. }
                | Line::SendUnknown { .. }
                | Line::SendGivenBack { .. }
                | Line::SendRefused { .. }
        )
    };
    let mut lines: Vec<String> = Vec::new();
    let mut ended = BTreeSet::new();
    for line in seen.entries.iter().flat_map(|entry| &entry.lines).filter(|line| !tries(&line.what)) {
        if let Line::Waiting { .. } | Line::WaitingFor { .. } = line.what {
            let step = line.step.as_ref().map_or("", |step| step.as_str());
            lines.push(format!("  {step}: waits\n"));
            continue;
        }
        if let Line::Sent { send, .. } = &line.what {
            ended.insert(send.clone());
        }
        lines.push(format!("  {line}\n"));
    }
    // What happens at once may come in another order.
    lines.sort();
    text.extend(lines);
    text
}
