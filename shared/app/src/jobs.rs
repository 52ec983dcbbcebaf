//! Jobs: what is done to many contacts, chunk by chunk. The row of a job says how far it has come; a message in the queue
//! of jobs only says that it can be gone on with, and at which revision of that row. Whatever a chunk does to a contact
//! has an id that is derived from job and contact, so that a chunk that is done again changes nothing.

mod chunk;
mod count;
mod deals;
mod enroll;
mod look;
mod occurrence;
mod people;
mod preview;
mod tell;

use std::sync::Arc;

use flusso_engine::event::JOB;
use flusso_engine::ids::{ContactId, JobId};
use flusso_engine::time::Millis;
use flusso_store::keys::job::{Job, JobState, Over, Task};
use flusso_store::keys::job_failure::JobFailure;
use flusso_store::repository::Listed;
use flusso_store::table::TableError;

use crate::events::Outcomes;
use crate::ports::queue::{Delivery, LONGEST_DELAY, Lane, QueueName};
use crate::queued::{Message, Unreadable};
use crate::{App, AppError};

pub(crate) use chunk::{LASTS, Worked};
pub use enroll::{Enrolled, Entered, MOST_CONTACTS};
pub(crate) use enroll::{check_over, requested};
pub use preview::BulkPreview;
pub use tell::{Bulk, BulkAct};

/// A delivery that fails this often is parked.
const TRIES: u32 = 10;
/// A job on which nobody has worked for so long has lost its message: longer than a function may be at a batch of chunks.
const STALLED: Millis = Millis::minutes(10);
/// How often a change of a job is tried against others.
const CHANGES: u32 = 10;

impl App {
    /// Begins a job. With `named`, the caller and its idempotency key, the same call gives the same job.
    pub(crate) async fn begin_job(
        &self,
        task: Task,
        over: Over,
        started_by: &str,
        named: Option<(&str, &str)>,
    ) -> Result<JobId, AppError> {
        if let Some((caller, given)) = named
            && let Some(known) = self.repository.job_named(caller, given).await?
        {
            return Ok(known);
        }
        let now = self.now();
        let id = match named {
            Some((caller, given)) => JobId::derive(now, &["named", caller, given]),
            None => JobId::derive(now, &["token", &self.ports.tokens.token()]),
        };
        match self.repository.begin_job(&id, &Job::new(task, over, started_by, now), named).await {
            Ok(()) => {}
            Err(error @ (TableError::Conflict(_) | TableError::Unknown(_))) => {
                let known = match named {
                    Some((caller, given)) => self.repository.job_named(caller, given).await?,
                    None => self.repository.job(&id).await?.map(|_| id.clone()),
                };
                return known.ok_or_else(|| error.into());
            }
            Err(error) => return Err(error.into()),
        }
        self.announce_job(&id, 1).await?;
        Ok(id)
    }

    /// Says that a job can be gone on with.
    pub(crate) async fn announce_job(&self, id: &JobId, revision: u64) -> Result<(), AppError> {
        self.announce_job_in(id, revision, Millis(0)).await
    }

    /// The same, for after a while.
    async fn announce_job_in(&self, id: &JobId, revision: u64, rest: Millis) -> Result<(), AppError> {
        let message = Message::Chunk { job: id.clone(), revision };
        Ok(self.ports.queue.send(vec![message.to(Lane::Bulk, rest.min(LONGEST_DELAY))]).await?)
    }

    /// Works off a batch of the queue of jobs.
    pub async fn handle_jobs(&self, deliveries: Vec<Delivery>) -> Outcomes {
        let mut results = Vec::new();
        for delivery in deliveries {
            let done = match Message::decode(&delivery.body) {
                Ok(Message::Chunk { job, revision }) => self.chunk(&job, revision, delivery.receives).await,
                Ok(Message::Schedule { workflow }) => self.run_schedules(&workflow).await.map(|_| ()),
                Err(Unreadable::Newer) => Err(AppError::Unavailable("a newer format".to_owned())),
                Ok(_) | Err(Unreadable::Broken) => {
                    let parked = self.park_delivery(QueueName::Jobs, &delivery, "unreadable").await;
                    results.push((delivery.id, parked));
                    continue;
                }
            };
            let result = match done {
                Err(_) if delivery.receives >= TRIES => {
                    self.park_delivery(QueueName::Jobs, &delivery, "job_failed").await
                }
                other => other.map_err(|error| error.to_string()),
            };
            results.push((delivery.id, result));
        }
        results
    }

    /// Has a job remove the files that are old: one a day.
    pub(crate) async fn begin_clearing(&self) -> Result<(), AppError> {
        let day = (self.now().minute() / (24 * 60)).to_string();
        self.begin_job(Task::Clear, Over::Rows, "account", Some(("clear", &day))).await.map(drop)
    }

    /// Has every job go on that has lost its message.
    pub(crate) async fn sweep_jobs(&self) -> Result<(), AppError> {
        for id in self.repository.open_jobs().await? {
            let Some((job, revision)) = self.repository.job(&id).await? else { continue };
            if job.state == JobState::Running && self.now().since(job.changed_at) > STALLED {
                self.announce_job(&id, revision).await?;
            }
        }
        Ok(())
    }

    /// All jobs, the newest first, one page.
    pub async fn jobs(&self, cursor: Option<String>, limit: usize) -> Result<Listed<(JobId, Job)>, AppError> {
        Ok(self.repository.jobs(cursor, limit).await?)
    }

    /// A job.
    pub async fn job(&self, id: &str) -> Result<Job, AppError> {
        Ok(self.known_job(&JobId::new(id)).await?.0)
    }

    /// The contacts with which a job failed, each with the reason, one page.
    pub async fn job_failures(
        &self,
        id: &str,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed<(ContactId, JobFailure)>, AppError> {
        let id = JobId::new(id);
        self.known_job(&id).await?;
        Ok(self.repository.job_failures(&id, cursor, limit).await?)
    }

    /// Has a job stand still. A chunk that is under way may end, and is done again when the job goes on.
    pub async fn pause_job(&self, id: &str) -> Result<Job, AppError> {
        self.set_job(id, JobState::Paused).await
    }

    /// Has a job that stands still go on.
    pub async fn resume_job(&self, id: &str) -> Result<Job, AppError> {
        self.set_job(id, JobState::Running).await
    }

    /// Ends a job where it is. What it has done stays done.
    pub async fn cancel_job(&self, id: &str) -> Result<Job, AppError> {
        self.set_job(id, JobState::Cancelled).await
    }

    async fn set_job(&self, id: &str, state: JobState) -> Result<Job, AppError> {
        let id = JobId::new(id);
        for _ in 0..CHANGES {
            let (mut job, revision) = self.known_job(&id).await?;
            if job.state == state {
                return Ok(job);
            }
            if job.state.is_over() {
                let message = format!("the job has ended: it is {}", job.state.as_str());
                return Err(AppError::Conflict { code: "job_ended", message });
            }
            if matches!(job.task, Task::Erase { .. }) {
                let message = "erasing somebody can't be halted: half of it may be done";
                return Err(AppError::Conflict { code: "erasure.final", message: message.to_owned() });
            }
            job.state = state;
            job.changed_at = self.now();
            job.ended_at = state.is_over().then_some(job.changed_at);
            match self.repository.change_job(&id, &job, revision, &[]).await {
                Ok(()) if state == JobState::Running => {
                    self.announce_job(&id, revision + 1).await?;
                    return Ok(job);
                }
                Ok(()) => return Ok(job),
                Err(TableError::Conflict(_) | TableError::Unknown(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AppError::Unavailable("the job changes too fast".to_owned()))
    }

    async fn known_job(&self, id: &JobId) -> Result<(Job, u64), AppError> {
        let found = self.repository.job(id).await?;
        found.ok_or_else(|| AppError::NotFound { what: "job", id: id.to_string() })
    }
}

/// The source of what a job does to a contact: with the contact's id, what makes it count once.
fn source(job: &JobId) -> Arc<str> {
    format!("{JOB}{job}").into()
}
