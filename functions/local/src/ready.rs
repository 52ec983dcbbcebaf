//! `flusso ready`: workflows that are ready to be used, in three languages; nothing is saved.

use std::process::ExitCode;

use anyhow::anyhow;
use clap::Args;
use flusso_entrypoints::app::ready::{self, LANGUAGES};

use crate::output::say;
use crate::simulate::pair;

/// Which one, and how it is filled.
#[derive(Args)]
pub(crate) struct Ready {
    /// Which; all of them are listed if none is named
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// In which language
    #[arg(long, default_value = "en", value_parser = LANGUAGES)]
    language: String,
    /// Say what it asks instead of filling it
    #[arg(long, requires = "id")]
    questions: bool,
    /// An answer
    #[arg(long = "set", value_name = "KEY=ANSWER", value_parser = pair, requires = "id")]
    set: Vec<(String, String)>,
}

impl Ready {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let Some(id) = &self.id else {
            for one in ready::all(&self.language).map_err(|error| anyhow!("{error}"))? {
                say(&format!("{:<22} {}\n{:<22} {}", one.id, one.name, "", one.says))?;
            }
            return Ok(ExitCode::SUCCESS);
        };
        if self.questions {
            let all = ready::all(&self.language).map_err(|error| anyhow!("{error}"))?;
            let one = all.into_iter().find(|one| one.id == id);
            let one =
                one.ok_or_else(|| anyhow!("there is no ready workflow `{id}`; `flusso ready` lists them"))?;
            for parameter in one.parameters {
                say(&format!("{:<12} {} ({})", parameter.key, parameter.label, parameter.default))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let filled = ready::fill(id, &self.language, &self.set.into_iter().collect());
        let documents = filled.map_err(|error| anyhow!("{error}; `flusso ready` lists what there is"))?;
        let sources: Vec<&str> = documents.iter().map(|document| document.source.trim_end()).collect();
        say(&sources.join("\n---\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}
