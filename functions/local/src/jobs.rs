//! `flusso jobs`: what is done to many contacts, and how far it has come.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use crate::client::Client;
use crate::output::say;

/// Of which installation.
#[derive(Args)]
pub(crate) struct Jobs {
    #[command(flatten)]
    client: Client,
    /// How many, the newest first
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=100))]
    limit: u8,
    /// For programs
    #[arg(long)]
    json: bool,
}

impl Jobs {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let page = self.client.get(&format!("/v1/jobs?limit={}", self.limit))?;
        if self.json {
            say(&serde_json::to_string_pretty(&page["items"])?)?;
            return Ok(ExitCode::SUCCESS);
        }
        for job in page["items"].as_array().into_iter().flatten() {
            say(&line(job))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn line(job: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of = job["of"].as_u64().map_or_else(|| "?".to_owned(), |of| of.to_string());
    let progress = format!("{} of {of}, {} failed", job["done"], job["failed"]);
    let what = [&job["kind"], &job["workflow"], &job["occurrence"], &job["reason"]];
    let what: Vec<String> = what.into_iter().map(text).filter(|word| !word.is_empty()).collect();
    format!("{}  {:<9}  {progress:<28}  {}", text(&job["id"]), text(&job["state"]), what.join(" "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::line;

    #[test]
    fn a_job_is_a_line() {
        let job = json!({
            "id": "job_1", "kind": "enroll", "workflow": "welcome", "state": "running", "done": 90, "of": 250, "failed": 2,
        });
        assert_eq!(line(&job), "job_1  running    90 of 250, 2 failed           enroll welcome");
        let job = json!({ "id": "job_2", "kind": "look", "state": "paused", "done": 0, "failed": 0 });
        assert_eq!(line(&job), "job_2  paused     0 of ?, 0 failed              look");
    }
}
