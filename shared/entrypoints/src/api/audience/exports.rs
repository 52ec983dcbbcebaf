//! Contacts written into a file.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use flusso_app::engine::definitions::Definitions;
use flusso_app::keys::export;
use flusso_app::keys::job::Job;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::whom::Whom;
use crate::api::{Moment, Page, PageQuery};
use crate::auth::Caller;
use crate::input::{Asked, Id, JsonBody, page_size};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_exports, begin_export)).routes(routes!(get_export, clear_export))
}

/// How a file is written.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ExportFormat {
    /// CSV in UTF-8. A cell that a program for tables would take for a formula begins with a quote.
    #[default]
    Csv,
    /// A JSON object in each line.
    JsonLines,
}

/// Contacts that are written into a file: one of `contacts`, `segment`, `list`, `who`, `all`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({ "name": "Clienti di Roma", "who": { "field": { "city": "Roma" } }, "format": "csv" }))]
struct NewExport {
    /// What it is called.
    #[schema(example = "Clienti di Roma", min_length = 1)]
    name: String,
    /// How it is written.
    #[schema(required = false)]
    format: ExportFormat,
    /// The fields, in order; `id`, `created_at`, `tags`, `lists`, `score` and `consents` are among those that may be named.
    /// All of them, if none is.
    #[schema(required = false, example = json!(["first_name", "email", "tags"]))]
    columns: Vec<String>,
    /// Up to 1,000 contacts, `con_…`.
    #[schema(max_items = 1000)]
    contacts: Option<Vec<String>>,
    /// The members of a segment.
    segment: Option<String>,
    /// Those on a list.
    list: Option<String>,
    /// Those who fulfil this condition, as a segment's.
    #[schema(value_type = Option<Object>, example = json!({ "tag": "cliente" }))]
    who: Option<Map<String, Value>>,
    /// Everybody.
    #[schema(required = false)]
    all: bool,
}

/// A file of contacts.
#[derive(Serialize, ToSchema)]
struct ContactExport {
    /// `exp_…`
    #[schema(example = "exp_1m7ynaym02rhxn64rx017")]
    id: String,
    /// What it is called.
    name: String,
    /// Who asked for it.
    by: String,
    /// When.
    created_at: Moment,
    /// How it is written.
    format: ExportFormat,
    /// The job that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<String>,
    /// How that stands: `running`, `paused`, `cancelled`, `done` or `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "done")]
    state: Option<&'static str>,
    /// Contacts that were written.
    written: u64,
    /// Its files, each whole by itself, when it is done. Links are good for an hour; ask again for new ones.
    files: Vec<ExportFile>,
    /// Whether the files are gone: they go after a week, and when somebody is erased who stands in them.
    cleared: bool,
}

/// A file.
#[derive(Serialize, ToSchema)]
struct ExportFile {
    /// Where it is, for whoever has this address.
    url: String,
    /// Until when that is good.
    expires_at: Moment,
}

/// All exports, the newest first
#[utoipa::path(
    get, path = "/v1/exports", tag = "contacts", params(PageQuery),
    responses((status = 200, body = Page<ContactExport>)),
)]
async fn list_exports(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<ContactExport>>, Problem> {
    let page = door.app.exports(asked.cursor, page_size(asked.limit)?).await?;
    let definitions = door.app.definitions().await?;
    let mut items = Vec::new();
    for (id, _) in page.items {
        items.push(told(&door, &id, &definitions).await?);
    }
    Ok(Json(Page { items, cursor: page.cursor }))
}

/// Write contacts into a file
///
/// A job does it. Who is put away or deleted is not in it, unless named.
#[utoipa::path(
    post, path = "/v1/exports", tag = "contacts", request_body = NewExport,
    responses(
        (status = 202, body = ContactExport),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such segment"),
    ),
)]
async fn begin_export(
    State(door): State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    JsonBody(asked): JsonBody<NewExport>,
) -> Result<(StatusCode, Json<ContactExport>), Problem> {
    let over = asked.whom().over()?;
    let format = match asked.format {
        ExportFormat::Csv => export::Format::Csv,
        ExportFormat::JsonLines => export::Format::JsonLines,
    };
    let begun = door.app.begin_export(&asked.name, over, format, asked.columns, &caller).await;
    let (id, _) = begun.map_err(|error| Problem::of_error(error, "segment"))?;
    let told = told(&door, &id, &*door.app.definitions().await?).await?;
    Ok((StatusCode::ACCEPTED, Json(told)))
}

/// An export, and links to its files
#[utoipa::path(
    get, path = "/v1/exports/{id}", tag = "contacts",
    params(("id" = String, Path, description = "`exp_…`")),
    responses((status = 200, body = ContactExport)),
)]
async fn get_export(State(door): State<Door>, Id(id): Id) -> Result<Json<ContactExport>, Problem> {
    Ok(Json(told(&door, &id, &*door.app.definitions().await?).await?))
}

/// Remove the files of an export
#[utoipa::path(
    delete, path = "/v1/exports/{id}", tag = "contacts",
    params(("id" = String, Path, description = "`exp_…`")),
    responses((status = 204, description = "They are gone")),
)]
async fn clear_export(State(door): State<Door>, Id(id): Id) -> Result<StatusCode, Problem> {
    door.app.clear_export(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn told(door: &Door, id: &str, definitions: &Definitions) -> Result<ContactExport, Problem> {
    let (export, job) = door.app.export_told(id).await?;
    let links = door.app.export_links(id).await?.into_iter();
    let files =
        links.map(|link| ExportFile { url: link.url, expires_at: Moment::of(link.expires_at, definitions) });
    let written = |job: &Job| job.counts.get("written").copied().unwrap_or(0);
    Ok(ContactExport {
        id: id.to_owned(),
        name: export.name.to_string(),
        by: export.by.to_string(),
        created_at: Moment::of(export.created_at, definitions),
        format: match export.format {
            export::Format::Csv => ExportFormat::Csv,
            export::Format::JsonLines => ExportFormat::JsonLines,
        },
        job: export.job.map(|job| job.to_string()),
        state: job.as_ref().map(|job| job.state.as_str()),
        written: job.as_ref().map_or(0, written),
        files: files.collect(),
        cleared: export.cleared,
    })
}

impl NewExport {
    fn whom(&self) -> Whom<'_> {
        Whom {
            contacts: self.contacts.as_ref(),
            segment: self.segment.as_ref(),
            list: self.list.as_ref(),
            who: self.who.as_ref(),
            all: self.all,
        }
    }
}
