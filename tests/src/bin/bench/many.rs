//! What concerns many contacts at once: files of them, filters and searches, messages to all.

use std::path::Path;
use std::time::{Duration, Instant as Wall};

use flusso_engine::time::Instant;
use flusso_tests::crowd::{PLAN, Style, crowd};
use flusso_tests::program::{Client, Program, pause};
use serde_json::{Value, json};

use super::{SHAPE_A, asks, data_folder, memory_mb, percentile, post, post_all, row, set_up, waits};

const MONDAY: &str = "
workflow: monday
kind: service
triggers: [{ form: monday }]
steps:
  - wait: { until: monday at 09:00 }
  - send email: { subject: Monday, body: 'Ciao {{ contact.first_name }}' }
";

/// A file of so many rows: tried, taken in, written out again, taken back. The budget is a million rows in ten minutes, in
/// 300 MB.
pub fn import(binary: &Path, people: usize) {
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

/// Filters and searches over so many people.
pub fn crowd_of(binary: &Path, people: usize) {
    let data = data_folder("crowd");
    let program = Program::start(binary, &data, &[]);
    let mut ask = asks(&program);
    let numbers: Vec<usize> = (0..people).collect();
    for some in numbers.chunks(100) {
        let events: Vec<Value> = some.iter().map(|person| arrival(*person)).collect();
        ask("POST", "/v1/events", &json!({ "events": events }).to_string());
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
    let contact = json!({
        "email": format!("p{person}@example.com"), "phone": format!("+39333{person:07}"), "first_name": first,
        "last_name": last, "city": city, "company": format!("Bottega {last}"),
        "language": "it", "country": "IT", "source": "crm", "status": "lead", "budget": person % 1000, "visits": person % 9,
    });
    json!({ "id": format!("a{person}"), "type": "crm.synced", "contact": contact })
}

/// So many people wait for the same Monday at 9:00; then it comes, and meanwhile others sign up.
pub fn monday(binary: &Path, people: usize) {
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
pub fn campaign(binary: &Path, people: usize) {
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
