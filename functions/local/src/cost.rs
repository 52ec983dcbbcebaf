//! `flusso cost`: what people through a workflow cost on AWS, by service: the reactions of one of them, by the same engine
//! under a virtual clock, times what the tests counted for each, times the prices of a region.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum};
use flusso_entrypoints::app::AppError;
use flusso_entrypoints::app::cost::{Counted, Item, Load, Prices, SesPlan};
use flusso_entrypoints::app::engine::time::{Instant, Millis};
use flusso_entrypoints::app::simulate::{Reactions, Simulation, count};
use serde_json::{Map, Value, json};

use crate::check::say_problems;
use crate::output::say;

/// How long the workflow is followed: longer than any that ends.
const FOLLOWED: Millis = Millis::hours(24 * 400);

/// Which workflow, and for how many.
#[derive(Args)]
pub(crate) struct Cost {
    /// The workflow document, YAML or JSON
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How many people go through it
    #[arg(long, default_value_t = 1_000)]
    people: u32,
    /// The region whose prices count
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// By which plan SES is paid
    #[arg(long, value_enum, default_value_t = Ses::Essentials)]
    ses: Ses,
    /// They come one at a time, not in a crowd
    #[arg(long)]
    one_at_a_time: bool,
    /// For programs
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Ses {
    ALaCarte,
    Essentials,
}

impl Cost {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let file = self.file.display().to_string();
        let source = fs::read_to_string(&self.file).with_context(|| format!("can't read {file}"))?;
        let reactions = match count(&of_one(source)) {
            Ok(reactions) => reactions,
            Err(AppError::Problems(problems)) => {
                say_problems(&file, &problems)?;
                return Ok(ExitCode::FAILURE);
            }
            Err(error) => return Err(anyhow!("{error}")),
        };
        let (prices, date) = Prices::of(&self.region)?;
        let load = if self.one_at_a_time { Load::Alone } else { Load::Crowd };
        let plan = match self.ses {
            Ses::ALaCarte => SesPlan::ALaCarte,
            Ses::Essentials => SesPlan::Essentials,
        };
        let used = Counted::stored()?.of_person(&reactions, load).times(f64::from(self.people));
        let items = used.bill(&prices, Some(plan));
        if self.json {
            let told = json!({
                "people": self.people, "region": self.region, "prices": date, "currency": "USD",
                "reactions": { "events": reactions.events, "looks": reactions.looks, "messages": reactions.messages },
                "services": items, "usd": sum(&items),
            });
            say(&serde_json::to_string_pretty(&told)?)?;
        } else {
            self.say_table(&reactions, &items, &date)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn say_table(&self, reactions: &Reactions, items: &[Item], date: &str) -> anyhow::Result<()> {
        let Reactions { events, looks, messages } = reactions;
        say(&format!(
            "{} people, each {events} event, {looks} waits that end, {messages} messages; {}, prices of {date}",
            self.people, self.region
        ))?;
        say("")?;
        for item in items {
            say(&format!("{:<24}{:>10.4} USD  {}", item.service, item.usd, item.used))?;
        }
        say(&format!("{:<24}{:>10.4} USD", "together", sum(items)))?;
        Ok(())
    }
}

fn sum(items: &[Item]) -> f64 {
    items.iter().map(|item| item.usd).sum()
}

/// Somebody who consented and of whom there is an address and a number.
fn of_one(source: String) -> Simulation {
    let known = [("email", "anna@example.com"), ("phone", "+393331234567"), ("first_name", "Anna")];
    let fields = known.map(|(name, value)| (name.to_owned(), Value::from(value)));
    let from = Instant::parse("2026-03-02T09:00:00Z").unwrap_or_default();
    let until = from + FOLLOWED;
    Simulation { source, fields: Map::from_iter(fields), consent: true, from, until, events: Vec::new() }
}
