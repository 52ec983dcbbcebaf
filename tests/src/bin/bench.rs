//! `make bench`: what the budgets ask, measured on the real program. Ratios mean more than figures: machines are noisy.
#![expect(clippy::print_stdout, reason = "a table for a person")]
#![expect(clippy::cast_precision_loss, reason = "figures for a person")]

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
use flusso_tests::crowd::{PLAN, Style, crowd};
use flusso_tests::program::{Client, Program, build, pause};
use flusso_tests::world::{World, at_once};
use serde_json::{Value, json};

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

const MONDAY: &str = "
workflow: monday
kind: service
triggers: [{ form: monday }]
steps:
  - wait: { until: monday at 09:00 }
  - send email: { subject: Monday, body: 'Ciao {{ contact.first_name }}' }
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
        many(&binary, 100_000);
    }
    if asked("import") {
        let people = std::env::var("IMPORT").ok().and_then(|people| people.parse().ok());
        import(&binary, people.unwrap_or(100_000));
    }
    if asked("campaign") {
        campaign(&binary, 20_000);
    }
    if asked("monday") {
        let people = std::env::var("MONDAY").ok().and_then(|people| people.parse().ok());
        monday(&binary, people.unwrap_or(100_000));
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

/// A file of so many rows: tried, taken in, written out again, taken back. The budget is a million rows in ten minutes, in
/// 300 MB.
fn import(binary: &Path, people: usize) {
    println!("import of {people} rows");
    let data = data_folder("import");
    let program = Program::start(binary, &data, &[]);
    let id = program.api("POST", "/v1/imports", r#"{"name":"bench.csv"}"#)["id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let crowd = crowd(1, people, Style::Plain);
    let text = String::from_utf8_lossy(&crowd.bytes);
    let authorization = format!("Bearer {}", program.key);
    let headers = [("Authorization", &*authorization), ("Content-Type", "application/octet-stream")];
    let mut rest = &*text;
    let mut part = 0;
    while !rest.is_empty() {
        part += 1;
        let at = rest.floor_char_boundary(4 << 20);
        let (now, later) = rest.split_at(at);
        let path = format!("/v1/imports/{id}/parts/{part}");
        let sent = Client::to(&program.address).request("PUT", &path, &headers, now);
        assert!(sent.is_ok_and(|(status, _)| status == 204), "part {part}");
        rest = later;
    }
    program.api("POST", &format!("/v1/imports/{id}/look"), "{}");
    let ended = |path: &str, stage: Option<&str>| loop {
        let told = program.api("GET", path, "");
        let stands = stage.map_or(&told, |stage| &told[stage]);
        if stands["state"] != "running" {
            break stands.clone();
        }
        pause();
    };
    let told = format!("/v1/imports/{id}");
    for (stage, call, body) in [("check", "check", PLAN), ("apply", "start", "{}"), ("undo", "undo", "{}")] {
        let began = Wall::now();
        program.api("POST", &format!("{told}/{call}"), body);
        let stands = ended(&told, Some(stage));
        let rate = people as f64 / began.elapsed().as_secs_f64();
        row(&format!("  rows/s, {stage}"), format!("{rate:.0}"));
        row("  resident memory so far, peak, MB", format!("{:.0}", memory_mb(program.pid())));
        println!("    {}", stands["counts"]);
        if stage == "apply" {
            assert_eq!(stands["counts"]["created"], crowd.people.len(), "{stands}");
            let began = Wall::now();
            let export = program.api("POST", "/v1/exports", r#"{"name":"bench","all":true}"#);
            let stands = ended(&format!("/v1/exports/{}", export["id"].as_str().unwrap_or_default()), None);
            let written = stands["written"].as_f64().unwrap_or(0.0);
            row("  contacts/s, export", format!("{:.0}", written / began.elapsed().as_secs_f64()));
        }
    }
    program.kill();
    // Whoever cleans the folder of temporary files has it otherwise.
    let _ = std::fs::remove_dir_all(&data);
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

/// The card of somebody of whom the timeline has this many records.
fn card(binary: &Path, records: u64) {
    let data = data_folder("card");
    let program = Program::start(binary, &data, &[]);
    let authorization = format!("Bearer {}", program.key);
    let headers = [("Authorization", authorization.as_str()), ("Content-Type", "application/json")];
    let mut client = Client::to(&program.address);
    let mut ask = |method: &str, path: &str, body: &str| {
        let (status, body) = client.request(method, path, &headers, body).unwrap_or_default();
        assert!((200..300).contains(&status), "{method} {path}: {status} {body}");
        serde_json::from_str::<Value>(&body).unwrap_or_default()
    };
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

/// Filters and searches over so many people.
fn many(binary: &Path, people: usize) {
    let data = data_folder("crowd");
    let program = Program::start(binary, &data, &[]);
    let authorization = format!("Bearer {}", program.key);
    let headers = [("Authorization", authorization.as_str()), ("Content-Type", "application/json")];
    let mut client = Client::to(&program.address);
    let mut ask = |method: &str, path: &str, body: &str| {
        let (status, body) = client.request(method, path, &headers, body).unwrap_or_default();
        assert!((200..300).contains(&status), "{method} {path}: {status} {body}");
        serde_json::from_str::<Value>(&body).unwrap_or_default()
    };
    let numbers: Vec<usize> = (0..people).collect();
    for some in numbers.chunks(100) {
        let events: Vec<Value> = some.iter().map(|person| arrival(*person)).collect();
        ask("POST", "/v1/events", &serde_json::json!({ "events": events }).to_string());
    }
    let roman = r#"{"who":{"field":{"city":"Roma"}}}"#;
    while ask("POST", "/v1/filters?limit=1", roman)["seen"].as_u64() < Some(people as u64) {
        pause();
    }
    println!("{people} contacts, each asked five times");
    for (what, path, body) in [
        ("  filter by a field, median ms", "/v1/filters?limit=50", roman),
        (
            "  filter by a field and the score, median ms",
            "/v1/filters?limit=50",
            r#"{"who":{"field":{"city":"Roma"},"score":{"at most":5}}}"#,
        ),
        ("  search for beginnings, median ms", "/v1/contacts?search=ross", ""),
        ("  search for two beginnings, median ms", "/v1/contacts?search=anna%20ross", ""),
        ("  search anywhere, found by nobody, median ms", "/v1/contacts?within=anywhere&search=qqq", ""),
    ] {
        let method = if body.is_empty() { "GET" } else { "POST" };
        let mut times: Vec<f64> = (0..5)
            .map(|_| {
                let began = Wall::now();
                ask(method, path, body);
                began.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        times.sort_by(f64::total_cmp);
        row(what, format!("{:.1}", percentile(&times, 50)));
    }
    row("  resident memory, peak, MB", format!("{:.0}", memory_mb(program.pid())));
    drop(program);
    drop(std::fs::remove_dir_all(&data));
}

/// Somebody of whom a CRM tells twelve things.
fn arrival(person: usize) -> Value {
    let first = ["Anna", "Luca", "Nicolò", "Chiara", "Marco"][person % 5];
    let last = ["Rossi", "Bianchi", "Rossini", "Ferrari", "Esposito", "D'Angelo", "Russo"][person % 7];
    let city = ["Roma", "Milano", "Torino"][person % 3];
    let contact = serde_json::json!({
        "email": format!("p{person}@example.com"), "phone": format!("+39333{person:07}"), "first_name": first,
        "last_name": last, "city": city, "company": format!("Bottega {last}"),
        "language": "it", "country": "IT", "source": "crm", "status": "lead", "budget": person % 1000, "visits": person % 9,
    });
    serde_json::json!({ "id": format!("a{person}"), "type": "crm.synced", "contact": contact })
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

/// So many people wait for the same Monday at 9:00; then it comes, and meanwhile others sign up.
fn monday(binary: &Path, people: usize) {
    let data = data_folder("monday");
    let program = Program::start(binary, &data, &["--clock", "1x"]);
    set_up(&program, "monday", MONDAY);
    set_up(&program, "shape-a", SHAPE_A);
    post_all(&program, "monday", people);
    while program.api("GET", "/v1/workflows/monday/counts", "")["inside"].as_u64() < Some(people as u64) {
        pause();
    }
    let anybody = program.api("GET", "/v1/contacts?email=p0%40example.com", "");
    let anybody = anybody["items"][0]["id"].as_str().unwrap_or_default().to_owned();
    let until = || -> Option<Instant> {
        let contact = program.api("GET", &format!("/v1/contacts/{anybody}"), "");
        Instant::parse(contact["enrollments"][0]["until"]["utc"].as_str()?)
    };
    let now = || Instant::parse(program.api("GET", "/v1/clock", "")["now"]["utc"].as_str()?);
    let (Some(until), Some(from)) = (until(), now()) else { panic!("somebody waits for Monday") };
    let waiting_mb = memory_mb(program.pid());
    let ahead = until.since(from).0 / 60_000 + 1;
    program.api("POST", "/v1/clock", &format!(r#"{{"advance":"{ahead} minutes"}}"#));
    let zero = Wall::now();
    let Some(came) = now() else { panic!("the clock tells the time") };
    let posted = sign_up_meanwhile(&program, people, zero);
    let taken = zero.elapsed();
    let waits = waits_of_others(&program, people, came, &posted);
    println!("{people} people wait for the same Monday 9:00, and {} others sign up meanwhile", waits.len());
    row("  mails/s handed over", format!("{:.0}", people as f64 / taken.as_secs_f64()));
    row("  resident memory while they wait, peak, MB", format!("{waiting_mb:.0}"));
    row("  resident memory after, peak, MB", format!("{:.0}", memory_mb(program.pid())));
    row("  the others, p50 ms", format!("{:.1}", percentile(&waits, 50)));
    row("  the others, p99 ms", format!("{:.1}", percentile(&waits, 99)));
    drop(program);
    drop(std::fs::remove_dir_all(&data));
}

/// A message to so many contacts, while single people sign up.
fn campaign(binary: &Path, people: usize) {
    let data = data_folder("campaign");
    let program = Program::start(binary, &data, &["--clock", "1x"]);
    set_up(&program, "shape-a", SHAPE_A);
    for from in (0..people).step_by(100) {
        let events = (from..from + 100).map(|n| {
            json!({ "type": "bench.known", "id": format!("known-{n}"), "contact": { "email": format!("p{n}@example.com") } })
        });
        program.api("POST", "/v1/events", &json!({ "events": events.collect::<Vec<_>>() }).to_string());
    }
    let all = r#"{"who":{"field":{"email":{"is known":true}}}}"#;
    let known =
        r#"{"name":"Bench","send":{"email":{"subject":"Saldi","body":"Ciao"},"kind":"service"},"all":true}"#;
    while program.api("POST", "/v1/filters", all)["matches"].as_u64() < Some(people as u64) {
        pause();
    }
    let now = || Instant::parse(program.api("GET", "/v1/clock", "")["now"]["utc"].as_str()?);
    let (zero, Some(came)) = (Wall::now(), now()) else { panic!("the clock tells the time") };
    program.api("POST", "/v1/bulk", known);
    let posted = sign_up_meanwhile(&program, people, zero);
    let taken = zero.elapsed();
    let waits = waits_of_others(&program, people, came, &posted);
    println!("a message to {people} people, and {} others sign up meanwhile", waits.len());
    row("  mails/s handed over", format!("{:.0}", people as f64 / taken.as_secs_f64()));
    row("  the others, p50 ms", format!("{:.1}", percentile(&waits, 50)));
    row("  the others, p99 ms", format!("{:.1}", percentile(&waits, 99)));
    row("  the others, slowest ms", format!("{:.1}", waits.last().copied().unwrap_or_default()));
    drop(program);
    drop(std::fs::remove_dir_all(&data));
}

/// Until so many people have their mail, others sign up one by one, numbered from behind them: when each of them did.
fn sign_up_meanwhile(program: &Program, people: usize, zero: Wall) -> Vec<Duration> {
    let (mut posted, mut client) = (Vec::new(), Client::to(&program.address));
    while program.mail_count() < (people + posted.len()) as u64 {
        if posted.len() < people / 100 {
            posted.push(zero.elapsed());
            post(&mut client, "shape-a", people + posted.len() - 1);
        }
        for _ in 0..20 {
            pause();
        }
    }
    posted
}

fn waits_of_others(program: &Program, people: usize, came: Instant, posted: &[Duration]) -> Vec<f64> {
    waits(program, |person, at| {
        let posted = posted.get(person.checked_sub(people)?)?;
        Some(at.since(came).0 as f64 - posted.as_secs_f64() * 1000.0)
    })
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
