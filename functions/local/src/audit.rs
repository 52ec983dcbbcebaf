//! `flusso audit verify`: whether what is recorded of all contacts is what was recorded.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::client::Client;
use crate::output::say;

/// What is to be done.
#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Go along the chain of records of every contact; fails if one does not hold
    Verify(Verify),
}

/// Where.
#[derive(Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    client: Client,
}

impl Audit {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let Self::Verify(Verify { client }) = self;
        let (mut contacts, mut records, mut broken, mut cursor) = (0, 0, Vec::new(), String::new());
        loop {
            let page = client.get(&format!("/v1/audit/verify?limit=100{cursor}"))?;
            contacts += page["contacts"].as_u64().unwrap_or_default();
            records += page["records"].as_u64().unwrap_or_default();
            broken.extend(page["broken"].as_array().cloned().unwrap_or_default());
            match page["cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        say(&format!("{contacts} contacts, {records} records."))?;
        for one in &broken {
            let text = |name: &str| one[name].as_str().map(str::to_owned).unwrap_or_default();
            say(&format!("{}: {}", text("contact"), meaning(&one["broken"])))?;
        }
        if broken.is_empty() {
            say("Each record is what was recorded.")?;
            return Ok(ExitCode::SUCCESS);
        }
        Ok(ExitCode::FAILURE)
    }
}

fn meaning(broken: &Value) -> &'static str {
    match broken.as_str() {
        Some("records_missing") => "records are missing",
        _ => "a record is not what was recorded",
    }
}
