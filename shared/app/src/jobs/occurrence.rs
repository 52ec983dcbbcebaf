//! A time of a workflow's schedule: each contact is told that it has come, and decides for itself.

use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::definitions::Definitions;
use flusso_engine::event::{Event, Trust};
use flusso_engine::ids::{ContactId, JobId, WorkflowId};
use flusso_engine::time::Instant;
use flusso_engine::triggers::schedule::DUE;
use serde_json::json;

use super::chunk::Worked;
use crate::ports::queue::Lane;
use crate::{App, AppError};

/// What a contact is told of a time of a schedule: its workflow, how it is written, and which of its times.
pub(super) fn event(
    job: &JobId,
    contact: &ContactId,
    (workflow, schedule, occurrence): (&WorkflowId, &str, &str),
    at: Instant,
) -> Event {
    let data = json!({ "workflow": workflow.as_str(), "schedule": schedule, "occurrence": occurrence });
    Event {
        source: super::source(job),
        id: contact.as_str().into(),
        kind: DUE.into(),
        occurred_at: at,
        received_at: at,
        data: data.as_object().cloned().unwrap_or_default(),
        trust: Trust::Trusted,
        ..Event::default()
    }
}

impl App {
    pub(super) async fn tell_schedule(
        &self,
        definitions: &mut Arc<Definitions>,
        contact: &ContactId,
        event: Event,
    ) -> Result<Worked, AppError> {
        // Whether it is meant depends on its own clock: that is its own to decide.
        self.tell(Lane::Bulk, definitions, contact, event, Contact::is_shown).await.map(|_| Ok(Vec::new()))
    }
}
