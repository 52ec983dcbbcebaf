//! The numbers of a workflow day by day, in the account's zone.

use std::collections::BTreeMap;
use std::time::Duration;

use flusso_engine::calendar::{self, Date};
use flusso_engine::ids::{StepId, WorkflowId};

use super::numbers::ByName;
use crate::{App, AppError};

/// Most days of one answer.
pub const DAYS: u64 = 400;
/// Days of an answer of which nothing is said.
const SHOWN: u64 = 30;

/// What was counted on a day, by the names of the counters; those of steps together.
pub type Day = (Date, ByName);

impl App {
    /// What a workflow counted on each day from one to another, both included, each day once; without them, the last 30.
    /// Of one step, or of the workflow with all of its steps.
    pub async fn days(
        &self,
        id: &str,
        step: Option<&str>,
        (from, to): (Option<Date>, Option<Date>),
    ) -> Result<Vec<Day>, AppError> {
        self.workflow(id).await?;
        let today = calendar::day(self.now(), &self.definitions().await?.zone);
        let to = to.unwrap_or(today);
        let back = |days: u64| to.checked_sub(Duration::from_secs(days * 86_400)).unwrap_or(to);
        let from = from.unwrap_or_else(|| back(SHOWN - 1));
        if from > to {
            return Err(AppError::invalid("from", "days.range", "it must not be after `to`"));
        }
        if from < back(DAYS - 1) {
            return Err(AppError::invalid("from", "days.range", format!("ask for at most {DAYS} days")));
        }
        let workflow = WorkflowId::new(id);
        let mut days: BTreeMap<Date, ByName> = BTreeMap::new();
        let mut day = from;
        while day <= to {
            days.insert(day, ByName::new());
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        for (day, counter, n) in self.repository.counters_by_day(&workflow, (from, to)).await? {
            let of_step = counter.step.as_ref().map(StepId::as_str);
            // What steps count of an end, the workflow counts too.
            let twice = step.is_none()
                && of_step.is_some()
                && matches!(&*counter.name, "exited" | "failed" | "cancelled");
            if twice || step.is_some_and(|step| of_step != Some(step)) {
                continue;
            }
            if let Some(counts) = days.get_mut(&day) {
                *counts.entry(counter.name.to_string()).or_default() += n;
            }
        }
        for counts in days.values_mut() {
            counts.retain(|_, n| *n != 0);
        }
        Ok(days.into_iter().collect())
    }
}
