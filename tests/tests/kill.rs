//! The real program, killed with `kill -9` in the middle of two thousand sign-ups and of their follow-ups: nothing is
//! lost, nothing is doubled, every follow-up is on time.
#![allow(clippy::unwrap_used, reason = "what goes wrong in a test ends it")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};

use flusso_engine::time::{Instant, Millis};
use flusso_tests::crowd::{PLAN, Style, crowd};
use flusso_tests::program::{Client, Program, build, pause};
use serde_json::{Value, json};

const PEOPLE: usize = 2_000;
/// The clock runs this much faster, so that the lease of a dead performer ends within seconds.
const CLOCK: &[&str] = &["--clock", "16x"];

/// Posts the form for every person, again and again until it is accepted, while the program comes and goes.
fn sign_everybody_up(address: &RwLock<String>, accepted: &AtomicUsize, gone: &AtomicBool) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut client = Client::to("");
                let mut known = String::new();
                loop {
                    let person = next.fetch_add(1, Ordering::Relaxed);
                    if person >= PEOPLE {
                        return;
                    }
                    let body = format!("first_name=P{person}&email=p{person}@example.com&newsletter=on&submission_id=s{person}");
                    loop {
                        assert!(!gone.load(Ordering::Relaxed), "the test has failed elsewhere");
                        let present = address.read().unwrap().clone();
                        if present != known {
                            client = Client::to(&present);
                            known = present;
                        }
                        let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")];
                        match client.request("POST", "/f/richiedi-guida-gratuita", &headers, &body) {
                            Ok((202, _)) => break,
                            Ok((503, _)) | Err(_) => pause(),
                            Ok((status, body)) => panic!("{status}: {body}"),
                        }
                    }
                    accepted.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
}

/// The instants of the mails with a subject that begins so, by recipient.
fn by_recipient(mails: &[Value], subject: &str) -> BTreeMap<String, Vec<Instant>> {
    let mut found: BTreeMap<String, Vec<Instant>> = BTreeMap::new();
    for mail in mails.iter().filter(|mail| mail["subject"].as_str().unwrap().starts_with(subject)) {
        let at = Instant::parse(mail["at"]["utc"].as_str().unwrap()).unwrap();
        found.entry(mail["to"].as_str().unwrap().to_owned()).or_default().push(at);
    }
    found
}

fn wait_for_mails(program: &Program, count: usize) {
    for _ in 0..6_000 {
        if program.mail_count() >= count as u64 {
            return;
        }
        pause();
    }
    panic!("{} mails of {count}", program.mail_count());
}

// KW-46 KW-47 KW-49
#[test]
fn nothing_is_lost_or_doubled_when_the_program_is_killed() {
    let binary = build();
    let data = std::env::temp_dir().join(format!("flusso-kill-{}", std::process::id()));
    std::fs::create_dir_all(&data).unwrap();
    let program = Mutex::new(Some(Program::start(&binary, &data, CLOCK)));
    let address = RwLock::new(program.lock().unwrap().as_ref().unwrap().address.clone());
    let (accepted, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let restart = || {
        let mut program = program.lock().unwrap();
        program.take().unwrap().kill();
        let fresh = Program::start(&binary, &data, CLOCK);
        address.write().unwrap().clone_from(&fresh.address);
        *program = Some(fresh);
    };

    std::thread::scope(|scope| {
        scope.spawn(|| {
            for at in [150, 600, 1_100, 1_700] {
                while accepted.load(Ordering::Relaxed) < at {
                    pause();
                }
                restart();
            }
        });
        sign_everybody_up(&address, &accepted, &failed);
    });
    restart();

    let mails = {
        let program = program.lock().unwrap();
        let program = program.as_ref().unwrap();
        wait_for_mails(program, PEOPLE);
        program.mails()
    };
    let welcomed = by_recipient(&mails, "Benvenuto");
    assert_eq!(welcomed.len(), PEOPLE, "everybody who was told yes has the first mail");
    assert!(welcomed.values().all(|times| times.len() == 1), "and nobody has it twice");

    // A day later; killed again while the follow-ups go out.
    program.lock().unwrap().as_ref().unwrap().api("POST", "/v1/clock", r#"{"advance":"1 day"}"#);
    let moved_to = {
        let program = program.lock().unwrap();
        let program = program.as_ref().unwrap();
        wait_for_mails(program, PEOPLE + PEOPLE / 4);
        Instant::parse(program.api("GET", "/v1/clock", "")["now"]["utc"].as_str().unwrap()).unwrap()
    };
    restart();
    let program = program.into_inner().unwrap().unwrap();
    wait_for_mails(&program, 2 * PEOPLE);
    let mails = program.mails();
    let followed = by_recipient(&mails, "Hai già letto");
    assert_eq!(mails.len(), 2 * PEOPLE, "one welcome and one follow-up each");
    assert_eq!(followed.len(), PEOPLE);
    for (person, times) in &followed {
        let [at] = times[..] else { panic!("{person} has {} follow-ups", times.len()) };
        let due = welcomed[person][0] + Millis::hours(23);
        assert!(at >= due, "{person}: at {at}, welcomed at {}", welcomed[person][0]);
        assert!(at < moved_to + Millis::hours(2), "{person}: at {at}, though the day was over at {moved_to}");
    }
    let counts = settled_counts(&program);
    assert_eq!(counts["entered"], PEOPLE, "{counts}");
    assert_eq!(counts["completed"], PEOPLE, "{counts}");
    assert_eq!(counts["inside"], 0, "{counts}");
    recounts(&binary, &program, &data);
    program.kill();
    std::fs::remove_dir_all(&data).unwrap();
}

/// What the counters say is what the timelines say.
fn recounts(binary: &Path, program: &Program, data: &Path) {
    let told = Command::new(binary)
        .args(["recount", "--json", "--url", &format!("http://{}", program.address), "--key-file"])
        .arg(data.join("api-key"))
        .output()
        .unwrap();
    let (text, error) = [&told.stdout, &told.stderr].map(|said| String::from_utf8_lossy(said)).into();
    let found: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{error}"));
    assert_eq!((&found["differ"], &found["stuck"]), (&json!([]), &json!([])), "{text}");
    assert_eq!(found["contacts"], PEOPLE, "{text}");
    assert!(found["counters"].as_u64() > Some(10), "{text}");
    assert!(told.status.success());
}

/// The counts, once the last outcome is recorded and counted.
fn settled_counts(program: &Program) -> Value {
    let mut counts = Value::Null;
    for _ in 0..3_000 {
        counts = program.api("GET", "/v1/workflows/benvenuto-iscritti/counts", "");
        if counts["completed"] == PEOPLE {
            break;
        }
        pause();
    }
    counts
}

/// Sends a file, has it tried, and waits until that is done; the import's id.
fn send(program: &Program, text: &str) -> String {
    let id =
        program.api("POST", "/v1/imports", r#"{"name":"clienti.csv"}"#)["id"].as_str().unwrap().to_owned();
    let authorization = format!("Bearer {}", program.key);
    let headers = [("Authorization", &*authorization), ("Content-Type", "application/octet-stream")];
    let (mut rest, mut part) = (text, 0);
    while !rest.is_empty() {
        part += 1;
        let (now, later) = rest.split_at(rest.floor_char_boundary(4 << 20));
        let path = format!("/v1/imports/{id}/parts/{part}");
        let (status, body) = Client::to(&program.address).request("PUT", &path, &headers, now).unwrap();
        assert_eq!(status, 204, "{body}");
        rest = later;
    }
    program.api("POST", &format!("/v1/imports/{id}/look"), "{}");
    program.api("POST", &format!("/v1/imports/{id}/check"), PLAN);
    wait_for(program, &id, "check", u64::MAX);
    id
}

/// Waits until a job of an import has come so far, or has ended; how it stands.
fn wait_for(program: &Program, id: &str, stage: &str, rows: u64) -> Value {
    let (mut came, mut patience) = (0, 6_000);
    loop {
        let stands = program.api("GET", &format!("/v1/imports/{id}"), "")[stage].clone();
        let now = stands["rows"].as_u64().unwrap_or(0);
        if stands["state"] == "done" || now >= rows {
            return stands;
        }
        if now > came {
            (came, patience) = (now, 6_000);
        }
        patience -= 1;
        assert!(patience > 0, "{stage} of {id} stays at {came} and does not come to {rows}");
        pause();
    }
}

fn addresses(program: &Program, hidden: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut path = format!("/v1/contacts?limit=100{hidden}");
    loop {
        let page = program.api("GET", &path, "");
        found.extend(
            page["items"].as_array().unwrap().iter().map(|one| one["email"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["cursor"].as_str() else { break };
        path = format!("/v1/contacts?limit=100{hidden}&cursor={cursor}");
    }
    found.sort();
    found
}

/// How often each row stands in files of rows with which something was wrong.
fn rows_told(wrong: &str) -> BTreeMap<u64, usize> {
    let mut told = BTreeMap::new();
    for (at, _) in wrong.match_indices(",bad_").chain(wrong.match_indices(",duplicate,")) {
        let row = wrong[..at].rsplit(',').next().and_then(|row| row.parse().ok());
        *told.entry(row.unwrap()).or_default() += 1;
    }
    told
}

/// KC-53 KC-81: an import that is killed again and again takes each row in once, and so is it taken back. `ROWS` says how long
/// the file is: a million in `make long`.
#[test]
fn an_import_goes_on_where_it_was_killed() {
    let binary = build();
    let data = std::env::temp_dir().join(format!("flusso-kill-import-{}", std::process::id()));
    std::fs::create_dir_all(&data).unwrap();
    let many = std::env::var("ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(12_000);
    let crowd = crowd(7, many, Style::Excel);
    let mut program = Program::start(&binary, &data, CLOCK);
    let before = addresses(&program, "").len();
    let id = send(&program, std::str::from_utf8(&crowd.bytes).unwrap());
    let again = |program: Program| {
        program.kill();
        Program::start(&binary, &data, CLOCK)
    };
    for (stage, call) in [("apply", "start"), ("undo", "undo")] {
        program.api("POST", &format!("/v1/imports/{id}/{call}"), "{}");
        // At once, in the midst of the first rows, and after what a few chunks have done.
        program = again(program);
        for rows in [1, many as u64 / 3, many as u64 * 2 / 3] {
            wait_for(&program, &id, stage, rows);
            program = again(program);
        }
        let stands = wait_for(&program, &id, stage, u64::MAX);
        let counts = &stands["counts"];
        if stage == "apply" {
            assert_eq!(counts["created"], crowd.people.len(), "{stands}");
            assert_eq!(
                (&stands["bad"], &counts["duplicate"]),
                (&crowd.bad.len().into(), &crowd.doubles.len().into())
            );
            let mut found = addresses(&program, "");
            found.retain(|email| crowd.people.contains(email));
            assert!(found.iter().eq(&crowd.people), "each valid row once");
            let wrong: String = (0..stands["files"].as_u64().unwrap())
                .map(|file| {
                    program.try_api("GET", &format!("/v1/imports/{id}/rows/apply/{file}"), "").unwrap().1
                })
                .collect();
            let each_once = crowd.bad.iter().chain(&crowd.doubles).map(|row| (*row, 1)).collect();
            assert_eq!(rows_told(&wrong), each_once);
        } else {
            assert_eq!(counts["deleted"], crowd.people.len(), "{stands}");
            assert_eq!(addresses(&program, "").len(), before, "nobody is left");
            assert!(addresses(&program, "&hidden=deleted").iter().eq(&crowd.people), "all can be restored");
        }
    }
    program.kill();
    std::fs::remove_dir_all(&data).unwrap();
}
