//! Interrupting a workflow, resuming it, stopping it, putting it away.

use flusso_engine::contact::enrollment::Enrollment;
use flusso_engine::ids::{JobId, WorkflowId};
use flusso_engine::life::{Interruption, Life, Resumption};
use flusso_engine::time::{Instant, Millis};
use flusso_store::keys::head::Head;
use flusso_store::keys::job::{Over, Task};

use crate::{App, AppError};

/// How a workflow goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume {
    /// Those who are overdue go on one after another within so long.
    pub over: Millis,
    /// Whether they enter who would have entered meanwhile.
    pub missed: bool,
}

/// What waits behind an interruption.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interrupted {
    /// Since when.
    pub since: Instant,
    /// Whether the clocks of those inside stand still.
    pub clocks_stop: bool,
    /// How many are inside.
    pub inside: u64,
    /// How many of them would be overdue if it went on now.
    pub overdue: u64,
    /// For how long the one has waited who is overdue the longest.
    pub longest: Millis,
    /// How many entries were missed, and can still come.
    pub missed: i64,
    /// Whether everybody was counted; else it took too long.
    pub complete: bool,
}

impl App {
    /// Interrupts a workflow: nobody enters, nobody does a step. Clocks go on, unless they stop.
    pub async fn interrupt(&self, id: &str, clocks_stop: bool, by: &str) -> Result<Vec<JobId>, AppError> {
        let at = self.now();
        self.change_life(id, Over::Inside { workflow: WorkflowId::new(id) }, by, |life, number| {
            life.interrupted.get_or_insert(Interruption { at, number, clocks_stop });
            Ok(())
        })
        .await
    }

    /// Has a workflow go on that was interrupted.
    pub async fn resume(&self, id: &str, how: Resume, by: &str) -> Result<Vec<JobId>, AppError> {
        let at = self.now();
        let Resume { over, missed } = how;
        // Who has missed an entry need not be inside.
        let whom = if missed { Over::All } else { Over::Inside { workflow: WorkflowId::new(id) } };
        self.change_life(id, whom, by, |life, _| {
            match life.interrupted.take() {
                Some(interruption) => {
                    if interruption.clocks_stop {
                        life.stood_still = Millis(life.stood_still.0 + at.since(interruption.at).0.max(0));
                    }
                    life.resumed = Some(Resumption { at, since: interruption.number, over, missed });
                }
                // It goes on already: the answer to that was lost.
                None if life.resumed.is_some_and(|resumed| resumed.at == at) => {}
                None => {
                    let message = format!("the workflow `{id}` is not interrupted");
                    return Err(AppError::Conflict { code: "not_interrupted", message });
                }
            }
            Ok(())
        })
        .await
    }

    /// Stops a workflow: nobody enters any more, and whoever is inside is cancelled.
    pub async fn stop(&self, id: &str, by: &str) -> Result<Vec<JobId>, AppError> {
        self.active(id).await?;
        let workflow = WorkflowId::new(id);
        let inside = [(Task::Look, Over::Inside { workflow: workflow.clone() }, by)];
        self.change_head_with(&inside, |head| {
            head.workflows.remove(&workflow);
            Ok(())
        })
        .await
    }

    /// Puts a workflow away that is not active, or takes it out again.
    pub async fn archive(&self, id: &str, archived: bool) -> Result<(), AppError> {
        let info = self.workflow(id).await?;
        if archived && info.active.is_some() {
            let message = format!("the workflow `{id}` is active; stop it first");
            return Err(AppError::Conflict { code: "workflow_active", message });
        }
        self.change_draft(&info.workflow, |draft| draft.archived = archived).await
    }

    /// What waits behind the interruption of a workflow.
    pub async fn interrupted(&self, id: &str) -> Result<Interrupted, AppError> {
        let life = self.active(id).await?;
        let Some(interruption) = life.interrupted else {
            let message = format!("the workflow `{id}` is not interrupted");
            return Err(AppError::Conflict { code: "not_interrupted", message });
        };
        let workflow = WorkflowId::new(id);
        let mut told = Interrupted {
            since: interruption.at,
            clocks_stop: interruption.clocks_stop,
            ..Interrupted::default()
        };
        let until = overdue_at(&life, self.now());
        told.complete = self
            .each_inside(&workflow, |contact| {
                let inside = contact.state.enrollments.values().filter(|one| one.workflow == workflow);
                for enrollment in inside {
                    told.inside += 1;
                    if let Some(late) = late(&life, enrollment, until) {
                        told.overdue += 1;
                        told.longest = told.longest.max(late);
                    }
                }
            })
            .await?;
        let counters = self.repository.counters(&workflow).await?;
        let missed =
            counters.iter().filter(|(counter, _)| &*counter.name == "missed" && counter.step.is_none());
        told.missed = missed.map(|(_, value)| value).sum();
        Ok(told)
    }

    /// How a workflow lives that must be active.
    async fn active(&self, id: &str) -> Result<Life, AppError> {
        let info = self.workflow(id).await?;
        let active = info.active.ok_or_else(|| not_active(id))?;
        Ok(active.life)
    }

    async fn change_life(
        &self,
        id: &str,
        whom: Over,
        by: &str,
        change: impl Fn(&mut Life, u64) -> Result<(), AppError>,
    ) -> Result<Vec<JobId>, AppError> {
        self.active(id).await?;
        let workflow = WorkflowId::new(id);
        self.change_head_with(&[(Task::Look, whom, by)], |head: &mut Head| {
            let next = head.number + 1;
            let active = head.workflows.get_mut(&workflow).ok_or_else(|| not_active(id))?;
            change(&mut active.life, next)
        })
        .await
    }
}

/// The instant at which it counts who is overdue in a workflow: when its clocks stopped, if they stand still.
pub(crate) fn overdue_at(life: &Life, now: Instant) -> Instant {
    life.interrupted
        .filter(|interruption| interruption.clocks_stop)
        .map_or(now, |interruption| interruption.at)
}

/// By how much an enrollment is overdue then, if it is.
pub(crate) fn late(life: &Life, enrollment: &Enrollment, then: Instant) -> Option<Millis> {
    let behind = Millis(life.stood_still.0 - enrollment.stood_still.0);
    let late = then.since(enrollment.waiting.due_at()? + behind);
    (late.0 >= 0).then_some(late)
}

fn not_active(id: &str) -> AppError {
    let message = format!("the workflow `{id}` is not active; activate it first");
    AppError::Conflict { code: "workflow_not_active", message }
}
