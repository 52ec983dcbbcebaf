//! Folders of fields, in the order in which a contact's card shows them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use flusso_app::engine::contact::catalogue::{self, Section};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::cut;
use super::{Page, PageQuery};
use crate::input::{Asked, Id, JsonBody};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_folders, put_folders)).routes(routes!(put_folder, delete_folder))
}

/// A folder of fields and its id.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Folder {
    /// Its id: a-z, digits and _. `general` is always there.
    #[schema(example = "sales")]
    id: String,
    /// The name for people.
    #[schema(example = "Sales")]
    label: String,
    /// The section of a contact's card that it belongs to: `general`, `privacy`, `additional` or `analytics`.
    #[schema(value_type = String, example = "additional")]
    section: Section,
    /// The keys of its fields, in order. Each field, standard or custom, is in one folder.
    #[serde(default)]
    #[schema(example = json!(["service", "budget"]))]
    fields: Vec<String>,
}

/// A folder of fields.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "label": "Sales", "section": "additional" }))]
struct FolderDefinition {
    /// The name for people.
    #[schema(example = "Sales")]
    label: String,
    /// The section of a contact's card that it belongs to: `general`, `privacy`, `additional` or `analytics`.
    #[schema(value_type = String, example = "additional")]
    section: Section,
    /// The keys of its fields, in order; each leaves the folder in which it was. What is in it and not named stays.
    #[serde(default)]
    #[schema(required = false)]
    fields: Vec<String>,
}

/// All folders of fields, in order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "folders": [{ "id": "general", "label": "General", "section": "general" }, { "id": "sales", "label": "Sales", "section": "additional" }] }))]
struct AllFolders {
    /// The folders. `general` must be among them.
    folders: Vec<Folder>,
}

/// All folders of fields, in order
#[utoipa::path(
    get, path = "/v1/folders", tag = "definitions", params(PageQuery),
    responses((status = 200, body = Page<Folder>)),
)]
async fn list_folders(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<Folder>>, Problem> {
    let folders = door.app.folders().await?;
    cut(folders.iter().map(Folder::of), &asked, |one| &one.id)
}

/// Set all folders of fields
///
/// Their order, their names, and which fields they have in which order. A field that is named nowhere stays in its folder;
/// the fields of a folder that is gone go to `general`.
#[utoipa::path(
    put, path = "/v1/folders", tag = "definitions", request_body = AllFolders,
    responses((status = 200, body = Page<Folder>)),
)]
async fn put_folders(
    state: State<Door>,
    JsonBody(sent): JsonBody<AllFolders>,
) -> Result<Json<Page<Folder>>, Problem> {
    let folders: Vec<_> = sent.folders.into_iter().map(Folder::into_folder).collect();
    state.app.put_folders(&folders).await?;
    let items = state.app.folders().await?.iter().map(Folder::of).collect();
    Ok(Json(Page { items, cursor: None }))
}

/// Define a folder of fields
///
/// A new one is the last.
#[utoipa::path(
    put, path = "/v1/folders/{id}", tag = "definitions", request_body = FolderDefinition,
    params(("id" = String, Path, description = "Its id: a-z, digits and _")),
    responses((status = 200, body = Folder)),
)]
async fn put_folder(
    State(door): State<Door>,
    Id(id): Id,
    JsonBody(sent): JsonBody<FolderDefinition>,
) -> Result<Json<Folder>, Problem> {
    let FolderDefinition { label, section, fields } = sent;
    door.app.put_folder(&Folder { id: id.clone(), label, section, fields }.into_folder()).await?;
    Ok(Json(Folder::of(&door.app.folder(&id).await?)))
}

/// Delete a folder of fields
///
/// Its fields go to `general`.
#[utoipa::path(
    delete, path = "/v1/folders/{id}", tag = "definitions",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`folder.general`: it is always there"),
    ),
)]
async fn delete_folder(State(door): State<Door>, Id(id): Id) -> Result<StatusCode, Problem> {
    door.app.delete_folder(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Folder {
    fn of(folder: &catalogue::Folder) -> Self {
        Self {
            id: folder.id.to_string(),
            label: folder.label.to_string(),
            section: folder.section,
            fields: folder.fields.iter().map(ToString::to_string).collect(),
        }
    }

    fn into_folder(self) -> catalogue::Folder {
        let Self { id, label, section, fields } = self;
        let fields = fields.into_iter().map(Into::into).collect();
        catalogue::Folder { id: id.into(), label: label.into(), section, fields }
    }
}
