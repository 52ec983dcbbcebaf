//! Workflows: saved as documents, activated, counted.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use flusso_app::view;
use flusso_app::workflows::{Saved, WorkflowInfo};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use super::{Moment, Page, PageQuery};
use crate::auth::Caller;
use crate::input::{Asked, Body, Id, Limit, page_size};
use crate::negotiate::{essence, is_json, text};
use crate::problem::DocumentProblem;
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    let routes = Routes::new()
        .routes(routes!(list_workflows))
        .routes(routes!(get_workflow, put_workflow))
        .routes(routes!(count_workflow));
    Limit::WORKFLOW.on(routes)
}

/// The media types of YAML: that of RFC 9512 and those from before it.
const YAML: &[&str] = &["application/yaml", "text/yaml", "application/x-yaml", "text/x-yaml"];

/// A workflow that was saved or activated.
#[derive(Serialize, ToSchema)]
pub(super) struct SavedWorkflow {
    /// Which.
    workflow: String,
    /// Its name for people.
    name: String,
    /// The version that its document makes.
    version: String,
    /// What would keep it from being activated (`error`), and what somebody should look at (`warning`).
    problems: Vec<DocumentProblem>,
    /// The jobs that tell the contacts whom that concerns, where some were begun.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    jobs: Vec<String>,
}

/// A workflow.
#[derive(Serialize, ToSchema)]
struct Workflow {
    /// Which.
    #[serde(rename = "workflow")]
    id: String,
    /// Its name for people.
    name: String,
    /// `draft`: never activated. `active`: the newest version is active. `changed`: an older one is. `interrupted`: it
    /// stands still. `stopped`: it was active. `archived`: it was put away.
    #[schema(example = "active")]
    state: &'static str,
    /// The newest version.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// The version that is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<ActiveVersion>,
    /// The document; not in lists.
    #[serde(skip_serializing_if = "String::is_empty")]
    source: String,
}

/// The version of a workflow that is active.
#[derive(Serialize, ToSchema)]
struct ActiveVersion {
    /// Which.
    version: String,
    /// Events from before this do not enroll.
    since: Moment,
}

/// The counts of a workflow. Entered = inside + completed + exited + failed + cancelled.
#[derive(Serialize, ToSchema)]
struct Counts {
    /// Enrollments ever.
    entered: i64,
    /// Enrollments now.
    inside: i64,
    /// Came to the end.
    completed: i64,
    /// Left early.
    exited: i64,
    /// Could not go on.
    failed: i64,
    /// Were cancelled.
    cancelled: i64,
    /// By step, in the order of the document; steps of older versions last.
    steps: Vec<StepCounts>,
}

/// The counts of a step.
#[derive(Serialize, ToSchema)]
struct StepCounts {
    /// Which.
    step: String,
    /// By name: `reached`, `inside`, `sent`, `opened`, `replied`, `skipped.<reason>`, …
    counts: BTreeMap<String, i64>,
}

/// All workflows
#[utoipa::path(
    get, path = "/v1/workflows", tag = "workflows", params(PageQuery),
    responses((status = 200, body = Page<Workflow>)),
)]
async fn list_workflows(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<Workflow>>, Problem> {
    let page = door.app.workflows(asked.cursor, page_size(asked.limit)?).await?;
    let definitions = door.app.definitions().await?;
    let items = page.items.into_iter().map(|info| Workflow::of(info, &definitions)).collect();
    Ok(Json(Page { items, cursor: page.cursor }))
}

/// A workflow and its document
#[utoipa::path(
    get, path = "/v1/workflows/{id}", tag = "workflows",
    params(("id" = String, Path, description = "The workflow's id")),
    responses((status = 200, body = Workflow)),
)]
async fn get_workflow(State(door): State<Door>, Id(id): Id) -> Result<Json<Workflow>, Problem> {
    let info = door.app.workflow(&id).await?;
    Ok(Json(Workflow::of(info, &*door.app.definitions().await?)))
}

/// Save a workflow
///
/// The document need not be finished, but it must be readable; nothing changes for anybody until it is activated.
#[utoipa::path(
    put, path = "/v1/workflows/{id}", tag = "workflows",
    params(("id" = String, Path, description = "The workflow's id, as the document has it")),
    request_body(content(
        (String = "application/yaml", example = "workflow: benvenuto-iscritti\ntriggers: [{ form: richiedi-guida-gratuita }]\nsteps:\n  - add tag: accolto\n"),
        (String = "text/yaml", example = "workflow: benvenuto-iscritti\ntriggers: [{ form: richiedi-guida-gratuita }]\nsteps:\n  - add tag: accolto\n"),
        (Object = "application/json", example = json!({ "workflow": "benvenuto-iscritti", "triggers": [{ "form": "richiedi-guida-gratuita" }], "steps": [{ "add tag": "accolto" }] })),
    )),
    responses(
        (status = 200, body = SavedWorkflow),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "More than 1 MB"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "`problems` says where it can't be read"),
    ),
)]
async fn put_workflow(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
    headers: HeaderMap,
    Body(bytes): Body,
) -> Result<Json<SavedWorkflow>, Problem> {
    let source = document(&headers, &bytes)?;
    Ok(Json(SavedWorkflow::of(door.app.save_workflow(&id, source, &caller).await?)))
}

/// A document that was sent as YAML or as JSON, which is YAML too.
pub(crate) fn document<'b>(headers: &HeaderMap, bytes: &'b [u8]) -> Result<&'b str, Problem> {
    let content_type = text(headers, CONTENT_TYPE.as_str());
    if !is_json(content_type) && !YAML.contains(&&*essence(content_type)) {
        let detail = "send the document as YAML (`Content-Type: application/yaml`) or as JSON";
        return Err(Problem::unsupported(detail));
    }
    std::str::from_utf8(bytes)
        .map_err(|_| Problem::malformed("text.encoding", "the document is not UTF-8 text"))
}

/// The counts of a workflow
#[utoipa::path(
    get, path = "/v1/workflows/{id}/counts", tag = "workflows",
    params(("id" = String, Path, description = "The workflow's id")),
    responses((status = 200, body = Counts)),
)]
async fn count_workflow(State(door): State<Door>, Id(id): Id) -> Result<Json<Counts>, Problem> {
    let view::Counts { entered, inside, completed, exited, failed, cancelled, steps } =
        door.app.counts(&id).await?;
    let steps = steps.into_iter().map(|view::StepCounts { step, counts }| StepCounts { step, counts });
    let steps = steps.collect();
    Ok(Json(Counts { entered, inside, completed, exited, failed, cancelled, steps }))
}

impl SavedWorkflow {
    pub(super) fn of(saved: Saved) -> Self {
        Self {
            workflow: saved.workflow.to_string(),
            name: saved.name,
            version: saved.version.to_string(),
            problems: saved.problems.iter().map(DocumentProblem::of).collect(),
            jobs: saved.jobs.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Workflow {
    fn of(info: WorkflowInfo, definitions: &flusso_app::engine::definitions::Definitions) -> Self {
        let state = match &info.active {
            Some(active) if active.life.interrupted.is_some() => "interrupted",
            None if info.archived => "archived",
            None if info.was_active => "stopped",
            None => "draft",
            Some(active) if Some(&active.version) == info.version.as_ref() => "active",
            Some(_) => "changed",
        };
        let active = info.active.map(|active| ActiveVersion {
            version: active.version.to_string(),
            since: Moment::of(active.since, definitions),
        });
        Self {
            id: info.workflow.to_string(),
            name: info.name,
            state,
            version: info.version.map(|version| version.to_string()),
            active,
            source: info.source,
        }
    }
}
