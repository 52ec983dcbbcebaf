//! Saving a workflow's document: nothing changes for anybody until it is activated.

use std::sync::Arc;

use flusso_engine::ids::{WorkflowId, base32, digest};
use flusso_engine::limits;
use flusso_engine::workflow::{self, Compiled, Naming, Program, check};
use flusso_store::keys::draft::Draft;
use flusso_store::keys::version::Version;
use flusso_store::table::TableError;

use super::Saved;
use crate::{App, AppError};

/// How often it is tried against others.
const TRIES: u32 = 10;

impl App {
    /// Saves a workflow's document, by the operator of this program. It need not be finished, but it must be readable.
    pub async fn put_workflow(&self, id: &str, source: &str) -> Result<Saved, AppError> {
        self.save_workflow(id, source, "operator").await
    }

    /// Saves a workflow's document.
    pub async fn save_workflow(&self, id: &str, source: &str, by: &str) -> Result<Saved, AppError> {
        let workflow = WorkflowId::new(id);
        let definitions = self.definitions().await?;
        let hash = source_hash(source);
        let mut stored = false;
        for _ in 0..TRIES {
            let known = self.repository.draft(&workflow).await?;
            let (known, revision) =
                known.map_or((None, None), |(draft, revision)| (Some(draft), Some(revision)));
            let before = self.names_before(known.as_ref()).await?;
            let (program, mut compiled) = one_program(source, before.as_ref())?;
            if program.workflow != workflow {
                let message = format!(
                    "the document says `workflow: {}`, the address says `{id}`; make them equal",
                    program.workflow
                );
                return Err(AppError::invalid("workflow", "workflow.id", message));
            }
            if !stored {
                self.repository.put_definition(&hash, source).await?;
                stored = true;
            }
            self.store_version(&program, source, &mut compiled.naming).await?;
            let (mut known_steps, given) =
                known.as_ref().map(|draft| (draft.known_steps.clone(), draft.given)).unwrap_or_default();
            known_steps.extend(compiled.naming.steps.iter().map(|step| (step.id.clone(), step.number)));
            let draft = Draft {
                name: program.name.clone(),
                version: Some(program.version.clone()),
                source: hash.clone(),
                saved_at: self.now(),
                known_steps,
                given: given.max(compiled.naming.given),
                was_active: known.as_ref().is_some_and(|draft| draft.was_active),
                archived: false,
                campaign: known.as_ref().is_some_and(|draft| draft.campaign),
            };
            match self.repository.save_draft(&workflow, &draft, revision).await {
                Err(TableError::Conflict(_) | TableError::Unknown(_)) => continue,
                other => other?,
            }
            self.remember_version(&program, &hash, by).await?;
            let mut problems = compiled.problems;
            problems.extend(check::check(&program, &definitions));
            problems.extend(self.without_provider(&program));
            let (name, version) = (program.name.clone(), program.version.clone());
            return Ok(Saved { workflow, name, version, problems, jobs: Vec::new() });
        }
        Err(AppError::Unavailable("the workflow is being saved by others".to_owned()))
    }

    /// What the steps of a workflow are called so far; none if there is none yet.
    pub(crate) async fn names_before(&self, draft: Option<&Draft>) -> Result<Option<Naming>, AppError> {
        let Some(draft) = draft else { return Ok(None) };
        let mut names = match &draft.version {
            Some(version) => self.compiled(version).await?.naming,
            None => Naming::default(),
        };
        names.known.extend(draft.known_steps.iter().map(|(id, number)| (id.clone(), *number)));
        names.given = names.given.max(draft.given);
        Ok(Some(names))
    }

    /// Stores a version, if it is not there: its steps keep the names that they got when it was saved first.
    pub(crate) async fn store_version(
        &self,
        program: &Program,
        source: &str,
        naming: &mut Naming,
    ) -> Result<(), AppError> {
        if self.repository.definition(program.version.as_str()).await?.is_some() {
            *naming = self.compiled(&program.version).await?.naming;
            return Ok(());
        }
        let alone = workflow::compile(source).into_iter().next().map(|compiled| compiled.naming.steps);
        if alone.as_ref() != Some(&naming.steps) {
            let names = Naming { steps: naming.steps.clone(), ..Naming::default() };
            self.repository.put_names(&program.version, &names).await?;
        }
        Ok(self.repository.put_definition(program.version.as_str(), source).await?)
    }

    /// Keeps a version in the history of its workflow.
    async fn remember_version(&self, program: &Program, source: &str, by: &str) -> Result<(), AppError> {
        let (workflow, id) = (&program.workflow, &program.version);
        if self.repository.saved_version(workflow, id).await?.is_some() {
            return Ok(());
        }
        let version = Version {
            name: program.name.clone(),
            source: source.to_owned(),
            saved_at: self.now(),
            by: by.into(),
            activated: Vec::new(),
        };
        match self.repository.save_version(workflow, id, &version, None).await {
            // Somebody else saved the same.
            Err(TableError::Conflict(_)) => Ok(()),
            other => Ok(other?),
        }
    }
}

/// The hash under which a document lies as it was written.
pub(crate) fn source_hash(source: &str) -> String {
    format!("src_{}", base32(&digest(&["source", source]), 30))
}

/// The one workflow of a document, its steps called as those of the version before.
pub(crate) fn one_program(
    source: &str,
    before: Option<&Naming>,
) -> Result<(Arc<Program>, Compiled), AppError> {
    if source.len() > limits::SOURCE_BYTES {
        let message =
            format!("a workflow has at most {} bytes; this one has {}", limits::SOURCE_BYTES, source.len());
        return Err(AppError::invalid("workflow", "workflow.size", message));
    }
    let mut compiled = match before {
        Some(before) => workflow::compile_next(source, before),
        None => workflow::compile(source),
    };
    if compiled.len() != 1 {
        let message = format!("the document has {} workflows; save each by itself", compiled.len());
        return Err(AppError::invalid("workflow", "workflow.one", message));
    }
    let mut compiled = compiled.remove(0);
    match compiled.program.take() {
        Some(program) => Ok((program, compiled)),
        None => Err(AppError::Problems(compiled.problems)),
    }
}
