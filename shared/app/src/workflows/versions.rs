//! The versions of a workflow: which there were, and an older one taken up again.

use flusso_engine::ids::{VersionId, WorkflowId};
use flusso_store::keys::version::{ACTIVATIONS, Activated, Version};
use flusso_store::table::TableError;

use super::Saved;
use crate::{App, AppError};

/// How often a change is tried against others.
const TRIES: u32 = 10;

/// A version of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionInfo {
    /// Which.
    pub version: VersionId,
    /// What is remembered of it.
    pub saved: Version,
    /// Whether it is active.
    pub active: bool,
    /// Whether it is the newest saved one.
    pub newest: bool,
    /// Its document; not in lists.
    pub source: String,
}

impl App {
    /// Every version of a workflow that was saved, the newest first, without their documents.
    pub async fn versions(&self, id: &str) -> Result<Vec<VersionInfo>, AppError> {
        let info = self.workflow(id).await?;
        let mut versions = self.repository.versions(&info.workflow).await?;
        versions.sort_by(|one, other| (other.1.saved_at, &other.0).cmp(&(one.1.saved_at, &one.0)));
        let infos = versions.into_iter().map(|(version, saved)| VersionInfo {
            active: info.active.as_ref().is_some_and(|active| active.version == version),
            newest: info.version.as_ref() == Some(&version),
            source: String::new(),
            version,
            saved,
        });
        Ok(infos.collect())
    }

    /// One version of a workflow, with its document.
    pub async fn version(&self, id: &str, version: &str) -> Result<VersionInfo, AppError> {
        let missing = || AppError::NotFound { what: "version", id: version.to_owned() };
        let versions = self.versions(id).await?;
        let found = versions.into_iter().find(|one| one.version.as_str() == version).ok_or_else(missing)?;
        let source = self.repository.definition(&found.saved.source).await?.ok_or_else(missing)?;
        Ok(VersionInfo { source, ..found })
    }

    /// Takes an older version up again: it is saved as the newest one, to be activated or edited.
    pub async fn restore_version(&self, id: &str, version: &str, by: &str) -> Result<Saved, AppError> {
        let found = self.version(id, version).await?;
        self.save_workflow(id, &found.source, by).await
    }

    /// Remembers that a version was activated.
    pub(crate) async fn note_activation(
        &self,
        workflow: &WorkflowId,
        version: &VersionId,
        by: &str,
    ) -> Result<(), AppError> {
        let at = self.now();
        for _ in 0..TRIES {
            let Some((mut saved, revision)) = self.repository.saved_version(workflow, version).await? else {
                break;
            };
            saved.activated.push(Activated { at, by: by.into() });
            let most = saved.activated.len().saturating_sub(ACTIVATIONS);
            saved.activated.drain(..most);
            match self.repository.save_version(workflow, version, &saved, Some(revision)).await {
                Err(TableError::Conflict(_) | TableError::Unknown(_)) => {}
                other => {
                    other?;
                    break;
                }
            }
        }
        self.change_draft(workflow, |draft| draft.was_active = true).await
    }

    /// Changes the record of a workflow.
    pub(crate) async fn change_draft(
        &self,
        workflow: &WorkflowId,
        change: impl Fn(&mut flusso_store::keys::draft::Draft) + Send,
    ) -> Result<(), AppError> {
        for _ in 0..TRIES {
            let (draft, revision) = self.draft(workflow).await?;
            let mut next = draft.clone();
            change(&mut next);
            if next == draft {
                return Ok(());
            }
            match self.repository.save_draft(workflow, &next, Some(revision)).await {
                Err(TableError::Conflict(_) | TableError::Unknown(_)) => {}
                other => return Ok(other?),
            }
        }
        Err(AppError::Unavailable("the workflow is being saved by others".to_owned()))
    }
}
