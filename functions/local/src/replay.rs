//! `flusso replay`: everything that happened to a contact, and whether what is stored follows from it.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use crate::client::Client;
use crate::contact::find;
use crate::output::say;

/// Whom to look at, and where.
#[derive(Args)]
pub(crate) struct Replay {
    /// The contact: its id, its e-mail address, or its phone number in international form
    contact: String,
    #[command(flatten)]
    client: Client,
    /// For programs: what the replay showed, without what happened
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let id = find(&self.client, &self.contact)?;
        let replay = self.client.get(&format!("/v1/contacts/{id}/replay"))?;
        if self.json {
            say(&serde_json::to_string_pretty(&replay)?)?;
        } else {
            for entry in self.timeline(&id)?.iter().rev() {
                say_entry(entry, "")?;
            }
            say("")?;
            say_verdict(&replay)?;
        }
        Ok(if replay["same"] == true { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// All records, the latest first.
    fn timeline(&self, id: &str) -> anyhow::Result<Vec<Value>> {
        let path = format!("/v1/contacts/{id}/timeline");
        let first = self.client.get(&format!("{path}?limit=100"))?;
        self.client.pages(&path, "items", first)
    }
}

fn say_entry(entry: &Value, before: &str) -> anyhow::Result<()> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let input = if entry["type"].is_string() { text(&entry["type"]) } else { text(&entry["input"]) };
    say(&format!("{before}{:>5}  {}  {input}", entry["revision"], text(&entry["at"]["local"])))?;
    for line in entry["lines"].as_array().into_iter().flatten() {
        let place = match (line["workflow"].as_str(), line["step"].as_str()) {
            (Some(workflow), Some(step)) => format!("{workflow}/{step}: "),
            (Some(workflow), None) => format!("{workflow}: "),
            _ => String::new(),
        };
        let conditions: Vec<&str> =
            line["conditions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let conditions =
            if conditions.is_empty() { String::new() } else { format!(" ({})", conditions.join(", ")) };
        say(&format!("{before}         {place}{}{conditions}", text(&line["text"])))?;
    }
    Ok(())
}

fn say_verdict(replay: &Value) -> anyhow::Result<()> {
    let reactions = &replay["reactions"];
    if replay["same"] == true {
        say(&format!("{reactions} reactions, made once more: what is stored follows from them."))?;
        return Ok(());
    }
    let record = &replay["record"];
    if record.is_object() {
        say("Made once more, this record comes out otherwise. It is stored as")?;
        say_entry(&record["stored"], "  ")?;
        if record["again"].is_object() {
            say("and would be now")?;
            say_entry(&record["again"], "  ")?;
        } else {
            say(&format!("and would not be taken now: {}", record["why"].as_str().unwrap_or_default()))?;
        }
    }
    for part in replay["parts"].as_array().into_iter().flatten() {
        say(&format!("{} comes out otherwise.", part.as_str().unwrap_or_default()))?;
    }
    say("What an older release recorded may come out otherwise; else somebody has changed the table.")?;
    Ok(())
}
