//! Checking documents without an account: whatever only an account can tell is left open.

use flusso_engine::definitions::Definitions;
use flusso_engine::workflow::{self, Problem, Severity, check};

use crate::properties;

/// What says only that the account is not known here.
const NEEDS_ACCOUNT: &[&str] = &[
    "event_field.unsure",
    "form.unknown",
    "merge_field.unfilled",
    "segment.unknown",
    "team.unknown",
    "template.unknown",
    "user.unknown",
    "workflow.not_active",
];

/// What is wrong with the workflows of a text, in the order of the text. Forms, templates, teams and fields of which
/// nothing is known here are taken to exist; a form of which nothing is known grants no consent. What the document demands of
/// itself is tried on drawn lives.
pub fn check_document(source: &str) -> Vec<Problem> {
    let definitions = Definitions::empty();
    let mut problems = Vec::new();
    for compiled in workflow::compile(source) {
        let known = |problem: &Problem| !NEEDS_ACCOUNT.contains(&problem.code);
        let checked = compiled.program.map(|program| check::check(&program, &definitions));
        problems.extend(compiled.problems);
        problems.extend(checked.unwrap_or_default().into_iter().filter(known));
    }
    if !problems.iter().any(|problem| problem.severity == Severity::Error) {
        problems.extend(properties::problems(source, properties::LIVES));
    }
    problems.sort_by_key(|problem| (problem.line, problem.column, problem.severity));
    problems
}
