//! `flusso backup`: a copy of the data folder, as of one moment, while the program goes on.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use flusso_local::backup::back_up;

use crate::output::say;

/// What to copy, and where to.
#[derive(Args)]
pub(crate) struct Backup {
    /// The folder that keeps everything
    #[arg(long, value_name = "DIR", default_value = "./data")]
    data: PathBuf,
    /// A folder for the copy, which must not be there yet
    #[arg(value_name = "FOLDER")]
    to: PathBuf,
}

impl Backup {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let at = back_up(&self.data, &self.to)?;
        let to = self.to.display();
        say(&format!("Copied to {to}, secrets and API key included: keep it where only you can read it."))?;
        say("")?;
        say(&format!("To go on from it:  flusso serve --data {to}"))?;
        say(&format!("                   flusso restore --since {at}"))?;
        say("Until then it sends nothing, for what it would send may have been sent since.")?;
        Ok(ExitCode::SUCCESS)
    }
}
