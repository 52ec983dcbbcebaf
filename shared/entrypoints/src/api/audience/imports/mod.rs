//! Files of contacts that are taken in: sent in parts, looked at, tried, done, taken back.

mod plan;
mod rows;
mod told;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use flusso_app::imports::Wanted;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::jobs::BegunJob;
use crate::api::page::cut;
use crate::api::{Page, PageQuery};
use crate::auth::Caller;
use crate::input::{Asked, Body, Id, Ids, JsonBody, OptionalJson, check_length, page_size};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

use plan::{ImportPlan, Letters};
use told::{Import, ImportLook, SavedMapping};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list_imports, begin_import))
        .routes(routes!(get_import, clear_import))
        .routes(routes!(put_part))
        .routes(routes!(look_at_import))
        .routes(routes!(check_import))
        .routes(routes!(start_import))
        .routes(routes!(undo_import))
        .merge(rows::routes())
        .routes(routes!(list_mappings))
        .routes(routes!(delete_mapping))
}

/// An import that is begun.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewImport {
    /// What it is called, such as the name of the file.
    #[schema(example = "clienti.csv", min_length = 1)]
    name: String,
}

/// An import that has begun.
#[derive(Serialize, ToSchema)]
struct BegunImport {
    /// `imp_…`
    #[schema(example = "imp_1m7ynaym02rhxn64rx017")]
    id: String,
}

/// How a file is to be read; what is not said is found.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct HowToRead {
    /// What stands between two cells: one of `,`, `;`, a tab and `|`.
    #[schema(example = ";", max_length = 1)]
    delimiter: Option<String>,
    /// How letters are written.
    encoding: Option<Letters>,
    /// Whether the first row names the columns.
    header: Option<bool>,
    /// Which sheet of a workbook; the first that is shown, if not said.
    #[schema(example = "Clienti")]
    sheet: Option<String>,
}

/// The bytes of a part of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, example = "nome;email\nAnna;anna@example.com\n")]
#[expect(dead_code, reason = "only its schema is used")]
struct PartBytes(String);

/// All imports, the newest first
#[utoipa::path(
    get, path = "/v1/imports", tag = "contacts", params(PageQuery),
    responses((status = 200, body = Page<Import>)),
)]
async fn list_imports(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<Import>>, Problem> {
    let page = door.app.imports(asked.cursor, page_size(asked.limit)?).await?;
    let definitions = door.app.definitions().await?;
    let items = page.items.iter().map(|told| Import::of(told, &definitions)).collect();
    Ok(Json(Page { items, cursor: page.cursor }))
}

/// Begin an import
///
/// Then send its file, in parts of 4 MB at most: `PUT /v1/imports/{id}/parts/1` and on. Look at it; say what its columns are
/// and try it, which writes nothing; start it; and, if it was a mistake, undo it.
#[utoipa::path(
    post, path = "/v1/imports", tag = "contacts", request_body = NewImport,
    responses((status = 201, body = BegunImport)),
)]
async fn begin_import(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    JsonBody(asked): JsonBody<NewImport>,
) -> Result<(StatusCode, Json<BegunImport>), Problem> {
    let id = door.app.begin_import(&asked.name, &caller).await?;
    Ok((StatusCode::CREATED, Json(BegunImport { id })))
}

/// An import
#[utoipa::path(
    get, path = "/v1/imports/{id}", tag = "contacts",
    params(("id" = String, Path, description = "`imp_…`")),
    responses((status = 200, body = Import)),
)]
async fn get_import(State(door): State<Door>, Id(id): Id) -> Result<Json<Import>, Problem> {
    let told = door.app.import(&id).await?;
    Ok(Json(Import::of(&told, &*door.app.definitions().await?)))
}

/// Remove the files of an import
///
/// They go by themselves a week after it was begun. What it did stays, and can still be undone.
#[utoipa::path(
    delete, path = "/v1/imports/{id}", tag = "contacts",
    params(("id" = String, Path, description = "`imp_…`")),
    responses(
        (status = 204, description = "They are gone"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`import.busy`: a job works on it"),
    ),
)]
async fn clear_import(State(door): State<Door>, Id(id): Id) -> Result<StatusCode, Problem> {
    door.app.clear_import(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send a part of an import's file
///
/// The body is the part itself. Parts are numbered from 1 and may be cut anywhere; the same one again takes its place.
#[utoipa::path(
    put, path = "/v1/imports/{id}/parts/{part}", tag = "contacts",
    params(
        ("id" = String, Path, description = "`imp_…`"),
        ("part" = u32, Path, description = "From 1, to 250 at most", minimum = 1, maximum = 250),
    ),
    request_body(content = PartBytes, content_type = "application/octet-stream"),
    responses(
        (status = 204, description = "It is there"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`import.begun`: it is too late for another file"),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "More than 4 MB"),
    ),
)]
async fn put_part(
    State(door): State<Door>,
    Ids(id, part): Ids,
    Body(bytes): Body,
) -> Result<StatusCode, Problem> {
    let part = part
        .parse()
        .map_err(|_| Problem::invalid("part", "import.part", "a part is a number from 1 to 250"))?;
    door.app.put_part(&id, part, bytes.to_vec()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Look at an import's file
///
/// What stands between its cells, how its letters are written and whether its first row names the columns is found, or taken
/// as it is said. The answer shows the first rows and what each column probably is: from the mapping that was saved for the
/// same columns, else by their names and by what stands in them.
#[utoipa::path(
    post, path = "/v1/imports/{id}/look", tag = "contacts",
    params(("id" = String, Path, description = "`imp_…`")),
    request_body = Option<HowToRead>,
    responses(
        (status = 200, body = ImportLook),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`import.part_missing`, or `import.begun`"),
    ),
)]
async fn look_at_import(
    State(door): State<Door>,
    Id(id): Id,
    OptionalJson(asked): OptionalJson<HowToRead>,
) -> Result<Json<ImportLook>, Problem> {
    let delimiter = match asked.delimiter.as_deref() {
        None => None,
        Some("," | ";" | "\t" | "|") => asked.delimiter.and_then(|text| text.chars().next()),
        Some(_) => {
            let message = "cells have a comma, a semicolon, a tab or a bar between them";
            return Err(Problem::invalid("delimiter", "import.delimiter", message));
        }
    };
    check_length("sheet", asked.sheet.as_deref().unwrap_or_default())?;
    let encoding = asked.encoding.map(Into::into);
    let wanted = Wanted { delimiter, encoding, header: asked.header, sheet: asked.sheet };
    Ok(Json(ImportLook::of(door.app.look_at_import(&id, &wanted).await?)))
}

/// Try an import
///
/// A job goes through the file and counts what would come of each row; nothing is written. `consent` says what the people in
/// it have agreed to, and on which basis; where there is nothing of that, say `no_consent`: then only data is taken in. Who
/// has taken a consent back keeps that, whatever the file says.
#[utoipa::path(
    post, path = "/v1/imports/{id}/check", tag = "contacts",
    params(("id" = String, Path, description = "`imp_…`")),
    request_body = ImportPlan,
    responses(
        (status = 202, body = BegunJob),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`import.not_looked_at`, `import.busy`, or `import.begun`"),
    ),
)]
async fn check_import(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
    JsonBody(asked): JsonBody<ImportPlan>,
) -> Result<(StatusCode, Json<BegunJob>), Problem> {
    let save_as = asked.save_as.clone();
    let plan = asked.plan()?;
    let job = door.app.check_import(&id, plan, save_as.as_deref(), &caller).await?;
    Ok((StatusCode::ACCEPTED, Json(BegunJob::of(Some(job)))))
}

/// Start an import that was tried
///
/// A job takes the rows in, each once; it can be paused, gone on with and cancelled.
#[utoipa::path(
    post, path = "/v1/imports/{id}/start", tag = "contacts",
    params(("id" = String, Path, description = "`imp_…`")),
    responses(
        (status = 202, body = BegunJob),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`import.not_checked`: try it first"),
    ),
)]
async fn start_import(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
) -> Result<(StatusCode, Json<BegunJob>), Problem> {
    let job = door.app.start_import(&id, &caller).await?;
    Ok((StatusCode::ACCEPTED, Json(BegunJob::of(Some(job)))))
}

/// Undo an import
///
/// Contacts that it made and to whom nothing else has happened are deleted, and can be restored for 30 days. Of the others, the
/// fields that are still as the import left them become what they were; tags and lists that it gave are taken away, and so are
/// the consents that it claimed. What was left, and why, stands in the job's rows.
#[utoipa::path(
    post, path = "/v1/imports/{id}/undo", tag = "contacts",
    params(("id" = String, Path, description = "`imp_…`")),
    responses(
        (status = 202, body = BegunJob),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`import.not_done`: it has not ended"),
    ),
)]
async fn undo_import(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    Id(id): Id,
) -> Result<(StatusCode, Json<BegunJob>), Problem> {
    let job = door.app.undo_import(&id, &caller).await?;
    Ok((StatusCode::ACCEPTED, Json(BegunJob::of(Some(job)))))
}

/// What the columns of files were, by the names under which that was saved
#[utoipa::path(
    get, path = "/v1/imports/mappings", tag = "contacts", params(PageQuery),
    responses((status = 200, body = Page<SavedMapping>)),
)]
async fn list_mappings(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<SavedMapping>>, Problem> {
    let mappings = door.app.mappings().await?;
    cut(mappings.into_iter().map(|(name, mapping)| SavedMapping::of(name, &mapping)), &asked, |one| &one.name)
}

/// Forget what the columns of files were
#[utoipa::path(
    delete, path = "/v1/imports/mappings/{name}", tag = "contacts",
    params(("name" = String, Path, description = "Under which name that was saved")),
    responses((status = 204, description = "It is gone")),
)]
async fn delete_mapping(State(door): State<Door>, Id(name): Id) -> Result<StatusCode, Problem> {
    door.app.delete_mapping(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}
