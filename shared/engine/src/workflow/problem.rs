//! What is wrong with a document: where, under which code, and what to do about it.

use std::fmt;

use serde::Serialize;

use crate::yaml::Place;

/// Whether a problem keeps a workflow from being activated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It does.
    Error,
    /// It does not, but somebody should look.
    Warning,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Whether it keeps the workflow from being activated.
    pub severity: Severity,
    /// A stable code, such as `step.unknown`.
    pub code: &'static str,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}:{}: {severity} [{}] {}", self.line, self.column, self.code, self.message)
    }
}

/// The problems found so far, at most a hundred.
#[derive(Clone, Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    const MOST: usize = 100;

    /// Notes an error.
    pub fn error(&mut self, place: Place, code: &'static str, message: impl Into<String>) {
        self.note(Severity::Error, place, code, message.into());
    }

    /// Notes a warning.
    pub fn warning(&mut self, place: Place, code: &'static str, message: impl Into<String>) {
        self.note(Severity::Warning, place, code, message.into());
    }

    fn note(&mut self, severity: Severity, place: Place, code: &'static str, message: String) {
        let problem = Problem { severity, code, line: place.line, column: place.column, message };
        if self.0.len() < Self::MOST && !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// All of them, in the order of the document.
    pub fn into_sorted(mut self) -> Vec<Problem> {
        self.0.sort_by_key(|problem| (problem.line, problem.column, problem.severity));
        self.0
    }
}
