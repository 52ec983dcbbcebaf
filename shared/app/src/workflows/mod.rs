//! Workflows: saved as documents, activated version by version, interrupted, resumed, stopped, put away.

pub mod activate;
pub mod life;
pub mod people;
pub mod preview;
pub(crate) mod save;
pub mod take_in;
pub mod versions;

use flusso_engine::ids::{JobId, VersionId, WorkflowId};
use flusso_engine::workflow::Problem;
use flusso_store::keys::draft::Draft;
use flusso_store::keys::head::ActiveWorkflow;
use flusso_store::repository::Listed;

use crate::{App, AppError};

/// A workflow that was saved or activated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Which.
    pub workflow: WorkflowId,
    /// Its name for people.
    pub name: String,
    /// The version that its document makes.
    pub version: VersionId,
    /// What would keep it from being activated, and what somebody should look at.
    pub problems: Vec<Problem>,
    /// The jobs that tell the contacts whom that concerns, where some were begun.
    pub jobs: Vec<JobId>,
}

/// A workflow as its author sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowInfo {
    /// Which.
    pub workflow: WorkflowId,
    /// Its name for people.
    pub name: String,
    /// The newest saved version.
    pub version: Option<VersionId>,
    /// The version that is active, and since when.
    pub active: Option<ActiveWorkflow>,
    /// Whether it was put away.
    pub archived: bool,
    /// Whether any version of it was ever active.
    pub was_active: bool,
    /// The document.
    pub source: String,
}

impl App {
    /// A workflow as its author sees it.
    pub async fn workflow(&self, id: &str) -> Result<WorkflowInfo, AppError> {
        let workflow = WorkflowId::new(id);
        let draft = self.draft(&workflow).await?.0;
        let missing = || AppError::NotFound { what: "workflow", id: id.to_owned() };
        let source = self.repository.definition(&draft.source).await?.ok_or_else(missing)?;
        let active = self.repository.head().await?.workflows.get(&workflow).cloned();
        Ok(WorkflowInfo { source, ..info(workflow, draft, active) })
    }

    /// All workflows, one page, without their documents.
    pub async fn workflows(
        &self,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed<WorkflowInfo>, AppError> {
        let head = self.repository.head().await?;
        let page = self.repository.drafts(cursor, limit).await?;
        let items = page.items.into_iter().map(|(workflow, draft)| {
            let active = head.workflows.get(&workflow).cloned();
            info(workflow, draft, active)
        });
        Ok(Listed { items: items.collect(), cursor: page.cursor })
    }

    /// The record of a workflow that there must be, and its revision.
    async fn draft(&self, workflow: &WorkflowId) -> Result<(Draft, u64), AppError> {
        let missing = || AppError::NotFound { what: "workflow", id: workflow.to_string() };
        self.repository.draft(workflow).await?.ok_or_else(missing)
    }
}

fn info(workflow: WorkflowId, draft: Draft, active: Option<ActiveWorkflow>) -> WorkflowInfo {
    let Draft { name, version, archived, was_active, .. } = draft;
    WorkflowInfo { workflow, name, version, active, archived, was_active, source: String::new() }
}
