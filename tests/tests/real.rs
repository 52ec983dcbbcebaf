//! Every ready workflow of the catalog in the real local program: what happens in its scenario happens there by HTTP, and
//! each person's timeline must say what the engine says of the same scenario, and the mailbox must have the same messages.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use flusso_tests::documents;
use flusso_tests::program::{Program, build};
use flusso_tests::real::{self, Told};

/// So many programs run at once.
const AT_ONCE: usize = 4;

#[test]
fn every_ready_workflow_does_in_the_real_program_what_its_scenario_says() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let catalog = tests.join("../shared/catalog");
    let binary = build();
    let only = std::env::var("SCENARIO").unwrap_or_default();
    let names: Vec<String> = documents::catalog().into_iter().map(|(name, _)| name).collect();
    assert!(names.len() >= 15, "only {} ready workflows were found", names.len());
    let open: Mutex<VecDeque<&String>> =
        Mutex::new(names.iter().filter(|name| name.contains(&only)).collect());
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(name) = open.lock().unwrap().pop_front() else { return };
                    if let Err(why) = play(name, tests, &catalog, &binary) {
                        failures.lock().unwrap().push(format!("\n{name}: {why}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} scenarios failed{}", failures.len(), failures.concat());
}

#[test]
fn time_begins_where_it_is_told_to_and_goes_on_after_a_restart() {
    let (binary, data) = (build(), folder("clock"));
    let year = |program: &Program| {
        program.api("GET", "/v1/clock", "")["now"]["utc"].as_str().unwrap()[..4].to_owned()
    };
    let first = Program::start(&binary, &data, &["--clock", "1x", "--clock-from", "2020-06-01T09:00:00Z"]);
    assert_eq!(year(&first), "2020");
    first.api("POST", "/v1/clock", r#"{"advance":"1 year"}"#);
    first.kill();
    let again = Program::start(&binary, &data, &["--clock", "1x", "--clock-from", "2020-06-01T09:00:00Z"]);
    assert_eq!(year(&again), "2021");
    again.kill();
    fs::remove_dir_all(&data).unwrap();
}

fn play(name: &str, tests: &Path, catalog: &Path, binary: &Path) -> Result<(), String> {
    let path = tests.join("scenarios").join(format!("{name}.txt"));
    let text = fs::read_to_string(&path).map_err(|error| format!("it has no scenario: {error}"))?;
    let uses = text.lines().any(|line| line.trim() == format!("use {name}"));
    assert!(uses, "{} does not use {name}", path.display());
    let data = folder(name);
    let told = real::play(&text, catalog, binary, &data)?;
    fs::remove_dir_all(&data).map_err(|error| error.to_string())?;
    assert!(!told.is_empty(), "{name}: nobody was there");
    let differences: Vec<String> =
        told.iter().filter(|told| told.engine != told.program).map(difference).collect();
    if differences.is_empty() { Ok(()) } else { Err(differences.concat()) }
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("flusso-real-{}-{name}", std::process::id()));
    // Of a test that was killed.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn difference(Told { address, engine, program }: &Told) -> String {
    let same = engine.lines().zip(program.lines()).take_while(|(engine, program)| engine == program).count();
    let around = |text: &str| {
        let lines: Vec<&str> = text.lines().skip(same.saturating_sub(3)).take(10).collect();
        lines.join("\n      ")
    };
    let (engine, program) = (around(engine), around(program));
    format!("\n  {address}, line {}\n    engine\n      {engine}\n    program\n      {program}", same + 1)
}
