//! `make bench`: what the budgets ask, measured on the real program. Ratios mean more than figures: machines are noisy.
#![expect(clippy::print_stdout, reason = "a table for a person")]
#![expect(clippy::cast_precision_loss, reason = "figures for a person")]

mod many;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant as Wall};

use flusso_app::accept::Submission;
use flusso_engine::contact::Contact;
use flusso_engine::definitions::{Active, Definitions, Form};
use flusso_engine::event::{Event, Trust};
use flusso_engine::ids::ContactId;
use flusso_engine::react::{Input, Rows, react};
use flusso_engine::time::{Instant, Millis};
use flusso_engine::workflow;
use flusso_tests::program::{Client, Program, build, pause};
use flusso_tests::world::{World, at_once};
use serde_json::Value;

const FORM: &str = r#"{"name":"Bench","fields":[{"name":"email","to":"email","required":true},{"name":"first_name","to":"first_name"}]}"#;

const SHAPE_A: &str = "
workflow: shape-a
kind: service
triggers: [{ form: shape-a }]
steps:
  - add tag: iscritto
  - send email: { subject: Benvenuto, body: 'Ciao {{ contact.first_name }}' }
  - wait: 1 day
";

const SHAPE_C: &str = "
workflow: shape-c
kind: service
triggers: [{ form: shape-c }]
steps:
  - add tag: [iscritto, nuovo]
  - set field: { status: lead, last_seen: now }
  - add score: { points: 10, valid for: 90 days }
  - add to list: Novità
  - decide:
      - when: { tag: vip }
        do: [{ remove tag: nuovo }]
      - else: []
  - send email: { subject: Benvenuto, body: 'Ciao {{ contact.first_name }}' }
  - add score: 5
  - wait: 1 day
";

const INSIDE: &str = "
- workflow: inside-1
  kind: service
  triggers: [{ event: order.completed }]
  exit: [{ on: email.replied, scope: this workflow }]
  steps: [{ wait: 30 days }, { add tag: one }]
- workflow: inside-2
  kind: service
  triggers: [{ event: order.completed }]
  steps: [{ wait until: { event: order.paid, at most: 60 days } }, { add tag: two }]
- workflow: inside-3
  kind: service
  triggers: [{ event: order.completed }]
  steps: [{ wait: 90 days }, { add tag: three }]
- workflow: page
  kind: service
  triggers: [{ page visited: { url starts with: 'https://shop.example/listino' } }]
  reentry: always
  steps: [{ add to list: Listino prezzi }]
";

fn main() {
    let only = std::env::args().nth(1).unwrap_or_default();
    let asked = |part: &str| only.is_empty() || only == part;
    if asked("engine") {
        println!("{:<52} {:>14}", "engine, one core", "");
        engine();
        for (shape, source) in [("shape-a", SHAPE_A), ("shape-c", SHAPE_C)] {
            rows(shape, source);
        }
    }
    let binary = build();
    if asked("end-to-end") {
        for (shape, source) in [("shape-a", SHAPE_A), ("shape-c", SHAPE_C)] {
            for people in [2_000, 20_000] {
                end_to_end(&binary, shape, source, people);
            }
        }
    }
    if asked("latency") {
        for rate in [5, 100] {
            latency(&binary, rate);
        }
    }
    if asked("card") {
        card(&binary, 10_000);
    }
    if asked("crowd") {
        many::crowd_of(&binary, 100_000);
    }
    if asked("import") {
        let people = std::env::var("IMPORT").ok().and_then(|people| people.parse().ok());
        many::import(&binary, people.unwrap_or(100_000));
    }
    if asked("campaign") {
        many::campaign(&binary, 20_000);
    }
    if asked("monday") {
        let people = std::env::var("MONDAY").ok().and_then(|people| people.parse().ok());
        many::monday(&binary, people.unwrap_or(100_000));
    }
}

fn row(what: &str, value: impl std::fmt::Display) {
    println!("{what:<52} {value:>14}");
}

fn engine() {
    let start = Instant::parse("2026-03-02T09:00:00Z").unwrap_or_default();
    let mut definitions = Definitions { number: 1, ..Definitions::empty() };
    for program in workflow::compile(INSIDE).into_iter().filter_map(|compiled| compiled.program) {
        let (version, program) = (program.version.clone(), program.clone());
        let life = flusso_engine::life::Life::default();
        let active = Active { version, since: start, since_number: 1, life, program: program.clone() };
        definitions.workflows.insert(program.workflow.clone(), active);
    }
    let definitions = definitions.indexed();
    let event = |number: i64, kind: &str, url: &str| Event {
        source: "api:bench".into(),
        id: number.to_string().into(),
        kind: kind.into(),
        occurred_at: start + Millis(number),
        received_at: start + Millis(number),
        data: [("url".to_owned(), url.into())].into_iter().collect(),
        fields: BTreeMap::from([("email".to_owned(), "anna@example.com".into())]),
        trust: Trust::Trusted,
        ..Event::default()
    };
    let rows = Rows::new();
    let mut contact = Contact::unborn(ContactId::derive("bench", "1"));
    let mut number = 0;
    let mut apply = |contact: &mut Contact, kind: &str, url: &str| {
        number += 1;
        let input = Input::Event { event: event(number, kind, url), taken: Vec::new() };
        if let Ok(reaction) = react(&definitions, contact, &input, start + Millis(number), &rows) {
            *contact = reaction.contact;
        }
    };
    apply(&mut contact, "order.completed", "");
    assert_eq!(contact.state.enrollments.len(), 3, "the contact has three active enrollments");
    for (what, kind, url) in [
        ("an event that nobody looks at", "page.closed", ""),
        ("a page visit that a trigger looks at", "page.visited", "https://shop.example/altro"),
        ("a page visit that enrolls and completes", "page.visited", "https://shop.example/listino"),
    ] {
        let count = 200_000;
        let began = Wall::now();
        for _ in 0..count {
            apply(&mut contact, kind, url);
        }
        let rate = f64::from(count) / began.elapsed().as_secs_f64();
        row(&format!("  reactions/s, {what}"), format!("{rate:.0}"));
    }
}

/// What the table is asked for one contact, from its post to the wait behind its mail.
fn rows(shape: &str, source: &str) {
    let world = World::at("2026-03-02T09:00:00Z");
    let posted = at_once(async {
        let app = &world.app;
        let form: Form = serde_json::from_str(FORM).map_err(|error| error.to_string())?;
        app.put_form(shape, &form).await.map_err(|error| error.to_string())?;
        app.put_workflow(shape, source).await.map_err(|error| error.to_string())?;
        app.activate(shape).await.map_err(|error| error.to_string())?;
        let before = (world.counts.snapshot(), app.metrics().reactions.get());
        let answers = [("email", "anna@example.com"), ("first_name", "Anna")];
        let answers = answers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let submission =
            Submission { answers, idempotency_key: Some("1".to_owned()), ..Submission::default() };
        app.accept_form(shape, submission).await.map_err(|error| error.to_string())?;
        world.settle().await;
        Ok::<_, String>((world.counts.snapshot() - before.0, app.metrics().reactions.get() - before.1))
    });
    let (usage, reactions) = posted.unwrap_or_else(|why| panic!("{shape}: {why}"));
    let each = |rows: u64| format!("{:.1}", rows as f64 / reactions as f64);
    println!("{shape}, rows of one contact: {reactions} reactions");
    row("  rows read a reaction", each(usage.rows_read));
    row("  rows written in a commit a reaction", each(usage.rows_committed));
    row("  rows written beside a reaction", each(usage.rows_written));
}

fn data_folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("flusso-bench-{}-{name}", std::process::id()));
    assert!(std::fs::create_dir_all(&folder).is_ok(), "a folder for the data");
    folder
}

fn set_up(program: &Program, shape: &str, source: &str) {
    program.api("PUT", &format!("/v1/forms/{shape}"), FORM);
    program.api("PUT", &format!("/v1/workflows/{shape}"), source.trim_start());
    program.api("POST", &format!("/v1/workflows/{shape}/activate"), "");
}

fn post(client: &mut Client, shape: &str, person: usize) {
    let body = format!("first_name=P{person}&email=p{person}@example.com&submission_id=s{person}");
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")];
    let answer = client.request("POST", &format!("/f/{shape}"), &headers, &body);
    assert!(matches!(answer, Ok((202, _))), "{answer:?}");
}

/// Posts the form for everybody, by 32 clients.
fn post_all(program: &Program, shape: &str, people: usize) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                let mut client = Client::to(&program.address);
                loop {
                    let person = next.fetch_add(1, Ordering::Relaxed);
                    if person >= people {
                        return;
                    }
                    post(&mut client, shape, person);
                }
            });
        }
    });
}

fn end_to_end(binary: &Path, shape: &str, source: &str, people: usize) {
    let data = data_folder(&format!("{shape}-{people}"));
    let program = Program::start(binary, &data, &[]);
    set_up(&program, shape, source);
    let cpu_before = cpu(program.pid());
    let began = Wall::now();
    post_all(&program, shape, people);
    let posted = began.elapsed();
    while program.mail_count() < people as u64 {
        pause();
    }
    let taken = began.elapsed();
    let cpu_ms = (cpu(program.pid()) - cpu_before) * 1000.0;
    println!("{shape}, {people} contacts, from post to mailbox");
    row("  contacts/s, end to end", format!("{:.0}", people as f64 / taken.as_secs_f64()));
    row("  posts/s, until the last answer", format!("{:.0}", people as f64 / posted.as_secs_f64()));
    row("  CPU ms a contact", format!("{:.2}", cpu_ms / people as f64));
    row("  resident memory, peak, MB", format!("{:.0}", memory_mb(program.pid())));
    row("  bytes on disk a contact", format!("{:.0}", bytes(&data) as f64 / people as f64));
    drop(program);
    drop(std::fs::remove_dir_all(&data));
}

/// Arrivals at a steady rate; the time from the post to the mail's arrival in the mailbox.
fn latency(binary: &Path, rate: usize) {
    let data = data_folder(&format!("rate-{rate}"));
    let program = Program::start(binary, &data, &[]);
    set_up(&program, "shape-a", SHAPE_A);
    let people = rate * 20;
    let began = Wall::now();
    let began_at = std::time::SystemTime::now();
    let posted: Vec<Duration> = std::thread::scope(|scope| {
        let (program, clients) = (&program, rate.div_ceil(10));
        let posters: Vec<_> = (0..clients)
            .map(|own| {
                scope.spawn(move || {
                    let mut client = Client::to(&program.address);
                    let mut posted = Vec::new();
                    for person in (own..people).step_by(clients) {
                        let due = Duration::from_secs_f64(person as f64 / rate as f64);
                        while let Some(rest) = due.checked_sub(began.elapsed()) {
                            std::thread::park_timeout(rest);
                        }
                        posted.push((person, began.elapsed()));
                        post(&mut client, "shape-a", person);
                    }
                    posted
                })
            })
            .collect();
        let all: BTreeMap<usize, Duration> =
            posters.into_iter().flat_map(|one| one.join().unwrap_or_default()).collect();
        all.into_values().collect()
    });
    while program.mail_count() < people as u64 {
        pause();
    }
    let zero = began_at.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let waits = waits(&program, |person, at| {
        Some(at.millis() as f64 - (zero + *posted.get(person)?).as_secs_f64() * 1000.0)
    });
    println!("{rate} arrivals a second, {people} of them, from post to mailbox");
    row("  p50 ms", format!("{:.1}", percentile(&waits, 50)));
    row("  p99 ms", format!("{:.1}", percentile(&waits, 99)));
    row("  first mail, ms", format!("{:.1}", waits.first().copied().unwrap_or_default()));
    drop(program);
    drop(std::fs::remove_dir_all(&data));
}

/// Asks the program over one connection; the answer, which has to be a good one.
fn asks(program: &Program) -> impl FnMut(&str, &str, &str) -> Value + use<> {
    let authorization = format!("Bearer {}", program.key);
    let mut client = Client::to(&program.address);
    move |method, path, body| {
        let headers = [("Authorization", authorization.as_str()), ("Content-Type", "application/json")];
        let (status, body) = client.request(method, path, &headers, body).unwrap_or_default();
        assert!((200..300).contains(&status), "{method} {path}: {status} {body}");
        serde_json::from_str(&body).unwrap_or_default()
    }
}

/// The card of somebody of whom the timeline has this many records.
fn card(binary: &Path, records: u64) {
    let data = data_folder("card");
    let program = Program::start(binary, &data, &[]);
    let mut ask = asks(&program);
    let anna = r#"{"fields":{"email":"anna@example.com","first_name":"Anna"}}"#;
    let id = ask("POST", "/v1/contacts", anna)["id"].as_str().unwrap_or_default().to_owned();
    let path = format!("/v1/contacts/{id}/card");
    cards(&mut ask, "a new contact's card", &path);
    for at in 1..records {
        let event =
            format!(r#"{{"type":"bench.done","id":"b{at}","contact":{{"email":"anna@example.com"}}}}"#);
        ask("POST", "/v1/events", &event);
    }
    // An event is accepted before it has happened.
    let newest = format!("/v1/contacts/{id}/timeline?limit=1");
    while ask("GET", &newest, "")["items"][0]["revision"].as_u64() < Some(records) {
        pause();
    }
    cards(&mut ask, &format!("the same with {records} records"), &path);
    drop(program);
    drop(std::fs::remove_dir_all(&data));
}

fn cards(ask: &mut dyn FnMut(&str, &str, &str) -> Value, what: &str, path: &str) {
    let mut times: Vec<f64> = (0..1_000)
        .map(|_| {
            let began = Wall::now();
            ask("GET", path, "");
            began.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{what}, asked 1000 times");
    row("  p50 ms", format!("{:.2}", percentile(&times, 50)));
    row("  p99 ms", format!("{:.2}", percentile(&times, 99)));
}

/// How long the mails in the mailbox took, in milliseconds, sorted, as told of each person's number and its mail's arrival.
fn waits(program: &Program, took: impl Fn(usize, Instant) -> Option<f64>) -> Vec<f64> {
    let mails = program.mails();
    let told = mails.iter().filter_map(|mail| {
        let person = mail["to"].as_str()?.trim_start_matches('p').split('@').next()?.parse().ok()?;
        took(person, Instant::parse(mail["at"]["utc"].as_str()?)?)
    });
    let mut waits: Vec<f64> = told.collect();
    waits.sort_by(f64::total_cmp);
    waits
}

fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted.get((sorted.len().max(1) - 1) * percent / 100).copied().unwrap_or_default()
}

/// CPU seconds that a process has used, from the kernel's record of it.
fn cpu(pid: u32) -> f64 {
    let record = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = record.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> =
        after_name.split_whitespace().skip(1).map(|field| field.parse().unwrap_or(0.0)).collect();
    // utime and stime, in hundredths of a second.
    fields.get(10).zip(fields.get(11)).map_or(0.0, |(user, system)| (user + system) / 100.0)
}

fn memory_mb(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<f64>().ok())
        .map_or(0.0, |kb| kb / 1024.0)
}

fn bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|file| file.len()).sum()
}
