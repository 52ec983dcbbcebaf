//! Telling those inside a workflow what was decided about all of them: they go over to its active version, come back, or
//! leave.

use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::definitions::Definitions;
use flusso_engine::ids::{ContactId, JobId, WorkflowId};
use flusso_store::keys::job::{Job, Task};

use super::chunk::Worked;
use crate::ports::queue::Lane;
use crate::workflows::activate::People;
use crate::workflows::people::decided;
use crate::workflows::preview::{became, command};
use crate::{App, AppError};

impl App {
    pub(super) async fn tell_decision(
        &self,
        definitions: &mut Arc<Definitions>,
        id: &JobId,
        job: &Job,
        contact: &ContactId,
    ) -> Result<Worked, AppError> {
        let Some((kind, data)) = command(&job.task) else { return Ok(Ok(Vec::new())) };
        let source = super::source(id);
        let event = decided(&source, contact.as_str(), kind, data, job.created_at);
        let before = self.repository.contact(contact).await?;
        let is_meant = |contact: &Contact| job.over.has(contact);
        let told = self.tell(Lane::Bulk, definitions, contact, event, is_meant).await?;
        // A row of the index may have been left of one who is not inside any more.
        let Some((after, revision)) = told else { return Ok(Ok(Vec::new())) };
        if revision <= before.state.revision {
            // It was told already: somebody who is inside twice, or a chunk that is done again.
            return Ok(Ok(Vec::new()));
        }
        let became = outcomes(&job.task, &before, &after);
        Ok(match self.refused(&after, revision).await? {
            Some(reason) => Err(reason),
            None => Ok(became),
        })
    }
}

/// What became of the contact's enrollments, in the workflow if it is about one, by name.
fn outcomes(task: &Task, before: &Contact, after: &Contact) -> Vec<&'static str> {
    let (workflow, version, people): (Option<&WorkflowId>, _, _) = match task {
        Task::Migrate { workflow, version, .. } => (Some(workflow), Some(version), People::Migrate),
        Task::Leave { workflow } => (Some(workflow), None, People::Exit),
        Task::Revert { workflow } => (Some(workflow), None, People::Finish),
        Task::MoveWaits { .. } => (None, None, People::Finish),
        _ => return Vec::new(),
    };
    let is_meant = |one: &WorkflowId| workflow.is_none_or(|workflow| one == workflow);
    let inside = before.state.enrollments.iter().filter(|(_, one)| is_meant(&one.workflow));
    inside.map(|(id, was)| became(was, after.state.enrollments.get(id), version, people)).collect()
}
