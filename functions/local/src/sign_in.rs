//! `flusso sign-in`: a link that signs in as the owner.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use crate::client::Client;
use crate::output::say;

/// Which installation.
#[derive(Args)]
pub(crate) struct SignIn {
    #[command(flatten)]
    client: Client,
}

impl SignIn {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let made = self.client.post("/v1/sign-in-links", &Value::Null)?;
        say(&self.client.at(made["path"].as_str().unwrap_or_default()))?;
        Ok(ExitCode::SUCCESS)
    }
}
