//! Jobs, the contacts that they go over, and the schedules that make them.

use flusso_engine::ids::{ContactId, JobId, WorkflowId};
use flusso_engine::time::Instant;

use super::{Listed, Repository};
use crate::codec::{row, value};
use crate::keys::chosen::{self, Chosen, ChosenRow};
use crate::keys::job::{self, Cursor, Job, JobRow, KEPT, Over};
use crate::keys::job_failure::{self, JobFailure, JobFailureRow};
use crate::keys::job_key::{self, JobKeyRow};
use crate::keys::labels::{self, Counted, LabelsRow};
use crate::keys::open_job::{self, OpenJob, OpenJobRow};
use crate::keys::position::{self, PositionRow};
use crate::keys::scheduled::{self, Scheduled, ScheduledRow};
use crate::keys::{directory, list, member};
use crate::table::{Direction, List, TableError, When, Write};

/// A time of a schedule that is made into a job: what moves with it.
#[derive(Clone, Debug)]
pub struct Occurred<'o> {
    /// The workflow.
    pub workflow: &'o WorkflowId,
    /// The key of its schedule.
    pub schedule: &'o str,
    /// Every time up to here has its job then.
    pub through: Instant,
    /// The revision at which that was read; none if there was nothing.
    pub revision: Option<u64>,
}

impl Repository {
    /// Begins a job. If `named`, the caller and its idempotency key, it is the only one of that name.
    pub async fn begin_job(
        &self,
        id: &JobId,
        job: &Job,
        named: Option<(&str, &str)>,
    ) -> Result<(), TableError> {
        let mut writes = begins(id, job)?;
        if let Some((caller, given)) = named {
            let mut row = row::<JobKeyRow>(job_key::key(caller, given), 1, id)?;
            row.expires_at = Some(job.created_at + KEPT);
            writes.push(Write::put(row, When::Absent));
        }
        self.table.commit(writes).await
    }

    /// Begins the job of a time of a schedule, and moves that on: both, or, if somebody was quicker, neither.
    pub async fn begin_occurrence(
        &self,
        id: &JobId,
        job: &Job,
        occurred: &Occurred<'_>,
    ) -> Result<(), TableError> {
        let key = scheduled::key(occurred.workflow, occurred.schedule);
        let next = occurred.revision.map_or(1, |revision| revision + 1);
        let row = row::<ScheduledRow>(key, next, &Scheduled { through: occurred.through })?;
        let mut writes = begins(id, job)?;
        writes.push(Write::put(row, occurred.revision.map_or(When::Absent, When::Revision)));
        self.table.commit(writes).await
    }

    /// Up to when the times of a schedule have their jobs, and the revision of that record.
    pub async fn scheduled_through(
        &self,
        workflow: &WorkflowId,
        schedule: &str,
    ) -> Result<Option<(Instant, u64)>, TableError> {
        let found = self.get::<ScheduledRow>(scheduled::key(workflow, schedule)).await?;
        Ok(found.map(|(scheduled, revision)| (scheduled.through, revision)))
    }

    /// A job and its revision.
    pub async fn job(&self, id: &JobId) -> Result<Option<(Job, u64)>, TableError> {
        self.get::<JobRow>(job::key(id)).await
    }

    /// The job that a request with this idempotency key made.
    pub async fn job_named(&self, caller: &str, given: &str) -> Result<Option<JobId>, TableError> {
        Ok(self.get::<JobKeyRow>(job_key::key(caller, given)).await?.map(|(id, _)| id))
    }

    /// Changes a job that was read at `revision`, with what failed in the meantime.
    pub async fn change_job(
        &self,
        id: &JobId,
        job: &Job,
        revision: u64,
        failures: &[(ContactId, String)],
    ) -> Result<(), TableError> {
        let mut row_of_job = row::<JobRow>(job::key(id), revision + 1, job)?;
        row_of_job.expires_at = job.ended_at.map(|at| at + KEPT);
        let mut writes = vec![Write::put(row_of_job, When::Revision(revision))];
        if job.state.is_over() {
            writes.push(Write::delete(open_job::key(id), When::Any));
        }
        for (contact, reason) in failures {
            let failure = JobFailure { reason: reason.clone(), at: job.changed_at };
            let mut row = row::<JobFailureRow>(job_failure::key(id, contact), 1, &failure)?;
            row.expires_at = Some(job.changed_at + KEPT);
            writes.push(Write::put(row, When::Any));
        }
        self.table.commit(writes).await
    }

    /// Keeps who was chosen when a job began. What is kept already stays.
    pub async fn choose(&self, choice: &str, contacts: &[ContactId], now: Instant) -> Result<(), TableError> {
        let rows = contacts.iter().map(|contact| {
            let mut row = row::<ChosenRow>(chosen::key(choice, contact), 1, &Chosen {})?;
            row.expires_at = Some(now + KEPT);
            Ok((row, When::Any))
        });
        let rows = rows.collect::<Result<Vec<_>, TableError>>()?;
        for some in rows.chunks(100) {
            self.table.put_all(some.to_vec()).await?;
        }
        Ok(())
    }

    /// What tags, lists and fields were counted last.
    pub async fn labels(&self) -> Result<Option<Counted>, TableError> {
        Ok(self.get::<LabelsRow>(labels::key()).await?.map(|(counted, _)| counted))
    }

    /// Keeps what was counted, unless a count that began later is there.
    pub async fn keep_labels(&self, counted: &Counted) -> Result<(), TableError> {
        let began = u64::try_from(counted.at.millis()).unwrap_or_default();
        let row = row::<LabelsRow>(labels::key(), began, counted)?;
        self.table.put_all(vec![(row, When::Older(began))]).await
    }

    /// All jobs, the newest first, one page.
    pub async fn jobs(
        &self,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed<(JobId, Job)>, TableError> {
        let list = List { cursor, direction: Direction::Backward, ..List::all(job::PARTITION, limit) };
        let page = self.page::<JobRow>(&list).await?;
        let items = page.items.into_iter().map(|(sort, job)| (JobId::new(sort), job));
        Ok(Listed { items: items.collect(), cursor: page.cursor })
    }

    /// The jobs that have not ended.
    pub async fn open_jobs(&self) -> Result<Vec<JobId>, TableError> {
        let rows = self.all(List::all(open_job::PARTITION, 100)).await?;
        Ok(rows.into_iter().map(|row| JobId::new(row.key.sort)).collect())
    }

    /// The contacts with which a job failed, one page.
    pub async fn job_failures(
        &self,
        id: &JobId,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed<(ContactId, JobFailure)>, TableError> {
        let list = List { cursor, ..List::all(job_failure::partition(id), limit) };
        let page = self.page::<JobFailureRow>(&list).await?;
        let items = page.items.into_iter().map(|(sort, failure)| (ContactId::new(sort), failure));
        Ok(Listed { items: items.collect(), cursor: page.cursor })
    }

    /// Some contacts as the index states them, from a place on, and the place after them; none at the end. Verify
    /// each against its own rows.
    pub async fn walk(
        &self,
        over: &Over,
        from: &Cursor,
        most: usize,
    ) -> Result<(Vec<ContactId>, Option<Cursor>), TableError> {
        let partition = match over {
            Over::All => directory::partition(from.shard),
            Over::Segment { name } => member::partition(name, from.shard),
            Over::List { name } => list::partition(name, from.shard),
            Over::Chosen { choice, .. } => chosen::partition(choice),
            Over::Inside { workflow } => position::partition(workflow, from.shard),
            Over::Rows => return Ok((Vec::new(), None)),
            Over::Contacts { contacts } => {
                let at = from.after.as_ref().and_then(|after| after.parse().ok()).unwrap_or(0);
                let next = contacts.len().min(at + most);
                let some = contacts.get(at..next).unwrap_or_default().to_vec();
                let cursor = Cursor { shard: 0, after: Some(next.to_string()) };
                return Ok((some, (next < contacts.len()).then_some(cursor)));
            }
        };
        let shards = match over {
            Over::Segment { .. } => member::SHARDS,
            Over::List { .. } => list::SHARDS,
            Over::Inside { .. } => position::SHARDS,
            Over::Chosen { .. } => 1,
            _ => directory::SHARDS,
        };
        if from.shard >= shards {
            return Ok((Vec::new(), None));
        }
        let page =
            self.table.list(&List { cursor: from.after.clone(), ..List::all(partition, most) }).await?;
        let some = match over {
            // Somebody may be inside more than once.
            Over::Inside { .. } => {
                let inside = page.rows.iter().map(|row| Ok(value::<PositionRow>(row)?.contact));
                inside.collect::<Result<Vec<_>, TableError>>()?
            }
            _ => page.rows.into_iter().map(|row| ContactId::new(row.key.sort)).collect(),
        };
        let next = match page.cursor {
            Some(cursor) => Some(Cursor { shard: from.shard, after: Some(cursor) }),
            None => (from.shard + 1 < shards).then(|| Cursor { shard: from.shard + 1, after: None }),
        };
        Ok((some, next))
    }
}

/// The writes by which a job begins.
pub(super) fn begins(id: &JobId, job: &Job) -> Result<Vec<Write>, TableError> {
    let open = OpenJob { since: job.created_at };
    Ok(vec![
        Write::put(row::<JobRow>(job::key(id), 1, job)?, When::Absent),
        Write::put(row::<OpenJobRow>(open_job::key(id), 1, &open)?, When::Any),
    ])
}
