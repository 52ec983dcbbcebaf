//! `flusso plan`: what applying a folder would do.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::folder;
use crate::client::Client;
use crate::output::say;

/// Which folder, which installation, and what becomes of those inside.
#[derive(Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(super) wanted: Wanted,
    /// Write the plan into a file, to apply this one and no other
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What is to be, and where.
#[derive(Args)]
pub(crate) struct Wanted {
    /// The folder
    folder: PathBuf,
    #[command(flatten)]
    pub(super) client: Client,
    /// What becomes of those inside the workflows that change
    #[arg(long, value_enum, default_value_t = People::Finish)]
    people: People,
    /// Those who are overdue by a new version go on one after another within so long
    #[arg(long, value_name = "TIME", default_value = "1 hour")]
    over: String,
    /// For programs: the plan as the API gives it
    #[arg(long)]
    pub(super) json: bool,
}

/// What becomes of those inside.
#[derive(Clone, Copy, ValueEnum)]
enum People {
    /// They finish the version that they are in
    Finish,
    /// They go over to the new one
    Migrate,
    /// They leave
    Exit,
}

/// The exit code of a plan that has something to do.
const TO_DO: u8 = 2;

impl Wanted {
    /// What the API is asked.
    pub(super) fn body(&self) -> anyhow::Result<Value> {
        let people = match self.people {
            People::Finish => "finish",
            People::Migrate => "migrate",
            People::Exit => "exit",
        };
        Ok(json!({ "code": folder::read(&self.folder)?, "how": { "people": people, "over": self.over } }))
    }

    pub(super) fn plan(&self, body: &Value) -> anyhow::Result<Value> {
        self.client.post("/v1/code/plan", body)
    }
}

impl Plan {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let plan = self.wanted.plan(&self.wanted.body()?)?;
        if let Some(out) = &self.out {
            let text = serde_json::to_string_pretty(&plan)?;
            fs::write(out, text).with_context(|| format!("can't write {}", out.display()))?;
        }
        if self.wanted.json {
            say(&serde_json::to_string_pretty(&plan)?)?;
        } else {
            say_plan(&plan)?;
        }
        Ok(match (is_empty(&plan["problems"]), is_empty(&plan["changes"])) {
            (false, _) => ExitCode::FAILURE,
            (true, true) => ExitCode::SUCCESS,
            (true, false) => ExitCode::from(TO_DO),
        })
    }
}

pub(super) fn is_empty(value: &Value) -> bool {
    value.as_array().is_none_or(Vec::is_empty) && value.as_object().is_none_or(serde_json::Map::is_empty)
}

/// Says a plan for people.
pub(super) fn say_plan(plan: &Value) -> anyhow::Result<()> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for change in plan["changes"].as_array().into_iter().flatten() {
        let sign = if change["change"] == "create" { "+" } else { "~" };
        say(&format!("{sign} {}", word(&change["item"])))?;
        let people = &change["people"];
        if people["inside"].as_u64().unwrap_or_default() > 0 {
            let counts = people["counts"].as_object().into_iter().flatten();
            let counts: Vec<String> = counts.map(|(name, many)| format!("{many} {name}")).collect();
            let messages = &people["messages"];
            say(&format!(
                "    {} inside: {}; {messages} messages within the hour",
                people["inside"],
                counts.join(", ")
            ))?;
        }
        for (step, many) in people["gone"].as_object().into_iter().flatten() {
            say(&format!("    {many} at the step `{step}`, which is gone: they stay in their version"))?;
        }
    }
    for (item, problems) in plan["problems"].as_object().into_iter().flatten() {
        for problem in problems.as_array().into_iter().flatten() {
            let (line, column) = (&problem["line"], &problem["column"]);
            let (code, message) = (word(&problem["code"]), word(&problem["message"]));
            say(&format!("! {item}:{line}:{column}: [{code}] {message}"))?;
        }
    }
    let changes = plan["changes"].as_array().map_or(0, Vec::len);
    say(&format!("{changes} to change, {} as they are to be", plan["same"]))?;
    Ok(())
}
