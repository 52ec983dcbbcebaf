//! One chunk of a job: as many contacts as fit into a short time, then one commit of how far that came.

use std::sync::Arc;

use flusso_engine::condition::{Facets, Truth};
use flusso_engine::contact::{Contact, hidden};
use flusso_engine::definitions::Definitions;
use flusso_engine::event::Event;
use flusso_engine::ids::{ContactId, JobId};
use flusso_engine::time::{Instant, Millis};
use flusso_store::keys::job::{Cursor, Job, JobState, Over, Task};
use flusso_store::table::TableError;
use futures_util::future::join_all;

use super::tell::concerns;
use crate::failpoint::failpoint;
use crate::filter::{AT_ONCE as AT_ONCE_ASKED, Filter, Filtered};
use crate::{App, AppError};

/// Most contacts of a chunk: with the row of the job, their failures fit into one commit.
const CONTACTS: usize = 90;
/// Contacts that are worked on at once.
const AT_ONCE: usize = 10;
/// Contacts that are counted at once.
const COUNTED: usize = 1_000;
/// A chunk that has lasted so long ends: far below the time that its function has.
pub(crate) const LASTS: Millis = Millis::seconds(20);
/// A chunk in which contacts could not be worked on is done again so often; then they have failed.
const PATIENCE: u32 = 8;

/// What came of it for a contact, by names that are counted, or a code that says why nothing was done.
pub(crate) type Worked = Result<Vec<&'static str>, String>;

impl App {
    /// Goes on with a job, if nobody else has since this was announced.
    pub(super) async fn chunk(&self, id: &JobId, announced: u64, receives: u32) -> Result<(), AppError> {
        let Some((mut job, revision)) = self.repository.job(id).await? else { return Ok(()) };
        if job.state != JobState::Running {
            return Ok(());
        }
        if revision != announced {
            // Somebody went on. If it was this very message, the next one may have been lost.
            return if receives > 1 { self.announce_job(id, revision).await } else { Ok(()) };
        }
        if let Some(rest) = self.rest_of(&job) {
            return self.announce_job_in(id, revision, rest).await;
        }
        let definitions = self.definitions().await?;
        let mut failures = Vec::new();
        let began = self.now();
        match lost_its_meaning(&job, &definitions) {
            Some(reason) => {
                job.state = JobState::Failed;
                job.reason = Some(reason.to_owned());
            }
            None if matches!(job.task, Task::Erase { .. }) => self.erase_on(&mut job, &definitions).await?,
            None if matches!(job.task, Task::Count { .. }) => self.count_labels_on(&mut job, began).await?,
            None if matches!(job.task, Task::Import { .. }) => self.import_on(&mut job, began).await?,
            None if matches!(job.task, Task::Export { .. }) => self.export_on(&mut job, began).await?,
            None if matches!(job.task, Task::Clear) => {
                self.clear_files().await?;
                job.state = JobState::Done;
            }
            None => {
                self.count_on(&mut job, began).await?;
                if job.task == Task::Choose && job.counting.is_none() && job.state == JobState::Running {
                    (job.state, job.done, job.cursor) = (JobState::Done, job.of, None);
                } else if job.counting.is_none() && job.state == JobState::Running {
                    failures = self.work_on(id, &mut job, &definitions, began, receives).await?;
                }
            }
        }
        job.failed += failures.len() as u64;
        job.changed_at = self.now();
        job.ended_at = job.state.is_over().then_some(job.changed_at);
        failpoint("chunk-done");
        match self.repository.change_job(id, &job, revision, &failures).await {
            Ok(()) if job.state == JobState::Running => {
                let rest = self.rest_of(&job).unwrap_or(Millis(0));
                self.announce_job_in(id, revision + 1, rest).await
            }
            // Paused, ended, or gone on with by somebody else: what this chunk did counts for nothing there.
            Err(TableError::Conflict(_)) => Ok(()),
            Ok(()) => self.drop_imported(&job).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Counts whom the job goes over.
    async fn count_on(&self, job: &mut Job, began: Instant) -> Result<(), AppError> {
        while let Some(cursor) = job.counting.clone() {
            if self.now().since(began) > LASTS {
                break;
            }
            let (many, next) = match &job.over {
                Over::Chosen { choice, who } => {
                    let kind = match &job.task {
                        Task::Tell { kind, .. } => &**kind,
                        _ => "",
                    };
                    match self.choose(kind, (choice, who), &cursor, job.created_at).await {
                        // What it names was deleted meanwhile.
                        Err(AppError::Invalid { .. } | AppError::Problems(_)) => {
                            job.state = JobState::Failed;
                            job.reason = Some("filter_unreadable".to_owned());
                            return Ok(());
                        }
                        chosen => {
                            let (chosen, next) = chosen?;
                            if job.task == Task::Choose {
                                for (name, many) in [("seen", chosen.seen), ("unknown", chosen.unknown)] {
                                    *job.counts.entry(name.into()).or_default() += many;
                                }
                            }
                            (chosen.matches, next)
                        }
                    }
                }
                over => {
                    let (some, next) = self.repository.walk(over, &cursor, COUNTED).await?;
                    (some.len() as u64, next)
                }
            };
            job.of += many;
            job.counting = next;
        }
        Ok(())
    }

    /// Looks who of some contacts fulfils a condition, and keeps them: whoever does so later is not chosen, and whoever does
    /// not any more still is.
    async fn choose(
        &self,
        kind: &str,
        (choice, who): (&str, &str),
        from: &Cursor,
        now: Instant,
    ) -> Result<(Filtered, Option<Cursor>), AppError> {
        let definitions = self.definitions().await?;
        let filter = Filter::read(who, &definitions)?;
        let (some, next) = self.repository.walk(&Over::All, from, AT_ONCE_ASKED).await?;
        // How somebody is hidden is told by the state alone.
        let besides = if hidden::KINDS.contains(&kind) { Facets::ALL } else { Facets::NONE };
        let is_meant = |one: &Contact| concerns(kind, one);
        let truths = self.ask((&filter, besides), &some, &definitions, (now, is_meant)).await?;
        let count = |truth: Option<Truth>| truths.iter().filter(|one| **one == truth).count() as u64;
        let mut filtered = Filtered { unknown: count(Some(Truth::Unknown)), ..Filtered::default() };
        filtered.seen = truths.len() as u64 - count(None);
        let chosen = some.into_iter().zip(&truths).filter(|(_, truth)| **truth == Some(Truth::Yes));
        let chosen: Vec<ContactId> = chosen.map(|(contact, _)| contact).collect();
        filtered.matches = chosen.len() as u64;
        self.repository.choose(choice, &chosen, now).await?;
        Ok((filtered, next))
    }

    /// Does to some contacts what the job does; those with which it failed.
    async fn work_on(
        &self,
        id: &JobId,
        job: &mut Job,
        definitions: &Arc<Definitions>,
        began: Instant,
        receives: u32,
    ) -> Result<Vec<(ContactId, String)>, AppError> {
        let mut failures = Vec::new();
        let pace = job.task.pace();
        let mut room = pace.map_or(CONTACTS, |(some, _)| some);
        while let Some(cursor) = job.cursor.clone().filter(|_| room > 0) {
            if self.now().since(began) > LASTS {
                return Ok(failures);
            }
            let (some, next) = self.repository.walk(&job.over, &cursor, AT_ONCE.min(room)).await?;
            let worked = some.iter().map(|contact| self.work_at(id, job, definitions, contact));
            let worked = join_all(worked).await;
            for (contact, worked) in some.into_iter().zip(worked) {
                job.done += 1;
                room -= 1;
                match worked {
                    Ok(Ok(outcomes)) => {
                        for outcome in outcomes {
                            *job.counts.entry(outcome.into()).or_default() += 1;
                        }
                    }
                    Ok(Err(reason)) => failures.push((contact, reason)),
                    // The platform may be at fault, not the contact: the whole chunk comes again.
                    Err(error) if receives < PATIENCE => return Err(error),
                    Err(_) => failures.push((contact, "unavailable".to_owned())),
                }
            }
            job.cursor = next;
        }
        job.not_before = pace.map(|(_, rest)| began + rest);
        if job.cursor.is_none() {
            job.state = JobState::Done;
            // Whoever came while it went on was not counted; who left a workflow, was merged or erased was not met.
            job.of = job.done;
        }
        Ok(failures)
    }

    async fn work_at(
        &self,
        id: &JobId,
        job: &Job,
        definitions: &Arc<Definitions>,
        contact: &ContactId,
    ) -> Result<Worked, AppError> {
        let mut definitions = definitions.clone();
        match &job.task {
            Task::Migrate { .. } | Task::MoveWaits { .. } | Task::Revert { .. } | Task::Leave { .. } => {
                self.tell_decision(&mut definitions, id, job, contact).await
            }
            // Nobody but its own contact is concerned; or what these do, they do in a chunk of their own.
            Task::Erase { .. }
            | Task::Count { .. }
            | Task::Choose
            | Task::Import { .. }
            | Task::Export { .. }
            | Task::Clear => Ok(Ok(Vec::new())),
            Task::Tell { kind, data, fields, quiet, .. } => {
                let event = super::tell::event(id, contact, (kind, data, fields), job.created_at);
                let event = Event { quiet: *quiet, ..event };
                self.tell_one(&mut definitions, job, contact, event).await
            }
            Task::Index => self.index_one(contact).await,
            Task::Look => self.look_at(&mut definitions, contact).await,
            Task::MoveDeals { .. } => self.move_deals_of(&mut definitions, id, job, contact).await,
            Task::Enroll { workflow, data, .. } => {
                self.enroll_one(&mut definitions, id, job, contact, workflow, data).await
            }
            Task::TakeIn { workflow, since } => {
                self.take_in_one(&mut definitions, (id, job), contact, workflow, *since).await
            }
            Task::Occurrence { workflow, schedule, occurrence, at } => {
                let occurred = super::occurrence::event(id, contact, (workflow, schedule, occurrence), *at);
                self.tell_schedule(&mut definitions, contact, occurred).await
            }
        }
    }
}

/// Why a job can't go on any more.
fn lost_its_meaning(job: &Job, definitions: &Definitions) -> Option<&'static str> {
    match &job.task {
        Task::Look
        | Task::Index
        | Task::MoveDeals { .. }
        | Task::Choose
        | Task::Count { .. }
        | Task::Tell { .. }
        | Task::MoveWaits { .. }
        | Task::Erase { .. }
        | Task::Import { .. }
        | Task::Export { .. }
        | Task::Clear => None,
        Task::Enroll { workflow, .. }
        | Task::TakeIn { workflow, .. }
        | Task::Occurrence { workflow, .. }
        | Task::Migrate { workflow, .. }
        | Task::Revert { workflow }
        | Task::Leave { workflow } => {
            (!definitions.workflows.contains_key(workflow)).then_some("workflow_not_active")
        }
    }
}
