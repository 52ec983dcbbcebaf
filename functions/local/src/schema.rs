//! `flusso schema`: the JSON Schema of workflow documents, for editors.

use std::process::ExitCode;

use clap::Args;
use flusso_entrypoints::app::engine::workflow::schema;

use crate::output::say;

/// Nothing to choose.
#[derive(Args)]
pub(crate) struct Schema {}

impl Schema {
    #[expect(clippy::unused_self, reason = "every command is run so")]
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        say(&format!("{:#}", schema::schema()))?;
        Ok(ExitCode::SUCCESS)
    }
}
