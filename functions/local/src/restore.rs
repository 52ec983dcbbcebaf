//! `flusso restore`: takes an installation that runs on a restored copy out of its hold.

use std::io::{BufRead as _, stdin};
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::client::Client;
use crate::output::say;

/// What is restored.
#[derive(Args)]
pub(crate) struct Restore {
    #[command(flatten)]
    client: Client,
    /// When the backup was made, or the point in time to which the table was restored
    #[arg(long, value_name = "2026-11-22T10:00:00Z")]
    since: String,
    /// Lift the hold without asking
    #[arg(long)]
    yes: bool,
}

impl Restore {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let hold = self.client.get("/v1/restore")?;
        if hold["on_hold"] != true {
            say("Nothing is on hold: this is no restored copy.")?;
            return Ok(ExitCode::SUCCESS);
        }
        let (mut contacts, mut unresolved, mut suppressed) = (0, 0, 0);
        let mut cursor = Value::Null;
        loop {
            let mut step = json!({ "since": self.since });
            if cursor.is_string() {
                step["cursor"] = cursor;
            }
            let done = self.client.post("/v1/restore", &step)?;
            let count = |name: &str| done[name].as_u64().unwrap_or_default();
            contacts += count("contacts");
            unresolved += count("unresolved");
            suppressed += count("suppressed");
            cursor = done["cursor"].clone();
            if !cursor.is_string() {
                break;
            }
            if contacts % 1000 == 0 {
                say(&format!("… {contacts} contacts"))?;
            }
        }
        say(&format!("{contacts} contacts gone through since {}.", self.since))?;
        say(&format!(
            "{unresolved} messages may have been sent since: they are not sent; GET /v1/sends/unresolved lists them."
        ))?;
        if hold["before"] == true {
            say(&format!("{suppressed} addresses opted out or bounced since, and are suppressed again."))?;
        } else {
            say("The rows of before can't be read here: whoever opted out since is not known.")?;
        }
        say("Events of that time are lost unless their source sends them again.")?;
        if !self.yes && !agreed()? {
            say("Still on hold.")?;
            return Ok(ExitCode::FAILURE);
        }
        self.client.post("/v1/restore/lift", &json!({}))?;
        say("The hold is lifted.")?;
        Ok(ExitCode::SUCCESS)
    }
}

fn agreed() -> anyhow::Result<bool> {
    say("Lift the hold, so that messages are sent again? Type yes:")?;
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer)?;
    Ok(["yes", "y", "sì", "si", "sí", "s"].contains(&answer.trim().to_lowercase().as_str()))
}
