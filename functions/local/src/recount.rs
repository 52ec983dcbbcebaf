//! `flusso recount`: whether the counters say what the timelines say.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use crate::client::Client;
use crate::output::say;

/// Where, and of what.
#[derive(Args)]
pub(crate) struct Recount {
    #[command(flatten)]
    client: Client,
    /// For programs: what differs
    #[arg(long)]
    json: bool,
}

/// Of which workflow, version and step, under which name.
type Counter = [String; 4];
type Counts = BTreeMap<Counter, i64>;

impl Recount {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let before = self.kept()?;
        let (mut recounted, contacts, stuck) = self.recounted()?;
        let after = self.kept()?;
        // What was counted while the timelines were gone through says nothing.
        let moved = |counter: &Counter| before.get(counter) != after.get(counter);
        let differs = |recounted: &Counts| {
            let all: Vec<Counter> = after.keys().chain(recounted.keys()).cloned().collect();
            let count = |of: &Counts, counter: &Counter| of.get(counter).copied().unwrap_or_default();
            let differ = all.into_iter().filter(|counter| !moved(counter));
            let differ = differ.map(|counter| {
                let counts = (count(&after, &counter), count(recounted, &counter));
                (counter, counts)
            });
            differ.filter(|(_, (kept, again))| kept != again).collect::<BTreeMap<Counter, (i64, i64)>>()
        };
        let mut found = differs(&recounted);
        // People who were erased have no timeline any more; the journal knows what was counted of them.
        let mut workflows: Vec<&String> = found.keys().map(|[workflow, ..]| workflow).collect();
        workflows.dedup();
        for workflow in workflows {
            for (counter, count) in self.erased(workflow)? {
                *recounted.entry(counter).or_default() += count;
            }
        }
        found = differs(&recounted);
        let meanwhile = after.keys().filter(|counter| moved(counter)).count();
        if self.json {
            let differ = found.iter().map(|([workflow, version, step, number], (kept, again))| {
                serde_json::json!({
                    "workflow": workflow, "version": version, "step": step, "number": number,
                    "kept": kept, "recounted": again,
                })
            });
            let told = serde_json::json!({
                "contacts": contacts, "counters": after.len(), "changed_meanwhile": meanwhile,
                "differ": differ.collect::<Vec<_>>(), "stuck": stuck,
            });
            say(&serde_json::to_string_pretty(&told)?)?;
        } else {
            for ([workflow, version, step, number], (kept, again)) in &found {
                say(&format!("{workflow} {version} {step} {number}: kept {kept}, by the timelines {again}"))?;
            }
            for one in &stuck {
                say(&format!("{one} can't be gone through"))?;
            }
            say(&format!(
                "{contacts} contacts, {} counters: {} differ, {meanwhile} changed meanwhile.",
                after.len(),
                found.len()
            ))?;
        }
        let is_right = found.is_empty() && stuck.is_empty();
        Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// The counters as they are kept.
    fn kept(&self) -> anyhow::Result<Counts> {
        let first = self.client.get("/v1/workflows?limit=100")?;
        let mut kept = Counts::new();
        for workflow in self.client.pages("/v1/workflows", "items", first)? {
            let id = workflow["workflow"].as_str().unwrap_or_default();
            let answer = self.client.get(&format!("/v1/statistics/{id}/counters"))?;
            add(&mut kept, &answer["kept"]);
        }
        kept.retain(|_, n| *n != 0);
        Ok(kept)
    }

    /// What the timelines say, of how many contacts, and those that can't be gone through.
    fn recounted(&self) -> anyhow::Result<(Counts, u64, Vec<String>)> {
        let (mut counts, mut contacts, mut stuck) = (Counts::new(), 0, Vec::new());
        let mut path = "/v1/recount".to_owned();
        loop {
            let page = self.client.get(&path)?;
            contacts += page["contacts"].as_u64().unwrap_or_default();
            add(&mut counts, &page["counts"]);
            let ids = page["stuck"].as_array().into_iter().flatten();
            stuck.extend(ids.filter_map(|one| one["contact"].as_str()).map(str::to_owned));
            match page["cursor"].as_str() {
                Some(cursor) => path = format!("/v1/recount?cursor={cursor}"),
                None => return Ok((counts, contacts, stuck)),
            }
        }
    }

    /// What was counted of people who were erased since.
    fn erased(&self, workflow: &str) -> anyhow::Result<Counts> {
        let mut counts = Counts::new();
        let base = format!("/v1/statistics/{workflow}/counters");
        let mut path = base.clone();
        loop {
            let page = self.client.get(&path)?;
            add(&mut counts, &page["erased"]);
            match page["cursor"].as_str() {
                Some(cursor) => path = format!("{base}?cursor={cursor}"),
                None => return Ok(counts),
            }
        }
    }
}

fn add(counts: &mut Counts, told: &Value) {
    for one in told.as_array().into_iter().flatten() {
        let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let counter = [text("workflow"), text("version"), text("step"), text("number")];
        *counts.entry(counter).or_default() += one["count"].as_i64().unwrap_or_default();
    }
    counts.retain(|_, n| *n != 0);
}
