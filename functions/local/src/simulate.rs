//! `flusso simulate`: what a workflow would do to one contact, by the same engine under a virtual clock.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, anyhow};
use clap::Args;
use flusso_entrypoints::app::AppError;
use flusso_entrypoints::app::engine::calendar::{self, Duration};
use flusso_entrypoints::app::engine::definitions::Definitions;
use flusso_entrypoints::app::engine::time::Instant;
use flusso_entrypoints::app::simulate::{Happening, Simulation, simulate};
use flusso_entrypoints::words::Language;
use serde_json::{Map, Value, json};

use crate::check::say_problems;
use crate::client::Client;
use crate::output::say;

/// Who, and for how long.
#[derive(Args)]
pub(crate) struct Simulate {
    /// The workflow document, YAML or JSON
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A field of the contact; as often as needed
    #[arg(long, value_name = "FIELD=VALUE", value_parser = pair)]
    contact: Vec<(String, String)>,
    /// The contact has not consented to marketing
    #[arg(long)]
    no_consent: bool,
    /// When the workflow begins: 2026-11-21T09:00:00Z, 2026-11-21T10:00 or 2026-11-21; now, if not given
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Until when to go on: a time, or a length such as 30d, 12h or "2 weeks"
    #[arg(long, value_name = "TIME", default_value = "30d")]
    until: String,
    /// What else happens: when, and what: "1d email.replied", "2h order.completed total=80"
    #[arg(long, value_name = "WHEN EVENT")]
    event: Vec<String>,
    /// Give the recorded past of all contacts of an installation to the document, so many days back, and tell what it
    /// would have done; nothing is sent
    #[arg(long, value_name = "DAYS", conflicts_with_all = ["contact", "no_consent", "from", "event"])]
    past: Option<u32>,
    #[command(flatten)]
    client: Client,
}

impl Simulate {
    fn rehearse(&self, source: &str, days: u32) -> anyhow::Result<ExitCode> {
        let told = self.client.post("/v1/rehearsals", &json!({ "source": source, "days": days }))?;
        let each = |value: &Value| {
            let all = value.as_object().into_iter().flatten();
            all.map(|(name, many)| format!("{many} {name}")).collect::<Vec<_>>().join(", ")
        };
        say(&format!(
            "{} contacts, as if it had been active since {}",
            told["contacts"],
            text(&told["since"]["local"])
        ))?;
        say(&format!("{} would have entered: {}", told["entered"], each(&told["ended"])))?;
        say(&format!("{} messages would have gone: {}", told["sent"], each(&told["messages"])))?;
        say(&format!("kept back: {}", each(&told["skipped"])))?;
        say(&format!(
            "it would have cost {:.4} USD on AWS, by prices of {}",
            told["cost_usd"].as_f64().unwrap_or_default(),
            text(&told["prices"])
        ))?;
        say(&format!(
            "{} within a day of a message of another workflow; {} really went for this one",
            told["overlaps"], told["really"]
        ))?;
        for one in told["people"].as_array().into_iter().flatten().take(10) {
            say(&format!("  {}  {}  {}", one["messages"], text(&one["contact"]), text(&one["name"])))?;
        }
        if told["complete"] == false {
            say("not everybody's past was told: it took too long")?;
        }
        Ok(ExitCode::SUCCESS)
    }

    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let file = self.file.display().to_string();
        let source = fs::read_to_string(&self.file).with_context(|| format!("can't read {file}"))?;
        if let Some(days) = self.past {
            return self.rehearse(&source, days);
        }
        let account = Definitions::empty();
        let from = match &self.from {
            Some(text) => at(text, now(), &account).with_context(|| format!("--from {text}"))?,
            None => now(),
        };
        let until = at(&self.until, from, &account).with_context(|| format!("--until {}", self.until))?;
        let events = self.event.iter().map(|text| event(text, from, &account));
        let simulation = Simulation {
            source,
            fields: self.contact.into_iter().map(|(name, value)| (name, Value::from(value))).collect(),
            consent: !self.no_consent,
            from,
            until,
            events: events.collect::<anyhow::Result<_>>()?,
        };
        match simulate(&simulation) {
            Ok(happenings) => say_all(&happenings, &account).map(|()| ExitCode::SUCCESS),
            Err(AppError::Problems(problems)) => {
                say_problems(&file, &problems)?;
                Ok(ExitCode::FAILURE)
            }
            Err(error) => Err(anyhow!("{error}")),
        }
    }
}

fn say_all(happenings: &[Happening], account: &Definitions) -> anyhow::Result<()> {
    let words = Language::English.words();
    say(&format!("Times are those of {}.", account.account.zone))?;
    say("")?;
    for happening in happenings {
        let (at, place, text) = match happening {
            Happening::Line(line) => {
                let place = match (&line.workflow, &line.step) {
                    (Some(workflow), Some(step)) => format!("{workflow}/{step}: "),
                    (Some(workflow), None) => format!("{workflow}: "),
                    _ => String::new(),
                };
                (line.at, place, words.line(&line.what, account))
            }
            Happening::Message { at, to, subject, .. } => (*at, String::new(), format!("→ {to}: {subject}")),
        };
        say(&format!("{}  {place}{text}", words.moment(at, account)))?;
    }
    Ok(())
}

/// `field=value`.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as field=value, such as first_name=Anna")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

/// `1d email.replied`, perhaps with data: `2h order.completed total=80`.
fn event(
    text: &str,
    from: Instant,
    account: &Definitions,
) -> anyhow::Result<(Instant, String, Map<String, Value>)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let kind = words.iter().position(|word| word.contains('.') && !word.contains('=') && !is_time(word));
    let kind =
        kind.ok_or_else(|| anyhow!("--event {text}: write when and what, such as \"1d email.replied\""))?;
    let when = at(&words[..kind].join(" "), from, account).with_context(|| format!("--event {text}"))?;
    let data =
        words[kind + 1..].iter().map(|word| pair(word).map_err(|why| anyhow!("--event {text}: {why}")));
    let data = data.map(|pair| pair.map(|(name, value)| (name, read(&value))));
    Ok((when, words[kind].to_owned(), data.collect::<anyhow::Result<_>>()?))
}

fn is_time(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// Numbers, `true` and `false` as such, everything else as text.
fn read(value: &str) -> Value {
    match serde_json::from_str(value) {
        Ok(read @ (Value::Number(_) | Value::Bool(_))) => read,
        _ => value.into(),
    }
}

/// A point in time: itself, a wall clock of the account's zone, or a length after `from`.
fn at(text: &str, from: Instant, account: &Definitions) -> anyhow::Result<Instant> {
    let text = text.trim();
    if let Some(instant) = Instant::parse(text) {
        return Ok(instant);
    }
    if let Ok(wall) = text.parse() {
        return calendar::at_wall(wall, &account.zone).context("beyond the calendar");
    }
    let length: Duration = spelled_out(text).parse()?;
    Ok(calendar::add(from, length, &account.zone))
}

/// `30d` as `30 days`; what is no such thing as it is.
fn spelled_out(text: &str) -> String {
    let units =
        [("s", "seconds"), ("m", "minutes"), ("h", "hours"), ("d", "days"), ("w", "weeks"), ("y", "years")];
    let found =
        units.iter().find_map(|(short, unit)| Some(format!("{} {unit}", amount(text.strip_suffix(short)?)?)));
    found.unwrap_or_else(|| text.to_owned())
}

fn amount(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant::from_millis(i64::try_from(since.as_millis()).unwrap_or_default())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
