//! Jobs: what is done to many contacts, how far it has come, and with whom it failed.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use flusso_app::engine::definitions::Definitions;
use flusso_app::engine::ids::JobId;
use flusso_app::engine::time::{Instant, Millis};
use flusso_app::keys::import::Stage;
use flusso_app::keys::job::{self, JobState, Over, Task};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Moment, Page, PageQuery};
use crate::input::{Asked, Id, page_size};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list_jobs))
        .routes(routes!(get_job))
        .routes(routes!(list_failures))
        .routes(routes!(pause_job))
        .routes(routes!(resume_job))
        .routes(routes!(cancel_job))
}

/// Something that is done to many contacts.
#[derive(Serialize, ToSchema)]
struct Job {
    /// `job_…`
    id: String,
    /// `look`: contacts find out what new definitions mean for them. `enroll`: they enter a workflow. `occurrence`: a
    /// time of a workflow's schedule has come. `migrate`, `revert`, `leave`: those inside a workflow go over to its
    /// active version, come back, or leave. `take_in`: those enter who had an event lately that would have had them
    /// enter. `bulk`: a bulk action. `move_waits`: waits are counted by the account's new zone. `index`: contacts that
    /// were there before they could be searched by text can be from then on. `count`: who has which tags is counted.
    /// `filter`: it is looked who fulfils a condition.
    /// `move_deals`: a bulk action that moves deals. `import_check`, `import`, `import_undo`: the rows of a file
    /// are tried, taken in, taken back. `export`: contacts are written into a file. `clear`: files that are old are removed.
    #[schema(example = "enroll")]
    kind: &'static str,
    /// The workflow, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow: Option<String>,
    /// Which time of a schedule, on the wall clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-03-30T09:00")]
    occurrence: Option<String>,
    /// What a bulk action is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Promo di Natale")]
    name: Option<String>,
    /// To whom it is done.
    over: JobOver,
    /// `running`, `paused`, `cancelled`, `done` or `failed`.
    #[schema(example = "running")]
    state: &'static str,
    /// Why it failed: a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "workflow_not_active")]
    reason: Option<String>,
    /// Contacts that it is done with, those with which it failed among them.
    done: u64,
    /// Contacts that it goes over; absent until they are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<u64>,
    /// Contacts with which it failed.
    failed: u64,
    /// What came of it, where it counts that: of a bulk action `changed` and `unchanged` contacts; else by what became
    /// of each enrollment, `unchanged`, `earlier`, `later`, `moved`, `exited`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    counts: BTreeMap<String, u64>,
    /// Who, or what, started it.
    #[schema(example = "api:shop")]
    started_by: String,
    /// When it was started.
    created_at: Moment,
    /// When it was worked on last.
    changed_at: Moment,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Moment>,
    /// When it will have ended about, at the pace that it had so far; of one that is worked on and has counted everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_about: Option<Moment>,
}

/// The contacts that a job goes over: `all`, those of a `segment` or of a `list`, those `inside` a workflow, some
/// `contacts`, those `who` fulfilled a condition when it began, or the `rows` of a file.
#[derive(Serialize, ToSchema)]
struct JobOver {
    /// What they are.
    #[schema(example = "segment")]
    what: &'static str,
    /// The name of the segment, the list or the workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// A contact with which a job failed.
#[derive(Serialize, ToSchema)]
struct JobFailure {
    /// `con_…`
    contact: String,
    /// Why: a code.
    #[schema(example = "already_inside")]
    reason: String,
    /// When.
    at: Moment,
}

/// All jobs, the newest first
#[utoipa::path(
    get, path = "/v1/jobs", tag = "jobs", params(PageQuery),
    responses((status = 200, body = Page<Job>)),
)]
async fn list_jobs(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<Job>>, Problem> {
    let page = door.app.jobs(asked.cursor, page_size(asked.limit)?).await?;
    let definitions = door.app.definitions().await?;
    let items = page.items.into_iter().map(|(id, job)| Job::of(id.as_str(), job, &definitions));
    Ok(Json(Page { items: items.collect(), cursor: page.cursor }))
}

/// A job
#[utoipa::path(
    get, path = "/v1/jobs/{id}", tag = "jobs",
    params(("id" = String, Path, description = "`job_…`")),
    responses((status = 200, body = Job)),
)]
async fn get_job(State(door): State<Door>, Id(id): Id) -> Result<Json<Job>, Problem> {
    let job = door.app.job(&id).await?;
    shown(&door, &id, job).await
}

/// The contacts with which a job failed, each with the reason
#[utoipa::path(
    get, path = "/v1/jobs/{id}/failures", tag = "jobs",
    params(("id" = String, Path, description = "`job_…`"), PageQuery),
    responses((status = 200, body = Page<JobFailure>)),
)]
async fn list_failures(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<JobFailure>>, Problem> {
    let page = door.app.job_failures(&id, asked.cursor, page_size(asked.limit)?).await?;
    let definitions = door.app.definitions().await?;
    let items = page.items.into_iter().map(|(contact, failure)| JobFailure {
        contact: contact.to_string(),
        reason: failure.reason,
        at: Moment::of(failure.at, &definitions),
    });
    Ok(Json(Page { items: items.collect(), cursor: page.cursor }))
}

/// Have a job stand still
#[utoipa::path(
    post, path = "/v1/jobs/{id}/pause", tag = "jobs",
    params(("id" = String, Path, description = "`job_…`")),
    responses((status = 200, body = Job), (status = 409, body = Problem, content_type = "application/problem+json", description = "`job_ended`: there is nothing to pause")),
)]
async fn pause_job(State(door): State<Door>, Id(id): Id) -> Result<Json<Job>, Problem> {
    let job = door.app.pause_job(&id).await?;
    shown(&door, &id, job).await
}

/// Have a job that stands still go on
#[utoipa::path(
    post, path = "/v1/jobs/{id}/resume", tag = "jobs",
    params(("id" = String, Path, description = "`job_…`")),
    responses((status = 200, body = Job), (status = 409, body = Problem, content_type = "application/problem+json", description = "`job_ended`: there is nothing to resume")),
)]
async fn resume_job(State(door): State<Door>, Id(id): Id) -> Result<Json<Job>, Problem> {
    let job = door.app.resume_job(&id).await?;
    shown(&door, &id, job).await
}

/// End a job where it is
///
/// What it has done stays done.
#[utoipa::path(
    post, path = "/v1/jobs/{id}/cancel", tag = "jobs",
    params(("id" = String, Path, description = "`job_…`")),
    responses((status = 200, body = Job), (status = 409, body = Problem, content_type = "application/problem+json", description = "`job_ended`: it has ended already")),
)]
async fn cancel_job(State(door): State<Door>, Id(id): Id) -> Result<Json<Job>, Problem> {
    let job = door.app.cancel_job(&id).await?;
    shown(&door, &id, job).await
}

/// A job that was begun.
#[derive(Serialize, ToSchema)]
pub(crate) struct BegunJob {
    /// `job_…`; `/v1/jobs/{id}` tells how far it has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<String>,
}

impl BegunJob {
    pub(crate) fn of(job: Option<JobId>) -> Self {
        Self { job: job.map(|job| job.to_string()) }
    }
}

async fn shown(door: &Door, id: &str, job: job::Job) -> Result<Json<Job>, Problem> {
    Ok(Json(Job::of(id, job, &*door.app.definitions().await?)))
}

/// When a job will have ended at the pace that it had so far.
fn ends_about(job: &job::Job) -> Option<Instant> {
    let counted = job.state == JobState::Running && job.counting.is_none() && job.done > 0;
    let taken = i128::from(job.changed_at.since(job.created_at).0);
    let left = i128::from(job.of.saturating_sub(job.done));
    let left = counted.then(|| taken * left / i128::from(job.done))?;
    Some(job.changed_at + Millis(i64::try_from(left).ok()?))
}

impl Job {
    fn of(id: &str, job: job::Job, definitions: &Definitions) -> Self {
        let ends_about = ends_about(&job);
        let mut called = None;
        let (kind, workflow, occurrence) = match job.task {
            Task::Look => ("look", None, None),
            Task::Index => ("index", None, None),
            Task::Choose => ("filter", None, None),
            Task::Count { .. } => ("count", None, None),
            Task::Tell { name, .. } => {
                called = Some(name.to_string());
                ("bulk", None, None)
            }
            Task::Enroll { workflow, name, .. } => {
                called = Some(name.to_string()).filter(|name| !name.is_empty());
                ("enroll", Some(workflow), None)
            }
            Task::MoveDeals { name, .. } => {
                called = Some(name.to_string());
                ("move_deals", None, None)
            }
            Task::TakeIn { workflow, .. } => ("take_in", Some(workflow), None),
            Task::Migrate { workflow, .. } => ("migrate", Some(workflow), None),
            Task::MoveWaits { .. } => ("move_waits", None, None),
            Task::Erase { .. } => ("erase", None, None),
            Task::Import { stage: Stage::Check, .. } => ("import_check", None, None),
            Task::Import { stage: Stage::Apply, .. } => ("import", None, None),
            Task::Import { stage: Stage::Undo, .. } => ("import_undo", None, None),
            Task::Export { .. } => ("export", None, None),
            Task::Clear => ("clear", None, None),
            Task::Revert { workflow } => ("revert", Some(workflow), None),
            Task::Leave { workflow } => ("leave", Some(workflow), None),
            Task::Occurrence { workflow, occurrence, .. } => {
                ("occurrence", Some(workflow), Some(occurrence.to_string()))
            }
        };
        let (what, name) = match job.over {
            Over::All => ("all", None),
            Over::Segment { name } => ("segment", Some(name)),
            Over::List { name } => ("list", Some(name)),
            Over::Inside { workflow } => ("inside", Some(workflow.as_str().into())),
            Over::Contacts { .. } => ("contacts", None),
            Over::Chosen { .. } => ("who", None),
            Over::Rows => ("rows", None),
        };
        let moment = |at| Moment::of(at, definitions);
        Self {
            ends_about: ends_about.map(moment),
            id: id.to_owned(),
            kind,
            workflow: workflow.map(|workflow| workflow.to_string()),
            occurrence,
            name: called,
            over: JobOver { what, name: name.map(|name| name.to_string()) },
            state: job.state.as_str(),
            reason: job.reason,
            done: job.done,
            of: job.counting.is_none().then_some(job.of),
            failed: job.failed,
            counts: job.counts.into_iter().map(|(name, many)| (name.to_string(), many)).collect(),
            started_by: job.started_by.to_string(),
            created_at: moment(job.created_at),
            changed_at: moment(job.changed_at),
            ended_at: job.ended_at.map(moment),
        }
    }
}
