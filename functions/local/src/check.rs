//! `flusso workflow check`: what is wrong with documents, before any account sees them.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use flusso_entrypoints::app::check::check_document;
use flusso_entrypoints::app::engine::workflow::{Problem, Severity};

use crate::output::say;

/// Which documents.
#[derive(Args)]
pub(crate) struct Check {
    /// Workflow documents, YAML or JSON
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

impl Check {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let mut errors = 0;
        for file in &self.files {
            let source =
                fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
            let problems = check_document(&source);
            errors += problems.iter().filter(|problem| problem.severity == Severity::Error).count();
            say_problems(&file.display().to_string(), &problems)?;
        }
        match errors {
            0 => say("no errors")?,
            1 => say("1 error")?,
            _ => say(&format!("{errors} errors"))?,
        }
        Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Says each problem in the way of compilers, so that editors find the place.
pub(crate) fn say_problems(file: &str, problems: &[Problem]) -> anyhow::Result<()> {
    for problem in problems {
        say(&format!("{file}:{problem}"))?;
    }
    Ok(())
}
