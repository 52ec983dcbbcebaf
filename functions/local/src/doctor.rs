//! `flusso doctor`: what is missing before an installation can do its work.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use crate::client::Client;
use crate::output::say;

/// Which installation to look at.
#[derive(Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    client: Client,
    /// For programs
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let told = self.client.get("/v1/doctor")?;
        if self.json {
            say(&serde_json::to_string_pretty(&told)?)?;
        } else {
            for finding in told["findings"].as_array().into_iter().flatten() {
                say_finding(finding)?;
            }
        }
        Ok(if told["level"] == "problem" { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// One line where all is well; else a second one, with where that is and what to do.
fn say_finding(finding: &Value) -> anyhow::Result<()> {
    let text = |name: &str| finding[name].as_str().unwrap_or_default();
    say(&format!("{:<8} {:<18} {}", text("level"), text("code"), text("what")))?;
    if finding["remedy"].is_string() {
        say(&format!("{:27} {}: {}", "", text("where"), text("remedy")))?;
    }
    Ok(())
}
