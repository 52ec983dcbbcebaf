//! What a person costs, counted: people of a given shape go through sign-up, tag, mail, a day's wait and another mail,
//! with the provider's word of both, and every function that works on it takes down what it asked of the platform.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use flusso_app::AppError;
use flusso_app::accept::{EventDraft, Submission};
use flusso_app::cost::Usage;
use flusso_app::templates::MailSource;
use flusso_app::tracking::{PICTURE, Who};
use flusso_engine::definitions::{Form, Tracked};
use flusso_engine::time::Millis;
use flusso_store::billed::Units;
use serde_json::{Map, Value, json};

use crate::world::{Work, World, at_once};

/// The workflow that is counted.
pub const WORKFLOW: &str = "workflow: guide
kind: marketing
triggers: [{ form: guide }]
steps:
  - add tag: guide
  - send email: { subject: \"Welcome, {{ contact.first_name }}\", body: \"Here: {{ event.guide_url }}\" }
  - wait: 1 day
  - send email: { subject: Have you read it?, template: follow-up }
";

/// What makes a contact what it is when it signs up: inside two workflows, with tags and on lists.
const OTHERS: [(&str, &str); 4] = [
    (
        "customers",
        "workflow: customers
kind: service
triggers: [{ event: order.completed }]
steps:
  - add tag: [customer, vip, italy, shoes]
  - add tag: 'size 42'
  - add to list: Customers
  - add to list: News
  - add to list: 'Milan shop'
",
    ),
    (
        "aftercare",
        "workflow: aftercare
kind: service
triggers: [{ event: order.completed }]
exit: [{ on: email.replied, scope: this workflow }]
steps: [{ wait: 30 days }, { add tag: one }]
",
    ),
    (
        "review",
        "workflow: review
kind: service
triggers: [{ event: order.completed }]
steps: [{ wait until: { event: order.paid, at most: 60 days } }, { add tag: two }]
",
    ),
    (
        "grown",
        "workflow: grown
kind: service
triggers: [{ event: year.passed }]
reentry: always
steps:
  - add score: { points: 5, valid for: 1 year }
  - add to list: Loyal
  - send email: { subject: 'Order {{ event.order }}', body: Thank you }
",
    ),
];

/// Who signs up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Somebody of whom nothing is known yet.
    New,
    /// A contact with 12 fields, 5 tags, 3 lists and 2 other enrollments.
    Known,
    /// The same after 20 more messages and 3 orders, with 40 fields and 25 tags.
    Grown,
}

/// How many there are, and how many go in a batch.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// People.
    pub people: usize,
    /// Most messages of a batch.
    pub batch: usize,
    /// Most images of a batch of the stream.
    pub images: usize,
}

/// Everybody alone: each message a batch of its own; the stream still waits its five seconds.
pub const ALONE: Load = Load { people: 1, batch: 1, images: 100 };
/// A campaign: batches are full.
pub const CROWD: Load = Load { people: 50, batch: 10, images: 100 };

/// What the functions did for all people together, by what they did it for.
pub type Works = BTreeMap<String, Total>;

/// The same work, added up.
#[derive(Clone, Debug, Default)]
pub struct Total {
    /// Calls of a function.
    pub invocations: u64,
    /// What it asked of the table.
    pub units: Units,
    /// Its calls to the queue.
    pub queued: u64,
    /// Mails that it handed over.
    pub mails: u64,
}

/// Has people of a shape go through the workflow, and adds up what was done for all of them.
pub fn count(shape: Shape, load: Load) -> Works {
    let world = prepared(shape, load);
    let begins = world.app.now();
    at_once(sign_up_and_go_through(&world, load));
    assert_eq!(mails(&world), 2 * load.people, "everybody gets both mails");
    let mut works = Works::new();
    for Work { what, units, queued, mails } in world.take_work() {
        let total = works.entry(what).or_default();
        total.invocations += 1;
        total.units += units;
        total.queued += queued;
        total.mails += mails;
    }
    // What the sweep does where nobody is, is no cost of theirs.
    if let Some(sweep) = works.get_mut("sweep") {
        sweep.invocations = 0;
        sweep.units = sweep.units.clone() - idle_sweep(world.app.now().since(begins));
    }
    works
}

/// What a person of a shape asks for, by kind of reaction.
pub fn kinds(shape: Shape, load: Load) -> BTreeMap<String, Usage> {
    let works = count(shape, load);
    let mut kinds: BTreeMap<String, Usage> = BTreeMap::new();
    let mut around = Usage::default();
    for (what, total) in works {
        let mut usage = used(&total);
        // By a queue: a batch is received and deleted by one request each.
        let queue = Usage { queue_requests: 2.0 * number(total.invocations), ..Usage::default() };
        let (kind, queue) = match &*what {
            "door: form" => {
                usage.door_requests = number(total.invocations);
                ("entry", Usage::default())
            }
            "form.submitted" => ("entry", queue),
            "perform" => ("message", queue),
            "look" => ("look", queue),
            "ring" => {
                usage.rings = number(total.invocations);
                ("look", Usage::default())
            }
            "door: feedback" => {
                usage.notifications = 2.0 * number(load.people as u64);
                ("notification", queue)
            }
            // The picture of a mail, asked for by whoever reads it.
            "door: open" => {
                usage.door_requests = number(total.invocations);
                ("notification", Usage::default())
            }
            "email.delivered" | "email.opened" => ("notification", queue),
            _ => {
                around = around.plus(usage);
                continue;
            }
        };
        let known = kinds.entry(kind.to_owned()).or_default();
        *known = known.plus(usage).plus(queue);
    }
    // Counters and the sweep, by reactions: an entry, two messages with two each, a look, three notifications.
    for (kind, times, reactions) in
        [("entry", 1.0, 1.0), ("message", 2.0, 2.0), ("look", 1.0, 1.0), ("notification", 3.0, 1.0)]
    {
        let people = number(load.people as u64);
        let of_kind = kinds.entry(kind.to_owned()).or_default();
        let share = around.times(reactions / 9.0 / people);
        *of_kind = rounded(of_kind.times(1.0 / times / people).plus(share));
    }
    kinds
}

/// A sweep five minutes after the one before, with nobody to look at.
pub fn idle_usage() -> Usage {
    let units = idle_sweep(Millis::minutes(5));
    let total = Total { invocations: 1, units, queued: 0, mails: 0 };
    Usage { rings: 1.0, ..used(&total) }
}

fn idle_sweep(length: Millis) -> Units {
    let world = World::at("2026-03-02T09:00:00Z");
    at_once(async {
        world.app.put_workflow("guide", WORKFLOW).await?;
        world.app.put_form("guide", &form()).await?;
        world.app.put_template("follow-up", &MailSource::plain(None, "Hi")).await?;
        world.app.activate("guide").await?;
        world.pass(Millis::hours(1)).await;
        world.app.sweep().await?;
        world.pass(length).await;
        let before = world.bill.units();
        world.app.sweep().await?;
        Ok::<_, AppError>(world.bill.units() - before)
    })
    .expect("it sweeps")
}

fn used(total: &Total) -> Usage {
    Usage {
        write_units: number(total.units.written),
        read_units: number(total.units.read_halves) / 2.0,
        queue_requests: number(total.queued),
        invocations: number(total.invocations),
        round_trips: number(total.units.calls + total.queued),
        messages: number(total.mails),
        ..Usage::default()
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a few thousand")]
fn number(n: u64) -> f64 {
    n as f64
}

/// To a thousandth, as it is stored.
fn rounded(usage: Usage) -> Usage {
    let round = |n: f64| (n * 1000.0).round() / 1000.0;
    Usage {
        write_units: round(usage.write_units),
        read_units: round(usage.read_units),
        queue_requests: round(usage.queue_requests),
        invocations: round(usage.invocations),
        round_trips: round(usage.round_trips),
        door_requests: round(usage.door_requests),
        rings: round(usage.rings),
        notifications: round(usage.notifications),
        messages: round(usage.messages),
    }
}

fn mails(world: &World) -> usize {
    let own = |subject: &str| subject.starts_with("Welcome") || subject.starts_with("Have");
    world.mails.all().iter().filter(|mail| own(&mail.subject)).count()
}

fn prepared(shape: Shape, load: Load) -> World {
    let world = World::at("2026-03-02T09:00:00Z");
    at_once(async {
        let app = &world.app;
        app.put_form("guide", &form()).await?;
        app.put_template("follow-up", &follow_up()).await?;
        let mut account = app.account().await?;
        account.tracking.of = Tracked::Always;
        app.put_account(account, false, "bill").await?;
        for (id, text) in OTHERS.into_iter().chain([("guide", WORKFLOW)]) {
            app.put_workflow(id, text).await?;
            app.activate(id).await?;
        }
        if shape != Shape::New {
            for person in 0..load.people {
                app.accept_events("api:shop", vec![order(person, shape)], None).await?;
            }
            world.settle().await;
            world.pass(Millis::hours(1)).await;
        }
        if shape == Shape::Grown {
            for year in 0..20 {
                for person in 0..load.people {
                    let data = object(json!({ "order": format!("2026-{year}") }));
                    let again = EventDraft {
                        id: Some(format!("year-{year}-{person}")),
                        kind: "year.passed".to_owned(),
                        fields: object(json!({ "email": address(person) })),
                        data,
                        ..EventDraft::default()
                    };
                    app.accept_events("api:shop", vec![again], None).await?;
                }
                world.settle().await;
                world.pass(Millis::hours(8)).await;
            }
        }
        // Somebody comes by before, so that the definitions are in everybody's memory.
        let answers = vec![("email".to_owned(), "first@example.com".to_owned())];
        app.accept_form("guide", Submission { answers, idempotency_key: None, ..Submission::default() })
            .await?;
        world.settle().await;
        world.pass(Millis::hours(30)).await;
        // What that left to be swept is not counted.
        world.pass(Millis::hours(2)).await;
        for _ in 0..5 {
            app.sweep().await?;
        }
        Ok::<_, AppError>(())
    })
    .expect("the world can be prepared");
    world.bill.take_states();
    world.take_work();
    world.batch.store(load.batch, Ordering::Relaxed);
    world
}

async fn sign_up_and_go_through(world: &World, load: Load) {
    let app = &world.app;
    for person in 0..load.people {
        let answers = [
            ("email", address(person)),
            ("first_name", "Anna".to_owned()),
            ("newsletter", "on".to_owned()),
            ("submission_id", format!("01J9ZQ3W5E7R8T2Y4U6I0P1A{person:02}")),
        ];
        let answers = answers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let submitted =
            app.accept_form("guide", Submission { answers, idempotency_key: None, ..Submission::default() });
        world.work("door: form", submitted).await.expect("it is accepted");
    }
    world.settle().await;
    count_states(world, load).await;
    world.pass(Millis::seconds(5)).await;
    notify(world, load, 0, "email.delivered").await;
    world.pass(Millis::hours(2)).await;
    open(world, load).await;
    world.pass(Millis::hours(23)).await;
    count_states(world, load).await;
    notify(world, load, 1, "email.delivered").await;
    world.pass(Millis::minutes(40)).await;
    world.work("sweep", world.app.sweep()).await.expect("it sweeps");
}

/// Everybody reads the first mail, and their programs ask for its picture.
async fn open(world: &World, load: Load) {
    let mails = world.mails.all();
    let first = mails.iter().filter(|mail| mail.subject.starts_with("Welcome"));
    let mut opened = 0;
    for mail in first {
        let html = mail.html.as_deref().unwrap_or_default();
        let token =
            html.split_once("/o/").and_then(|(_, rest)| rest.split_once('"')).expect("it has a picture").0;
        let note = async {
            let seen = world.app.read_seen(PICTURE, token)?;
            world.app.note_seen(&seen, Who::Human, "person").await
        };
        world.work("door: open", note).await.expect("it is noted");
        opened += 1;
    }
    assert_eq!(opened, load.people);
    world.settle().await;
    count_states(world, load).await;
}

/// The provider's word of the mails of everybody, the first or the second.
async fn notify(world: &World, load: Load, which: usize, kind: &str) {
    let begins = ["Welcome", "Have"][which];
    let mails = world.mails.all();
    let of: Vec<String> =
        mails.iter().filter(|mail| mail.subject.starts_with(begins)).map(|mail| mail.send.clone()).collect();
    assert_eq!(of.len(), load.people);
    let at = world.app.now();
    for batch in of.chunks(load.batch) {
        // The function of feedback takes a batch of its queue, and each notification through the door.
        let accept = async {
            for send in batch {
                let data = json!({ "send": send });
                let id = format!("{kind}:0100019a1b2c3d4e-5f60718293a4b5c6-{}-000000:{at}", &send[30..]);
                let draft = EventDraft {
                    id: Some(id),
                    kind: kind.to_owned(),
                    data: object(data),
                    ..EventDraft::default()
                };
                world.app.accept_feedback(vec![draft]).await.expect("it is accepted");
            }
        };
        world.work("door: feedback", accept).await;
    }
    world.settle().await;
    count_states(world, load).await;
}

/// What was committed within the stream's five seconds is counted, in batches.
async fn count_states(world: &World, load: Load) {
    let states = world.bill.take_states();
    for batch in states.chunks(load.images) {
        // Sequence numbers only go up.
        let first = world.sequence(batch.len());
        let rows: Vec<_> =
            batch.iter().enumerate().map(|(n, row)| (first + n as u128, row.clone())).collect();
        world.work("count", world.app.handle_changes("shard-1", &rows)).await.expect("it counts");
    }
}

fn order(person: usize, shape: Shape) -> EventDraft {
    let mut fields = object(json!({
        "email": address(person), "first_name": "Anna", "last_name": "Bianchi", "phone": format!("+3933312345{person:02}"),
        "birth_date": "1987-05-14", "company": "Calzature Bianchi", "language": "it", "time_zone": "Europe/Rome",
        "status": "customer", "city": "Milano", "shoe_size": 42, "source": "shop",
    }));
    if shape == Shape::Grown {
        fields.extend((0..28).map(|n| (format!("custom_{n}"), json!(format!("answer number {n}")))));
    }
    EventDraft {
        id: Some(format!("order-{person}")),
        kind: "order.completed".to_owned(),
        fields,
        data: object(json!({ "order": "2026-1041", "total": 129.9 })),
        ..EventDraft::default()
    }
}

fn address(person: usize) -> String {
    format!("anna.bianchi.{person}@example.com")
}

/// The template of the second mail.
pub fn follow_up() -> MailSource {
    MailSource::plain(Some("Have you read it?"), "Hi {{ contact.first_name }}, have you read the guide?")
}

/// The form that people sign up by.
pub fn form() -> Form {
    serde_json::from_value(json!({
        "name": "Guide",
        "fields": [
            { "name": "first_name", "to": "first_name" }, { "name": "email", "to": "email", "required": true },
        ],
        "values": { "guide_url": "https://shop.example/guide.pdf" },
        "consents": [{
            "channel": "email", "purpose": "marketing", "basis": "consent",
            "text": "Yes, write to me about news and offers. I can take this back at any time.",
            "version": "2026-01", "field": "newsletter",
        }],
    }))
    .expect("the form is one")
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("no object: {other}"),
    }
}
