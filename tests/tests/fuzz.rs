//! Malformed documents: whatever stands in a file, what is wrong with it has a code, a line and a column, nothing
//! panics, and nothing takes longer than its size explains.
#![allow(clippy::unwrap_used, reason = "what goes wrong in a test ends it")]

use flusso_engine::workflow::check::check;
use flusso_engine::workflow::{Severity, compile};
use flusso_engine::{condition, steps, triggers};
use flusso_tests::drawn::{self, Tape};
use flusso_tests::scenario::Account;
use flusso_tests::sim::rng::Rng;
use flusso_tests::{documents, mutate};
use serde_json::{Value, json};

/// The codes of what is said of a source; each problem must have its place in it.
fn codes(account: &Account, source: &str, case: &dyn std::fmt::Debug) -> Vec<&'static str> {
    let lines = source.split('\n').count() + 1;
    let mut codes = Vec::new();
    for compiled in compile(source) {
        let checked = compiled.program.iter().flat_map(|program| check(program, &account.definitions));
        let problems: Vec<_> = compiled.problems.iter().cloned().chain(checked).collect();
        let errors = problems.iter().any(|problem| problem.severity == Severity::Error);
        assert!(compiled.program.is_some() || errors, "{case:?}: no program, and nothing said:\n{source}");
        assert!(compiled.problems.len() <= 100, "{case:?}: more is said than anybody reads");
        for problem in problems {
            let line = usize::try_from(problem.line).unwrap();
            assert!((1..=lines).contains(&line) && problem.column >= 1, "{case:?}: {problem}\n{source}");
            let coded = problem.code.bytes().all(|b| b.is_ascii_lowercase() || b == b'.' || b == b'_');
            assert!(coded && !problem.code.is_empty() && !problem.message.is_empty(), "{case:?}: {problem}");
            codes.push(problem.code);
        }
    }
    codes
}

fn account() -> Account {
    let mut account = Account::new();
    let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/catalog/demo");
    account.add_demo(&demo).unwrap();
    account
}

/// Random documents, written as YAML: in braces, and with a comment, or they would be JSON.
fn drawn_ones() -> Vec<String> {
    let mut rng = Rng::new(1);
    let mut all = Vec::new();
    for _ in 0..150 {
        let choices: Vec<u16> = (0..400).map(|_| u16::try_from(rng.below(2_520)).unwrap()).collect();
        let documents = drawn::workflows(&mut Tape::new(&choices), drawn::SEGMENTS);
        all.extend(documents.iter().map(|document| format!("{}\n# a comment\n", pretty(document))));
    }
    all
}

/// Over several lines, so that mutations hit one thing.
fn pretty(document: &Value) -> String {
    serde_json::to_string_pretty(document).unwrap()
}

#[test]
fn no_mutation_makes_the_reader_panic() {
    let account = account();
    let written = documents::wrong().into_iter().chain(documents::catalog()).chain(documents::scenarios());
    let texts = written.map(|(_, text)| text).chain(drawn_ones());
    let seeds: Vec<Vec<u8>> = texts.map(String::into_bytes).collect();
    let mut compiled_anyway = 0;
    for case in 0..mutate::cases() * 4 {
        let bytes = mutate::mutated(case, &seeds);
        let source = String::from_utf8_lossy(&bytes);
        compiled_anyway += usize::from(!codes(&account, &source, &case).contains(&"syntax"));
    }
    assert!(compiled_anyway > 0, "every mutation was refused: the seeds are no documents");
}

#[test]
fn whatever_is_drawn_compiles() {
    for source in drawn_ones() {
        for compiled in compile(&source) {
            assert!(compiled.program.is_some(), "{:?}\n{source}", compiled.problems);
        }
    }
}

/// Values that few things can be.
fn wrong_values() -> Vec<Value> {
    let long = "x".repeat(3_000);
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(i64::MIN),
        json!(1.5),
        json!(1e300),
        json!(""),
        json!(" "),
        json!("x"),
        json!("any"),
        json!("{{"),
        json!("{{ entity }}"),
        json!("\u{0}\u{202e}"),
        json!(long),
        json!([]),
        json!([[]]),
        json!([null]),
        json!([{}]),
        json!(["x", 1, null, {}]),
        json!({}),
        json!({ "x": "y" }),
        json!({ "": "" }),
        json!({ "at least": {} }),
        json!({ "which": [], "points": {}, "to": {}, "steps": 1, "field": [], "when": 1, "arms": 1 }),
    ]
}

/// A value within another, and unknown keys beside.
fn spoilt(value: &Value) -> Vec<Value> {
    vec![value.clone(), json!([value]), json!({ "is": value }), json!({ "any": [value], "noch": value })]
}

#[test]
fn every_kind_survives_every_value() {
    let account = account();
    let placed = |trigger: Value, step: Value, condition: Value| {
        json!({
            "workflow": "a", "triggers": [trigger], "exit": [{ "when": condition }],
            "recipients": condition, "steps": [step, { "decide": [{ "when": condition, "do": [] }, { "else": [] }] }],
        })
    };
    let (trigger, step, asked) =
        (json!({ "event": "a.b" }), json!({ "add tag": "x" }), json!({ "tag": "x" }));
    for value in wrong_values().iter().flat_map(spoilt) {
        let keys = triggers::KINDS.iter().map(|kind| kind.key);
        let mut cases: Vec<Value> = keys
            .map(|key| placed(json!({ key: value, "where": value }), step.clone(), asked.clone()))
            .collect();
        for kind in steps::KINDS {
            let beside =
                json!({ kind.key: value, "then": value, "else": value, "id": value, "after": value });
            cases.push(placed(trigger.clone(), json!({ kind.key: value }), asked.clone()));
            cases.push(placed(trigger.clone(), beside, asked.clone()));
        }
        for kind in condition::KINDS {
            let beside =
                json!({ kind.key: value, "is": value, "within": value, "at least": value, "where": value });
            cases.push(placed(trigger.clone(), step.clone(), json!({ kind.key: value })));
            cases.push(placed(trigger.clone(), step.clone(), beside));
        }
        for key in [
            "workflow",
            "name",
            "labels",
            "kind",
            "triggers",
            "entity",
            "reentry",
            "exit",
            "goal",
            "send window",
            "recipients",
            "settings",
            "steps",
            "unheard of",
        ] {
            let mut document = placed(trigger.clone(), step.clone(), asked.clone());
            document[key] = value.clone();
            cases.push(document);
        }
        for key in [
            "missing value",
            "at most",
            "over",
            "lateness",
            "entries from",
            "messages until",
            "ends at",
            "pace",
        ] {
            let mut document = placed(trigger.clone(), step.clone(), asked.clone());
            document["settings"] = json!({ key: value });
            cases.push(document);
        }
        for case in cases {
            codes(&account, &case.to_string(), &"json");
            codes(&account, &format!("{}\n# a comment", pretty(&case)), &"yaml");
        }
    }
}

#[test]
fn an_unknown_key_is_told_of_every_kind() {
    let account = account();
    let beside = |list: &str, key: &str| {
        let other = if list == "steps" { "triggers: [{ event: a.b }]" } else { "steps: [{ add tag: x }]" };
        let source = format!("workflow: a\n{other}\n{list}:\n  - {key}: x\n    unheard of: 1\n");
        codes(&account, &source, &key)
    };
    for kind in triggers::KINDS {
        assert!(beside("triggers", kind.key).contains(&"key.unknown"), "{}", kind.key);
    }
    for kind in steps::KINDS {
        assert!(beside("steps", kind.key).contains(&"key.unknown"), "{}", kind.key);
    }
}

#[test]
fn what_has_no_end_is_refused_before_it_is_read() {
    let account = account();
    let laugh = |n: usize| format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}, *a{0}]\n", n - 1);
    let laughs = (1..30).map(laugh).collect::<Vec<_>>().concat();
    let nested = |open: &str, close: &str, n: usize| {
        format!("workflow: a\nsteps: {}{}\n", open.repeat(n), close.repeat(n))
    };
    let level = |n: usize| format!("{0}- decide:\n{0}  - else:\n", " ".repeat(n * 4));
    let inside = (0..60).map(level).collect::<Vec<_>>().concat();
    for (source, code) in [
        (format!("a0: &a0 [x, x]\n{laughs}"), "anchor"),
        ("workflow: a\nsteps: &s\n  - decide:\n      - else: *s\n".to_owned(), "anchor"),
        ("a: &a\n  b: *a\n".to_owned(), "anchor"),
        (nested("[", "]", 100), "too_deep"),
        (nested("{a: ", "}", 100), "too_deep"),
        // So deep that the parser itself refuses to go on.
        (nested("[", "]", 100_000), "syntax"),
        (nested("{a: ", "}", 100_000), "too_deep"),
        (format!("workflow: a\nsteps:\n  {}", "- ".repeat(100_000)), "too_deep"),
        (format!("steps:\n{inside}"), "too_deep"),
        (format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000)), "too_deep"),
        (format!("workflow: a\nsteps:\n{}", "  - add tag: x\n".repeat(700_000)), "too_large"),
        (" ".repeat(10 << 20), "too_large"),
        (format!("workflow: a\nlabels: [{}]", "x,".repeat(400_000)), "too_many_values"),
    ] {
        let said = codes(&account, &source, &code);
        assert!(said.contains(&code), "{code}: {said:?} of {}", source.chars().take(80).collect::<String>());
    }
}

/// As large as a document may be, and of one thing only.
#[test]
fn what_is_as_large_as_may_be_is_read_in_proportion() {
    let account = account();
    let keys = |n: usize| (0..n).map(|n| format!("a{n}: 1")).collect::<Vec<_>>().join(", ");
    let many = |item: &str, n: usize| item.repeat(n);
    let triggers = format!("triggers:\n{}", many("  - event: a.b\n", 15_000));
    let fields = (0..9_000).map(|n| format!("{{{{ event.f{n} }}}}")).collect::<Vec<_>>().concat();
    for source in [
        format!("workflow: a\ntriggers:\n  - event: a.b\n    where: {{ {} }}\nsteps: []\n", keys(49_000)),
        format!("workflow: a\n{{ {} }}", keys(49_000)),
        format!("workflow: a\nsteps:\n  - set field: {{ {} }}\n", keys(49_000)),
        format!("workflow: a\n{triggers}steps:\n  - add note: \"{fields}\"\n"),
        format!("workflow: a\nexit:\n{}", many("  - on: a.b\n", 20_000)),
        format!(
            "workflow: a\nsteps:\n  - decide:\n{}      - else: []\n",
            many("      - when: { tag: x }\n        do: []\n", 12_000)
        ),
        format!("workflow: a\nsteps:\n  - split:\n      arms:\n{}", many("        - 1%: []\n", 20_000)),
        format!(
            "workflow: a\ntriggers:\n  - event: a.b\n    where: {{ any: [{}] }}\n",
            many("{ tag: x }, ", 15_000)
        ),
        format!("workflow: a\ntriggers:\n  - form: [{}]\n", many("x, ", 90_000)),
        format!("workflow: a\nsteps:\n{}", many("  - no such step: x\n", 20_000)),
        format!(
            "workflow: a\nsteps:\n{}",
            many("  - send email: { subject: x, body: \"{{ a }}\" }\n", 10_000)
        ),
        many("---\nworkflow: a\n", 40_000),
        format!("workflow: {}\n", many("x", 900_000)),
        format!("workflow: a\nsteps:\n  - {}: x\n", many("x", 900_000)),
        format!(
            "workflow: a\nsteps:\n  - id: again\n    add tag: x\n{}",
            many("  - decide: [{ when: { tag: x }, do: [{ go to: again }] }, { else: [] }]\n", 249)
        ),
    ] {
        assert!(source.len() <= 1 << 20, "{} bytes", source.len());
        codes(&account, &source, &"large");
    }
}
