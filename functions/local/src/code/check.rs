//! `flusso check`: what is wrong with a folder, before any account sees it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use flusso_entrypoints::app::check::check_document;
use flusso_entrypoints::app::engine::segment;
use flusso_entrypoints::app::engine::workflow::{self, Problem, Severity};
use serde_json::json;

use super::folder;
use crate::check::say_problems;
use crate::output::say;

/// Which folder.
#[derive(Args)]
pub(crate) struct Check {
    /// The folder
    folder: PathBuf,
    /// For programs: every problem with its file and place
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        folder::read(&self.folder)?;
        let (mut errors, mut told) = (0, Vec::new());
        for within in folder::DOCUMENTS {
            for file in folder::files(&self.folder.join(within))? {
                let source = folder::text(&file)?;
                let problems = match *within {
                    "segments" => segment::compile(&source).err().unwrap_or_default(),
                    // They need not be finished, but they must be readable.
                    "drafts" => workflow::compile(&source).into_iter().flat_map(|one| one.problems).collect(),
                    _ => check_document(&source),
                };
                errors += problems.iter().filter(|problem| problem.severity == Severity::Error).count();
                let file = file.display().to_string();
                if self.json {
                    told.extend(problems.iter().map(|problem| shown(&file, problem)));
                } else {
                    say_problems(&file, &problems)?;
                }
            }
        }
        if self.json {
            say(&serde_json::to_string_pretty(&told)?)?;
        } else {
            say(&match errors {
                0 => "no errors".to_owned(),
                1 => "1 error".to_owned(),
                many => format!("{many} errors"),
            })?;
        }
        Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn shown(file: &str, problem: &Problem) -> serde_json::Value {
    let severity = if problem.severity == Severity::Error { "error" } else { "warning" };
    json!({
        "file": file, "line": problem.line, "column": problem.column, "severity": severity,
        "code": problem.code, "message": problem.message,
    })
}
