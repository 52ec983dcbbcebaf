//! Taking people in who match already when a workflow is activated: the members of a segment, or those who had an event
//! lately that would have had them enter. Counted before it is done, by the very reaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::definitions::Definitions;
use flusso_engine::ids::{ContactId, JobId, WorkflowId};
use flusso_engine::react::{self, Input, is_command};
use flusso_engine::time::{Instant, Millis};
use flusso_engine::timeline::{Line, What};
use flusso_engine::workflow::Program;
use flusso_store::keys::job::{Cursor, Job, Task};
use serde_json::{Map, Value};

use super::activate::{TakeIn, taking_in};
use crate::jobs::{Worked, requested};
use crate::{App, AppError};

/// Most people whom a preview names.
const NAMED: usize = 100;
/// Contacts that are worked on between two looks at the clock.
const AT_ONCE: usize = 50;
/// Whoever asks is not kept waiting for longer.
const LASTS: Millis = Millis::seconds(20);
/// Records that are read at once.
const PAGE: usize = 50;

/// Who would be taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intake {
    /// How many would enter.
    pub entering: u64,
    /// Those who match and would not enter, by reason.
    pub ignored: BTreeMap<String, u64>,
    /// Some of those who would enter: who, and their name.
    pub people: Vec<(ContactId, String)>,
    /// Whether everybody was counted; else it took too long.
    pub complete: bool,
}

impl App {
    /// Who would be taken in by these definitions, in which the workflow is active. Nobody is.
    pub(super) async fn foresee_intake(
        &self,
        definitions: &mut Arc<Definitions>,
        workflow: &WorkflowId,
        whom: &TakeIn,
    ) -> Result<Intake, AppError> {
        let began = self.now();
        let mut told = Intake { complete: true, ..Intake::default() };
        let (task, over) = taking_in(workflow, whom, began, definitions);
        let mut next = Some(Cursor::default());
        while let Some(from) = next {
            if self.now().since(began) > LASTS {
                told.complete = false;
                break;
            }
            let (some, after) = self.repository.walk(&over, &from, AT_ONCE).await?;
            for id in some {
                let contact = self.repository.contact_itself(&id).await?;
                if !contact.is_shown() || !over.has(&contact) {
                    continue;
                }
                let data = match &task {
                    Task::TakeIn { since, .. } => {
                        self.newest_match(definitions, &contact, workflow, *since).await?
                    }
                    _ => Some(Map::new()),
                };
                let Some(data) = data else { continue };
                let event = requested("preview".into(), "preview".into(), workflow, &data, began);
                let input = Input::Event { event, taken: Vec::new() };
                let lines = self.imagine(definitions, &contact, &input, began).await?.1;
                told.take(&contact, workflow, &lines);
            }
            next = after;
        }
        Ok(told)
    }

    /// Takes one contact in, if it had such an event.
    pub(crate) async fn take_in_one(
        &self,
        definitions: &mut Arc<Definitions>,
        (id, job): (&JobId, &Job),
        contact: &ContactId,
        workflow: &WorkflowId,
        since: Instant,
    ) -> Result<Worked, AppError> {
        let known = self.repository.contact(contact).await?;
        let Some(data) = self.newest_match(definitions, &known, workflow, since).await? else {
            return Ok(Ok(Vec::new()));
        };
        match self.enroll_one(definitions, id, job, contact, workflow, &data).await {
            // The chunk is done again, and meanwhile another event is the newest: it was taken in for the one before.
            Err(AppError::Conflict { code: "id_reused", .. }) => Ok(Ok(Vec::new())),
            worked => worked,
        }
    }

    /// The values of the newest event since an instant that would have had the contact enter.
    async fn newest_match(
        &self,
        definitions: &Definitions,
        contact: &Contact,
        workflow: &WorkflowId,
        since: Instant,
    ) -> Result<Option<Map<String, Value>>, AppError> {
        let Some(active) = definitions.workflows.get(workflow) else { return Ok(None) };
        let program: &Program = &active.program;
        let mut cursor = None;
        loop {
            let page = self.repository.timeline(contact, cursor.as_deref(), PAGE).await?;
            for entry in &page.items {
                if entry.now < since {
                    return Ok(None);
                }
                let Input::Event { event, .. } = &entry.input else { continue };
                if event.begins_at() >= since
                    && !is_command(&event.kind)
                    && react::would_fire(definitions, contact, program, event, self.now())
                {
                    return Ok(Some(event.data.clone()));
                }
            }
            cursor = page.cursor;
            if cursor.is_none() {
                return Ok(None);
            }
        }
    }
}

impl Intake {
    fn take(&mut self, contact: &Contact, workflow: &WorkflowId, lines: &[Line]) {
        let mut own = lines.iter().filter(|line| line.workflow.as_ref() == Some(workflow));
        let became = own.find_map(|line| match &line.what {
            What::Enrolled { .. } => Some(None),
            What::Ignored { reason } => Some(Some(reason.clone())),
            What::Halted => Some(Some("loop".to_owned())),
            _ => None,
        });
        match became {
            Some(None) => {
                self.entering += 1;
                if self.people.len() < NAMED {
                    self.people.push((contact.id.clone(), contact.profile.display_name()));
                }
            }
            Some(Some(reason)) => *self.ignored.entry(reason).or_default() += 1,
            // It has too much to do at the moment, and enters when it comes to this.
            None => self.entering += 1,
        }
    }
}
