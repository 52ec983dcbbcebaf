//! Activating a version: from then on events enroll by it. What becomes of those inside older ones is chosen.

use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::calendar::{self, Duration};
use flusso_engine::definitions::Definitions;
use flusso_engine::ids::{JobId, StepId, VersionId, WorkflowId};
use flusso_engine::life::Life;
use flusso_engine::limits;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::workflow::program::TriggerDef;
use flusso_engine::workflow::{Problem, Program, Severity, check};
use flusso_store::keys::head::{ActiveWorkflow, HeadRing, RingOf};
use flusso_store::keys::job::{Over, Task};
use serde_json::Map;

use super::Saved;
use crate::define::check_rings;
use crate::{App, AppError};

/// What becomes of those who are inside another version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum People {
    /// They finish the version that they are in.
    #[default]
    Finish,
    /// They go over to the new one.
    Migrate,
    /// They leave.
    Exit,
}

/// How a version is activated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activation {
    /// The version that is meant; another one, saved meanwhile, is not activated. None is the newest.
    pub version: Option<VersionId>,
    /// What becomes of those inside.
    pub people: People,
    /// Where those go who stand at a step that is gone, by the step; none is out.
    pub steps: BTreeMap<StepId, Option<StepId>>,
    /// Those who are overdue by the new version go on one after another within so long.
    pub over: Millis,
    /// Who enters although what would have had them enter was before.
    pub take_in: Option<TakeIn>,
}

/// Who is taken in when a workflow is activated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakeIn {
    /// The members of a segment.
    Segment(Arc<str>),
    /// Those who had an event within so long that would have had them enter.
    EventsOf(Duration),
}

impl App {
    /// Activates the newest saved version, by the operator of this program; whoever is inside another one finishes it.
    pub async fn activate(&self, id: &str) -> Result<Saved, AppError> {
        self.activate_as(id, &Activation::default(), "operator").await
    }

    /// Activates the newest saved version.
    pub async fn activate_as(&self, id: &str, how: &Activation, by: &str) -> Result<Saved, AppError> {
        let workflow = WorkflowId::new(id);
        let (draft, program, problems) = self.to_activate(&workflow, how).await?;
        let version = program.version.clone();
        let definitions = self.definitions().await?;
        self.announce_schedules(&program, &definitions.account.zone).await?;
        let (now, own) = (self.now(), format!("workflow:{workflow}"));
        let known = definitions.workflows.get(&workflow);
        let mut begins = Vec::new();
        if looks_for_more(&program, known.map(|active| &*active.program)) {
            begins.push((Task::Look, Over::All, own.as_str()));
        }
        begins.extend(how.take_in.as_ref().map(|whom| {
            let (task, over) = taking_in(&workflow, whom, now, &definitions);
            (task, over, by)
        }));
        let inside = Over::Inside { workflow: workflow.clone() };
        let task = people(&workflow, &version, how);
        begins.extend(task.clone().map(|task| (task, inside.clone(), by)));
        let is_active = known.is_some_and(|active| active.version == version);
        let mut jobs = self
            .change_head_with(&begins, |head| {
                let known = head.workflows.get(&workflow);
                if known.is_some_and(|active| active.version == version) {
                    return Ok(());
                }
                if head.workflows.len() >= limits::WORKFLOWS && known.is_none() {
                    let message = format!("an account has at most {} active workflows", limits::WORKFLOWS);
                    return Err(AppError::Conflict { code: "too_many_workflows", message });
                }
                let life = known.map_or_else(|| Life::new(now), |active| active.life.clone());
                for ring in program.rings() {
                    let by = || RingOf::Version(version.clone());
                    head.rings.entry(ring.id).or_insert_with(|| HeadRing { by: by(), since: now });
                }
                check_rings(head)?;
                let number = head.number + 1;
                let active = ActiveWorkflow { version: version.clone(), since: now, number, life };
                head.workflows.insert(workflow.clone(), active);
                Ok(())
            })
            .await?;
        if is_active {
            // Nothing to activate; those inside other versions and those who are taken in are dealt with all the same.
            let taken_in = how.take_in.as_ref().map(|whom| taking_in(&workflow, whom, now, &definitions));
            for (task, over) in task.map(|task| (task, inside)).into_iter().chain(taken_in) {
                jobs.push(self.begin_job(task, over, by, None).await?);
            }
        }
        if program.triggers.iter().any(|trigger| trigger.kind.schedule().is_some()) {
            self.run_schedules(&workflow).await?;
        }
        if !is_active {
            self.note_activation(&workflow, &version, by).await?;
        }
        Ok(Saved { workflow, name: draft, version, problems, jobs })
    }

    /// The name and the program that would be activated, with what somebody should look at.
    pub(super) async fn to_activate(
        &self,
        workflow: &WorkflowId,
        how: &Activation,
    ) -> Result<(String, Arc<Program>, Vec<Problem>), AppError> {
        let (draft, _) = self.draft(workflow).await?;
        let missing = || AppError::NotFound { what: "workflow", id: workflow.to_string() };
        let version = draft.version.ok_or_else(missing)?;
        if let Some(meant) = how.version.as_ref().filter(|meant| **meant != version) {
            let message =
                format!("the newest version is `{version}`, not `{meant}`: somebody saved it meanwhile");
            return Err(AppError::Conflict { code: "version_changed", message });
        }
        let program = self.program(&version).await?;
        let definitions = self.definitions().await?;
        let mut problems = check::check(&program, &definitions);
        problems.extend(self.without_provider(&program));
        if problems.iter().any(|problem| problem.severity == Severity::Error) {
            return Err(AppError::Problems(problems));
        }
        if let Some(TakeIn::Segment(name)) = &how.take_in
            && !definitions.segments.contains_key(name)
        {
            let message = format!("there is no segment `{name}`");
            return Err(AppError::invalid("take_in.segment", "segment.unknown", message));
        }
        for (step, to) in &how.steps {
            if let Some(to) = to.as_ref().filter(|to| program.step(to).is_none()) {
                let message = format!("the version has no step `{to}`");
                return Err(AppError::invalid(format!("steps.{step}"), "step.unknown", message));
            }
        }
        Ok((draft.name, program, problems))
    }

    /// Takes going over to the active version back, for whoever has not done a step of it.
    pub async fn revert(&self, id: &str, by: &str) -> Result<JobId, AppError> {
        let info = self.workflow(id).await?;
        if info.active.is_none() {
            let message = format!("the workflow `{id}` is not active; nobody has gone over to it");
            return Err(AppError::Conflict { code: "workflow_not_active", message });
        }
        let workflow = info.workflow;
        let over = Over::Inside { workflow: workflow.clone() };
        self.begin_job(Task::Revert { workflow }, over, by, None).await
    }
}

/// What has people enter who are taken in, and among whom it looks for them.
pub(super) fn taking_in(
    workflow: &WorkflowId,
    whom: &TakeIn,
    now: Instant,
    definitions: &Definitions,
) -> (Task, Over) {
    let workflow = workflow.clone();
    match whom {
        TakeIn::Segment(name) => (
            Task::Enroll { workflow, data: Map::new(), name: "".into(), per_hour: 0 },
            Over::Segment { name: name.clone() },
        ),
        TakeIn::EventsOf(last) => {
            let since = calendar::window_start(now, *last, &definitions.zone);
            (Task::TakeIn { workflow, since }, Over::All)
        }
    }
}

/// What is done to those inside.
pub(crate) fn people(workflow: &WorkflowId, version: &VersionId, how: &Activation) -> Option<Task> {
    let (workflow, version) = (workflow.clone(), version.clone());
    match how.people {
        People::Finish => None,
        People::Migrate => {
            Some(Task::Migrate { workflow, version, steps: how.steps.clone(), over: how.over })
        }
        People::Exit => Some(Task::Leave { workflow }),
    }
}

/// Whether contacts must be looked at, because this may make somebody due to whom nothing happens.
pub(crate) fn looks_for_more(program: &Program, before: Option<&Program>) -> bool {
    let known = |trigger: &TriggerDef| {
        let mut before = before.iter().flat_map(|before| &before.triggers);
        before.any(|other| same_watch(trigger, other))
    };
    let watches = |trigger: &&TriggerDef| {
        let kind = &trigger.kind;
        kind.becomes().is_some() || kind.date().is_some() || kind.cart_delay().is_some()
    };
    program.triggers.iter().filter(watches).any(|trigger| !known(trigger))
}

/// Whether two triggers keep the same in mind.
fn same_watch(one: &TriggerDef, other: &TriggerDef) -> bool {
    let (one, other) = (&one.kind, &other.kind);
    one.becomes().map(|(id, _)| id) == other.becomes().map(|(id, _)| id)
        && one.date() == other.date()
        && one.cart_delay() == other.cart_delay()
}
