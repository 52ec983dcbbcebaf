//! Documents with something wrong in them: what is said of it, where, and what to do about it. `UPDATE_EXPECT=1`
//! writes what came below the line `----` of each file in tests/documents.

use std::fs;
use std::path::{Path, PathBuf};

use flusso_engine::limits;
use flusso_engine::workflow::check::check;
use flusso_engine::workflow::compile;
use flusso_tests::documents;
use flusso_tests::scenario::{Account, Script, script_of};

#[test]
fn every_problem_is_told_with_its_place() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut account = Account::new();
    account.add_demo(&tests.join("../shared/catalog/demo")).unwrap();
    let mut files: Vec<PathBuf> =
        fs::read_dir(tests.join("documents")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 20, "only {} documents were found", files.len());
    let mut failures = Vec::new();
    for path in files {
        let expected = fs::read_to_string(&path).unwrap();
        let source = expected.split("\n----\n").next().unwrap_or_default();
        let came = format!("{source}\n----\n{}", problems(&account, source));
        if came != expected {
            if std::env::var_os("UPDATE_EXPECT").is_some() {
                fs::write(&path, came).unwrap();
            } else {
                failures.push(format!("{}\n{came}", path.display()));
            }
        }
    }
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}

fn problems(account: &Account, source: &str) -> String {
    let mut text = String::new();
    for compiled in compile(source) {
        let checked = compiled.program.iter().flat_map(|program| check(program, &account.definitions));
        for problem in compiled.problems.iter().cloned().chain(checked) {
            text.push_str(&problem.to_string());
            text.push('\n');
        }
    }
    text
}

#[test]
fn a_document_with_too_many_steps_is_refused_as_a_whole() {
    let steps = "  - add tag: x\n".repeat(limits::SOURCE_STEPS + 1);
    let source = format!("workflow: a\ntriggers: [{{ event: a.b }}]\nsteps:\n{steps}");
    let said = problems(&Account::new(), &source);
    assert_eq!(said, "4:3: error [steps.too_many] 501 steps; a workflow has at most 500; split it in two\n");
}

// KW-09
#[test]
fn of_the_catalog_no_error_is_told_and_these_warnings_alone() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let catalog = tests.join("../shared/catalog");
    let mut said = Vec::new();
    for (name, source) in documents::catalog() {
        // What a ready workflow names is defined by its scenario.
        let scenario = documents::text(&tests.join("scenarios").join(format!("{name}.txt")));
        let script = Script::read(script_of(&scenario), &catalog).unwrap();
        let account = Account::of(&script).unwrap();
        let problems = problems(&account, &source);
        said.extend(problems.lines().map(|problem| format!("{name} {problem}")));
    }
    let short: Vec<&str> = said.iter().map(|problem| problem.split(']').next().unwrap_or_default()).collect();
    // What starts these brings no consent of its own, what other systems send may lack a date, and of a cart's first
    // mail it may not be known who clicked.
    let known = [
        "appointment-reminders 17:5: warning [event_field.unsure",
        "appointment-reminders 17:5: warning [event_field.unsure",
        "birthday 5:5: warning [consent.none",
        "call-me 5:5: warning [consent.none",
        "cart 5:5: warning [consent.none",
        "cart 18:5: warning [decide.unknown",
        "cart-three-channels 5:5: warning [consent.none",
        "lead-to-sales 5:5: warning [consent.none",
        "monday 5:5: warning [consent.none",
        "trial-ending 18:5: warning [event_field.unsure",
        "tshirt 5:5: warning [consent.none",
    ];
    assert_eq!(short, known, "{}", said.join("\n"));
}

// KW-24 KW-56
#[test]
fn a_workflow_that_is_called_otherwise_is_the_same_version() {
    let version = |name: &str, tag: &str| {
        let source =
            format!("workflow: a\n{name}triggers: [{{ event: a.b }}]\nsteps: [{{ add tag: {tag} }}]\n");
        compile(&source).remove(0).program.unwrap().version.clone()
    };
    let first = version("name: Follow-up Quiz\n", "x");
    assert_eq!(first, version("name: Dopo il quiz\ndescription: a\nlabels: [b]\n", "x"));
    assert_ne!(first, version("name: Follow-up Quiz\n", "y"));
}
