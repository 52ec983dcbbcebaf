//! Putting people into a workflow: one contact at once, many by a job.

use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::definitions::Definitions;
use flusso_engine::event::{Event, JOB};
use flusso_engine::ids::{ContactId, EnrollmentId, JobId, WorkflowId};
use flusso_engine::limits;
use flusso_engine::react::Input;
use flusso_engine::time::Instant;
use flusso_engine::timeline::{Line, What};
use flusso_engine::triggers::started::REQUESTED;
use flusso_store::keys::job::{Job, Over, Task};
use serde_json::{Map, Value};

use super::chunk::Worked;
use crate::accept::body_hash;
use crate::apply::{Applied, CONFLICTS, Progress};
use crate::ports::queue::Lane;
use crate::workflows::people::decided;
use crate::{App, AppError};

/// Most contacts of one request.
pub const MOST_CONTACTS: usize = 1_000;

/// What came of putting a contact into a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entered {
    /// It is inside.
    Enrolled(EnrollmentId),
    /// The workflow did not admit it: a code.
    Ignored(String),
    /// It has too much to do at the moment; it will be seen when it comes to this.
    Later,
}

/// What came of putting people into a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enrolled {
    /// A job does it.
    Job(JobId),
    /// One contact, at once.
    One(ContactId, Entered),
}

impl App {
    /// Puts a contact into a workflow, at once. With an idempotency key, the same call does nothing more.
    pub async fn enroll(
        &self,
        workflow: &str,
        contact: &str,
        data: Map<String, Value>,
        caller: &str,
        key: Option<&str>,
    ) -> Result<Enrolled, AppError> {
        let (mut definitions, workflow) = self.open_workflow(workflow, &data).await?;
        let contact = ContactId::new(contact);
        // Events of the same caller may have the same key.
        let id = key.map_or_else(|| self.ports.tokens.token(), |key| format!("enroll-{key}"));
        let event = requested(caller.into(), id.into(), &workflow, &data, self.now());
        let told = self.tell(Lane::Fast, &mut definitions, &contact, event, |_| true).await?;
        let Some((contact, revision)) = told else {
            return Err(AppError::NotFound { what: "contact", id: contact.to_string() });
        };
        let entered = self.entered(&contact, revision, &workflow).await?;
        Ok(Enrolled::One(contact.id, entered))
    }

    /// Puts many contacts into a workflow, by a job.
    pub async fn enroll_all(
        &self,
        workflow: &str,
        over: Over,
        data: Map<String, Value>,
        caller: &str,
        key: Option<&str>,
    ) -> Result<Enrolled, AppError> {
        let (definitions, workflow) = self.open_workflow(workflow, &data).await?;
        check_over(&over, &definitions)?;
        let named = key.map(|key| (caller, key));
        let task = Task::Enroll { workflow, data, name: "".into(), per_hour: 0 };
        let job = self.begin_job(task, over, caller, named).await?;
        Ok(Enrolled::Job(job))
    }

    /// The workflow, if it is active, and takes these values.
    pub(super) async fn open_workflow(
        &self,
        workflow: &str,
        data: &Map<String, Value>,
    ) -> Result<(Arc<Definitions>, WorkflowId), AppError> {
        let definitions = self.definitions().await?;
        let id = WorkflowId::new(workflow);
        if !definitions.workflows.contains_key(&id) {
            self.workflow(workflow).await?;
            let message = format!("the workflow `{workflow}` is not active; activate it first");
            return Err(AppError::Conflict { code: "workflow_not_active", message });
        }
        if serde_json::to_string(data).map_or(0, |text| text.len()) > limits::VARIABLE_BYTES {
            let message =
                format!("the values that an enrollment keeps have {} bytes at most", limits::VARIABLE_BYTES);
            return Err(AppError::invalid("data", "data.size", message));
        }
        Ok((definitions, id))
    }

    pub(crate) async fn enroll_one(
        &self,
        definitions: &mut Arc<Definitions>,
        id: &JobId,
        job: &Job,
        contact: &ContactId,
        workflow: &WorkflowId,
        data: &Map<String, Value>,
    ) -> Result<Worked, AppError> {
        let event = requested(super::source(id), contact.as_str().into(), workflow, data, job.created_at);
        let named = matches!(job.over, Over::Contacts { .. });
        let is_meant = |contact: &Contact| job.means(contact) && (named || contact.is_shown());
        let told = self.tell(Lane::Bulk, definitions, contact, event, is_meant).await?;
        let Some((contact, revision)) = told else {
            // Somebody named it; a row of an index may have been left of one that is gone, or is no member any more.
            return Ok(if named { Err("contact_unknown".to_owned()) } else { Ok(Vec::new()) });
        };
        Ok(match self.entered(&contact, revision, workflow).await? {
            Entered::Ignored(reason) => Err(reason),
            Entered::Enrolled(_) | Entered::Later => Ok(Vec::new()),
        })
    }

    /// Has an event happen to a contact that there is and that is meant; the contact, and the revision that the event
    /// made, now or before.
    pub(crate) async fn tell(
        &self,
        lane: Lane,
        definitions: &mut Arc<Definitions>,
        id: &ContactId,
        event: Event,
        is_meant: impl Fn(&Contact) -> bool + Send,
    ) -> Result<Option<(Contact, u64)>, AppError> {
        let key = [(event.source.clone(), event.id.clone())];
        let hash = body_hash(&event);
        for _ in 0..CONFLICTS {
            let contact = self.repository.contact(id).await?;
            // What a job asks of a contact, it asks of the one into which that was merged by itself.
            if !contact.is_there() || contact.id != *id && event.source.starts_with(JOB) {
                return Ok(None);
            }
            let (receipts, _) = self.repository.lookup(&key, &[]).await?;
            if let Some(receipt) = receipts.into_iter().flatten().next() {
                if receipt.body_hash != hash || receipt.contact != *id && receipt.contact != contact.id {
                    let message = format!("the id `{}` was used for something else", event.id);
                    return Err(AppError::Conflict { code: "id_reused", message });
                }
                self.act_by(lane, &contact).await?;
                return Ok(Some((contact, receipt.revision)));
            }
            if !is_meant(&contact) {
                return Ok(None);
            }
            let receipt = Some((event.source.clone(), event.id.clone(), hash.clone()));
            let input = Input::Event { event: event.clone(), taken: Vec::new() };
            let inputs = vec![Applied { input, receipt }];
            if let Progress::Done(contact) = self.apply_by(lane, definitions, contact, inputs).await? {
                let revision = contact.state.revision;
                return Ok(Some((*contact, revision)));
            }
        }
        Err(AppError::Unavailable("the contact changes too fast".to_owned()))
    }

    /// What the reaction that made a revision says.
    pub(crate) async fn lines_of(&self, contact: &Contact, revision: u64) -> Result<Vec<Line>, AppError> {
        let before = (revision + 1).to_string();
        let page = self.repository.own_timeline(contact, Some(&before), 1).await?;
        let entry = page.items.first().filter(|entry| entry.revision == revision);
        Ok(entry.map(|entry| entry.lines.clone()).unwrap_or_default())
    }

    /// What the reaction that made a revision says of entering a workflow.
    async fn entered(
        &self,
        contact: &Contact,
        revision: u64,
        workflow: &WorkflowId,
    ) -> Result<Entered, AppError> {
        Ok(entered(&self.lines_of(contact, revision).await?, workflow))
    }
}

/// What the lines of a reaction say of entering a workflow.
pub(super) fn entered(lines: &[Line], workflow: &WorkflowId) -> Entered {
    let mut of_workflow = lines.iter().filter(|line| line.workflow.as_ref() == Some(workflow));
    let entered = of_workflow.find_map(|line| match &line.what {
        What::Enrolled { enrollment, .. } => Some(Entered::Enrolled(enrollment.clone())),
        What::Ignored { reason } => Some(Entered::Ignored(reason.clone())),
        What::Halted => Some(Entered::Ignored("loop".to_owned())),
        _ => None,
    });
    entered.unwrap_or(Entered::Later)
}

/// Refuses a segment that there is not, and too many contacts or none.
pub(crate) fn check_over(over: &Over, definitions: &Definitions) -> Result<(), AppError> {
    match over {
        Over::Segment { name } if !definitions.segments.contains_key(name) => {
            Err(AppError::NotFound { what: "segment", id: name.to_string() })
        }
        Over::Contacts { contacts } if contacts.is_empty() || contacts.len() > MOST_CONTACTS => {
            let message = format!("{} contacts; a request names 1 to {MOST_CONTACTS}", contacts.len());
            Err(AppError::invalid("contacts", "contacts.size", message))
        }
        _ => Ok(()),
    }
}

/// The event by which a contact is put into a workflow.
pub(crate) fn requested(
    source: Arc<str>,
    id: Arc<str>,
    workflow: &WorkflowId,
    data: &Map<String, Value>,
    at: Instant,
) -> Event {
    let mut data = data.clone();
    data.insert("workflow".to_owned(), workflow.as_str().into());
    decided(&source, &id, REQUESTED, data, at)
}
