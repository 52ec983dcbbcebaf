//! The reference of the language, held to its word: every example compiles, and every trigger, step, condition and setting
//! has one. What an example is of stands behind ```` ```yaml ````: nothing for a whole workflow, else `triggers`, `steps`,
//! `conditions` or `settings`.
#![allow(clippy::unwrap_used, reason = "what goes wrong in a test ends it")]

use std::collections::BTreeSet;

use flusso_engine::workflow::check::check;
use flusso_engine::workflow::{Severity, compile};
use flusso_engine::yaml::{self, Limits, Node, Value};
use flusso_engine::{condition, steps, triggers};
use flusso_tests::documents;
use flusso_tests::scenario::Account;

/// An example: where it stands, of what, and its text.
struct Example {
    line: usize,
    of: String,
    text: String,
}

fn examples() -> Vec<Example> {
    let page = documents::text(
        &documents::files("../docs", "md").into_iter().find(|path| path.ends_with("language.md")).unwrap(),
    );
    let mut examples = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(of) = line.strip_prefix("```yaml") else { continue };
        let text: Vec<&str> =
            lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        examples.push(Example { line: number + 2, of: of.trim().to_owned(), text: text.join("\n") });
    }
    examples
}

impl Example {
    /// As whole workflows. A condition is one of a decision after messages called `news`, `promo` and `follow`, and a webhook called `check`.
    fn workflows(&self) -> Vec<String> {
        let indented = |text: &str, by: &str| {
            text.lines().map(|line| format!("{by}{line}\n")).collect::<Vec<_>>().concat()
        };
        match self.of.as_str() {
            "" => vec![self.text.clone()],
            "triggers" => {
                vec![format!(
                    "workflow: a\nkind: internal\ntriggers:\n{}steps: [{{ add tag: x }}]\n",
                    indented(&self.text, "  ")
                )]
            }
            "steps" => vec![format!(
                "workflow: a\ntriggers: [{{ event: a.b }}]\nsteps:\n{}",
                indented(&self.text, "  ")
            )],
            "conditions" => {
                let news = "  - id: news\n    send email: { subject: x, body: y, kind: service }\n  - id: promo\n    send sms: { text: x, kind: service }\n  - id: follow\n    send whatsapp: { text: x, kind: service }\n  - id: check\n    webhook: { url: https://shop.example/ }\n";
                let any = format!(
                    "  - decide:\n      - when:\n          any:\n{}        do: []\n      - else: []\n",
                    indented(&self.text, "            ")
                );
                vec![format!("workflow: a\ntriggers: [{{ event: a.b }}]\nsteps:\n{news}{any}")]
            }
            "settings" => vec![format!(
                "workflow: a\ntriggers: [{{ event: a.b }}]\nsteps: [{{ add tag: x }}]\n{}\n",
                self.text
            )],
            other => panic!("line {}: an example of `{other}`", self.line),
        }
    }
}

#[test]
fn every_example_compiles() {
    let mut account = Account::new();
    let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/catalog/demo");
    account.add_demo(&demo).unwrap();
    let examples = examples();
    assert!(examples.len() >= 8, "only {} examples were found", examples.len());
    for example in &examples {
        for source in example.workflows() {
            for compiled in compile(&source) {
                let program = compiled
                    .program
                    .unwrap_or_else(|| panic!("line {}: {:?}\n{source}", example.line, compiled.problems));
                // What an account has not defined yet is no mistake of the page.
                let wrong = check(&program, &account.definitions).into_iter().find(|problem| {
                    let named = ["form", "team", "template", "user", "segment"];
                    let unknown = named.iter().any(|what| problem.code == format!("{what}.unknown"));
                    problem.severity == Severity::Error && !unknown
                });
                assert_eq!(wrong, None, "line {}", example.line);
            }
        }
    }
}

/// Every key of every map of an example.
fn keys(node: &Node, found: &mut BTreeSet<String>) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| keys(item, found)),
        Value::Map(entries) => {
            for (key, value) in entries {
                found.insert(key.text.clone());
                keys(value, found);
            }
        }
        _ => {}
    }
}

/// Settings are no registry: these are all that a workflow and its `settings:` may say.
const SETTINGS: &[&str] = &[
    "kind",
    "triggers",
    "entity",
    "reentry",
    "after",
    "at most",
    "while inside",
    "exit",
    "goal",
    "on",
    "when",
    "where",
    "scope",
    "reason",
    "then",
    "at entry",
    "send window",
    "zone",
    "days",
    "between",
    "at",
    "quiet dates",
    "recipients",
    "settings",
    "missing value",
    "over",
    "lateness",
    "pace",
    "entries from",
    "entries until",
    "messages from",
    "messages until",
    "ends at",
    "steps",
    "id",
    "unknown",
    "else",
];

#[test]
fn everything_has_an_example() {
    let mut written = [BTreeSet::new(), BTreeSet::new(), BTreeSet::new()];
    let mut all = BTreeSet::new();
    for example in examples() {
        // A setting that is commented out is still shown.
        let shown = if example.of == "settings" {
            example.text.replace("# at:", "at:").replace("  between", "  # between")
        } else {
            example.text.clone()
        };
        for text in [&example.text, &shown] {
            for node in yaml::parse(text, &Limits::default()).unwrap() {
                keys(&node, &mut all);
                match example.of.as_str() {
                    "triggers" => keys(&node, &mut written[0]),
                    "steps" => keys(&node, &mut written[1]),
                    "conditions" => keys(&node, &mut written[2]),
                    _ => {}
                }
            }
        }
    }
    let kinds = [
        triggers::KINDS.iter().map(|kind| kind.key).collect::<Vec<_>>(),
        steps::KINDS.iter().map(|kind| kind.key).collect(),
        condition::KINDS.iter().map(|kind| kind.key).collect(),
    ];
    let missing: Vec<&str> = kinds
        .iter()
        .zip(&written)
        .flat_map(|(kinds, written)| kinds.iter().filter(|key| !written.contains(**key)))
        .copied()
        .collect();
    assert!(missing.is_empty(), "docs/language.md has no example of {missing:?}");
    let missing: Vec<&&str> = SETTINGS.iter().filter(|key| !all.contains(**key)).collect();
    assert!(missing.is_empty(), "docs/language.md has no example with {missing:?}");
}
