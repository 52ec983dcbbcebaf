//! Workflows that begin by themselves: when a time of a schedule has come, one commit makes its job and moves the schedule
//! on, so that each time has one job, also those that an outage missed.

use flusso_engine::calendar;
use flusso_engine::definitions::{Definitions, ScheduleRule};
use flusso_engine::ids::{JobId, WorkflowId};
use flusso_engine::time::{Instant, Millis};
use flusso_engine::workflow::Program;
use flusso_engine::workflow::settings::Settings;
use flusso_store::keys::job::{Job, Task};
use flusso_store::repository::Occurred;
use flusso_store::table::TableError;

use crate::act::NEAR;
use crate::ports::queue::Lane;
use crate::queued::Message;
use crate::{App, AppError};

/// Times that are made into jobs at once; of more that were missed, the rest a minute later.
const AT_ONCE: usize = 50;

impl App {
    /// Makes a job of each time of a workflow's schedules that has come, and announces the next one.
    pub(crate) async fn run_schedules(&self, workflow: &WorkflowId) -> Result<Option<Instant>, AppError> {
        let definitions = self.definitions().await?;
        let mut next: Option<Instant> = None;
        for (key, rule) in rules(&definitions, workflow) {
            let at = self.run_schedule(&definitions, key, rule).await?;
            next = next.into_iter().chain(at).min();
        }
        if let Some(at) = next {
            self.announce_workflow(workflow, at).await?;
        }
        Ok(next)
    }

    /// The next time of a schedule, when those that have come have their jobs.
    async fn run_schedule(
        &self,
        definitions: &Definitions,
        key: &str,
        rule: &ScheduleRule,
    ) -> Result<Option<Instant>, AppError> {
        let begins = rule.schedule.begins(rule.since);
        let settings = definitions.workflows.get(&rule.workflow).map(|active| &active.program.settings);
        let closes = settings.and_then(Settings::closes_at);
        for _ in 0..AT_ONCE {
            let stored = self.repository.scheduled_through(&rule.workflow, key).await?;
            let after = stored.map_or(begins, |(through, _)| through.max(begins));
            let next = rule.schedule.next(after, &definitions.zone);
            // Nobody enters any more: there is nothing to wake up for.
            let Some(next) = next.filter(|next| closes.is_none_or(|closes| next.at < closes)) else {
                return Ok(None);
            };
            let now = self.now();
            if next.at > now {
                return Ok(Some(next.at));
            }
            let (workflow, occurrence) = (rule.workflow.clone(), next.id());
            let id = JobId::derive(next.at, &["schedule", workflow.as_str(), key, &occurrence]);
            let by = format!("workflow:{workflow}");
            let (schedule, occurrence) = (rule.schedule.to_string().into(), occurrence.into());
            let task = Task::Occurrence { workflow, schedule, occurrence, at: next.at };
            let job = Job::new(task, (&rule.schedule.among).into(), &by, now);
            let revision = stored.map(|(_, revision)| revision);
            let occurred = Occurred { workflow: &rule.workflow, schedule: key, through: next.at, revision };
            match self.repository.begin_occurrence(&id, &job, &occurred).await {
                // Where that is not known: if there is the job now, it is announced; else this tries again.
                Ok(()) | Err(TableError::Unknown(_)) => self.announce_job(&id, 1).await?,
                // Somebody was quicker: what is stored tells.
                Err(TableError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Some(self.now() + Millis::minutes(1)))
    }

    /// Announces a workflow for an instant: the row of its alarm first, then what rings it.
    async fn announce_workflow(&self, workflow: &WorkflowId, at: Instant) -> Result<(), AppError> {
        let now = self.now();
        self.repository.put_workflow_alarm(workflow, at, now).await?;
        if at.since(now) > NEAR {
            if self.ports.timer.ring_at(at.minute()).await.is_err() {
                // The sweep finds the row.
                self.metrics.timer_failures.add();
            }
            return Ok(());
        }
        let message = Message::Schedule { workflow: workflow.clone() };
        Ok(self.ports.queue.send(vec![message.to(Lane::Bulk, Millis(at.since(now).0.max(0)))]).await?)
    }

    /// Announces a workflow for the first time of its schedules, before it is active.
    pub(crate) async fn announce_schedules(
        &self,
        program: &Program,
        account_zone: &str,
    ) -> Result<(), AppError> {
        let now = self.now();
        let Some(zone) = calendar::zone(account_zone) else { return Ok(()) };
        let schedules = program.triggers.iter().filter_map(|trigger| trigger.kind.schedule());
        let first =
            schedules.filter_map(|schedule| schedule.next(schedule.begins(now), &zone)).map(|next| next.at);
        match first.min() {
            Some(at) => self.announce_workflow(&program.workflow, at).await,
            None => Ok(()),
        }
    }

    /// An announcement of this minute is to be forgotten: what it announced must have its job, and the next time its own
    /// announcement.
    pub(crate) async fn verify_schedules(&self, workflow: &WorkflowId, minute: i64) -> Result<(), AppError> {
        let definitions = self.definitions().await?;
        let mut next: Option<Instant> = None;
        for (key, rule) in rules(&definitions, workflow) {
            let begins = rule.schedule.begins(rule.since);
            let stored = self.repository.scheduled_through(workflow, key).await?;
            let after = stored.map_or(begins, |(through, _)| through.max(begins));
            let at = rule.schedule.next(after, &definitions.zone).map(|next| next.at);
            next = next.into_iter().chain(at).min();
        }
        let Some(at) = next else { return Ok(()) };
        if at.minute() <= minute {
            self.metrics.rung_late.add();
        }
        // The row first: it is verified in its turn, should this message be lost.
        self.repository.put_workflow_alarm(workflow, at, self.now()).await?;
        let message = Message::Schedule { workflow: workflow.clone() };
        Ok(self.ports.queue.send(vec![message.to(Lane::Bulk, Millis(0))]).await?)
    }
}

fn rules<'d>(
    definitions: &'d Definitions,
    workflow: &'d WorkflowId,
) -> impl Iterator<Item = (&'d str, &'d ScheduleRule)> {
    let rules = definitions.schedules.iter().filter(move |(_, rule)| rule.workflow == *workflow);
    rules.map(|(key, rule)| (&**key, rule))
}
