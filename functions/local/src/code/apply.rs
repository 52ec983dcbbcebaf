//! `flusso apply`: a folder becomes what an account has, all at once.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;

use super::plan::{Wanted, is_empty, say_plan};
use crate::output::say;

/// Which folder, which installation, and by which plan.
#[derive(Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    wanted: Wanted,
    /// The plan that was written with `flusso plan --out`: if anything stands otherwise than then, nothing is applied
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
}

impl Apply {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let mut body = self.wanted.body()?;
        let plan = match &self.plan {
            Some(file) => {
                let text =
                    fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
                serde_json::from_str(&text).with_context(|| format!("{} is no plan", file.display()))?
            }
            None => self.wanted.plan(&body)?,
        };
        if !is_empty(&plan["problems"]) {
            say_plan(&plan)?;
            bail!("nothing was applied: there are problems");
        }
        body["base"] = plan["base"].clone();
        let done: Value = self.wanted.client.post("/v1/code/apply", &body)?;
        if self.wanted.json {
            say(&serde_json::to_string_pretty(&done)?)?;
        } else {
            say_plan(&done)?;
            let jobs = done["jobs"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let jobs: Vec<&str> = jobs.collect();
            say(&if jobs.is_empty() {
                "applied".to_owned()
            } else {
                format!("applied; `flusso jobs` follows {}", jobs.join(", "))
            })?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
