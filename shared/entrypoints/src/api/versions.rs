//! The versions of a workflow.

use axum::Json;
use axum::extract::{Extension, State};
use flusso_app::engine::definitions::Definitions;
use flusso_app::workflows::versions::VersionInfo;
use serde::Serialize;
use utoipa::ToSchema;

use super::life::Begun;
use super::page::cut;
use super::workflows::SavedWorkflow;
use super::{Moment, Page, PageQuery};
use crate::auth::Caller;
use crate::input::{Asked, Id, Ids};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list_versions))
        .routes(routes!(get_version))
        .routes(routes!(restore_version))
        .routes(routes!(revert_workflow))
}

/// A version of a workflow.
#[derive(Serialize, ToSchema)]
struct Version {
    /// `ver_…`: the hash of what it does.
    #[serde(rename = "version")]
    id: String,
    /// The workflow's name for people, as this version has it.
    name: String,
    /// When it was saved first.
    saved_at: Moment,
    /// By whom.
    saved_by: String,
    /// When it was activated, and by whom: the latest 20 times.
    activated: Vec<Activated>,
    /// Whether it is active.
    active: bool,
    /// Whether it is the newest saved one, which would be activated.
    newest: bool,
    /// Its document; not in lists.
    #[serde(skip_serializing_if = "String::is_empty")]
    source: String,
}

/// That a version was activated.
#[derive(Serialize, ToSchema)]
struct Activated {
    /// When.
    at: Moment,
    /// By whom.
    by: String,
}

impl Version {
    fn of(info: VersionInfo, definitions: &Definitions) -> Self {
        let moment = |at| Moment::of(at, definitions);
        let activated = info.saved.activated.into_iter();
        Self {
            id: info.version.to_string(),
            name: info.saved.name,
            saved_at: moment(info.saved.saved_at),
            saved_by: info.saved.by.to_string(),
            activated: activated
                .map(|one| Activated { at: moment(one.at), by: one.by.to_string() })
                .collect(),
            active: info.active,
            newest: info.newest,
            source: info.source,
        }
    }
}

/// The versions of a workflow, the newest first
#[utoipa::path(
    get, path = "/v1/workflows/{id}/versions", tag = "workflows",
    params(("id" = String, Path, description = "The workflow's id"), PageQuery),
    responses((status = 200, body = Page<Version>)),
)]
async fn list_versions(
    State(door): State<Door>,
    Id(id): Id,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<Version>>, Problem> {
    let definitions = door.app.definitions().await?;
    let versions = door.app.versions(&id).await?.into_iter();
    cut(versions.map(|one| Version::of(one, &definitions)), &asked, |one| &one.id)
}

/// A version of a workflow, and its document
#[utoipa::path(
    get, path = "/v1/workflows/{id}/versions/{version}", tag = "workflows",
    params(
        ("id" = String, Path, description = "The workflow's id"),
        ("version" = String, Path, description = "`ver_…`"),
    ),
    responses((status = 200, body = Version)),
)]
async fn get_version(State(door): State<Door>, Ids(id, version): Ids) -> Result<Json<Version>, Problem> {
    let found = door.app.version(&id, &version).await?;
    Ok(Json(Version::of(found, &*door.app.definitions().await?)))
}

/// Take an older version up again
///
/// It is saved as the newest one; nothing changes for anybody until that is activated.
#[utoipa::path(
    post, path = "/v1/workflows/{id}/versions/{version}/restore", tag = "workflows",
    params(
        ("id" = String, Path, description = "The workflow's id"),
        ("version" = String, Path, description = "`ver_…`"),
    ),
    responses((status = 200, body = SavedWorkflow)),
)]
async fn restore_version(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Ids(id, version): Ids,
) -> Result<Json<SavedWorkflow>, Problem> {
    Ok(Json(SavedWorkflow::of(door.app.restore_version(&id, &version, &caller).await?)))
}

/// Take a migration back
///
/// Whoever went over to the active version and has not done a step of it goes back to the version and the due time from
/// before. The others stay; the job lists them.
#[utoipa::path(
    post, path = "/v1/workflows/{id}/revert", tag = "workflows",
    params(("id" = String, Path, description = "The workflow's id")),
    responses(
        (status = 200, body = Begun),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`workflow_not_active`"),
    ),
)]
async fn revert_workflow(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<Begun>, Problem> {
    Ok(Begun::of(vec![door.app.revert(&id, &caller).await?]))
}
