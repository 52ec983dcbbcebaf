//! What is told of imports.

use std::collections::BTreeMap;

use flusso_app::engine::definitions::Definitions;
use flusso_app::engine::ids::JobId;
use flusso_app::imports::{Looked, Told, encoding_name};
use flusso_app::keys::import::{Shape, Stage};
use flusso_app::keys::job::{Job, JobState, Task};
use flusso_app::keys::mapping::Mapping;
use serde::Serialize;
use utoipa::ToSchema;

use super::plan::{DateOrder, ImportColumn};
use crate::api::Moment;

/// An import.
#[derive(Serialize, ToSchema)]
pub(super) struct Import {
    /// `imp_…`
    id: String,
    /// What it is called.
    #[schema(example = "clienti.csv")]
    name: String,
    /// Who began it.
    #[schema(example = "person:giulia")]
    by: String,
    /// When.
    created_at: Moment,
    /// `new`, `looked_at`, `checking`, `checked`, `running`, `ended`, `undoing`, `undone`.
    #[schema(example = "checked")]
    state: &'static str,
    /// The numbers of the parts of its file that came.
    parts: Vec<u32>,
    /// The bytes of its file, as far as it came.
    bytes: u64,
    /// How its file is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<FileShape>,
    /// What trying it has counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<ImportProgress>,
    /// What it has done.
    #[serde(skip_serializing_if = "Option::is_none")]
    apply: Option<ImportProgress>,
    /// What was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    undo: Option<ImportProgress>,
    /// Whether its files are gone.
    cleared: bool,
}

/// How a file is read.
#[derive(Serialize, ToSchema)]
struct FileShape {
    /// How its letters are written: `utf-8`, `utf-16` or `windows-1252`.
    #[schema(example = "utf-8")]
    encoding: &'static str,
    /// What stands between two cells.
    #[schema(example = ";")]
    delimiter: String,
    /// Whether the first row names the columns.
    header: bool,
    /// The names of the columns; where no row names them, their numbers.
    columns: Vec<String>,
    /// The sheet of a workbook that is read; none of another file.
    sheet: Option<String>,
}

/// How far a job of an import has come.
#[derive(Serialize, ToSchema)]
struct ImportProgress {
    /// `job_…`
    job: String,
    /// `running`, `paused`, `cancelled`, `done` or `failed`.
    #[schema(example = "done")]
    state: &'static str,
    /// Why it failed: a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "file_changed")]
    reason: Option<String>,
    /// Rows that it is done with.
    rows: u64,
    /// Rows that there are, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<u64>,
    /// Rows that can't be taken in.
    bad: u64,
    /// What came of the rows: `created`, `updated`, `unchanged`, `restored`; `duplicate` of another row, `exists` and `unknown`
    /// by the mode; `bad.<why>`; `taken`, an identity that is another contact's; `enters.<workflow>`. Of undoing: `deleted`,
    /// `reverted`, `kept`, `gone`, and `left`.
    counts: BTreeMap<String, u64>,
    /// How many files of rows there are with which something was wrong: `/v1/imports/{id}/rows/{stage}/0` and on.
    files: usize,
}

/// What a file looks like.
#[derive(Serialize, ToSchema)]
pub(super) struct ImportLook {
    /// How it is read.
    file: FileShape,
    /// Its first rows, up to 20.
    #[schema(example = json!([["Anna", "anna@example.com"]]))]
    rows: Vec<Vec<String>>,
    /// What each column probably is.
    columns: Vec<ImportColumn>,
    /// How its dates probably are written.
    dates: DateOrder,
    /// The name of the saved mapping from which that comes.
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping: Option<String>,
}

/// What the columns of a file were.
#[derive(Serialize, ToSchema)]
pub(super) struct SavedMapping {
    /// Under which name that was saved.
    pub(super) name: String,
    /// The columns.
    columns: Vec<MappedColumn>,
    /// How dates were written.
    dates: DateOrder,
}

/// What a column was.
#[derive(Serialize, ToSchema)]
struct MappedColumn {
    /// Its name.
    #[schema(example = "E-Mail")]
    name: String,
    /// What it was.
    is: ImportColumn,
}

impl FileShape {
    fn of(shape: &Shape) -> Self {
        Self {
            encoding: encoding_name(shape.encoding),
            delimiter: shape.delimiter.to_string(),
            header: shape.header,
            columns: shape.columns.iter().map(ToString::to_string).collect(),
            sheet: shape.sheet.as_ref().map(ToString::to_string),
        }
    }
}

impl ImportProgress {
    fn of(id: Option<&JobId>, job: Option<&Job>, stage: Stage) -> Option<Self> {
        let (id, job) = (id?, job?);
        let files = match &job.task {
            Task::Import { files, .. } => files.len(),
            _ => 0,
        };
        Some(Self {
            job: id.to_string(),
            state: job.state.as_str(),
            reason: job.reason.clone(),
            rows: job.done,
            of: (stage != Stage::Check || job.state == JobState::Done).then_some(job.of),
            bad: job.failed,
            counts: job.counts.iter().map(|(name, many)| (name.to_string(), *many)).collect(),
            files,
        })
    }
}

impl Import {
    pub(super) fn of(told: &Told, definitions: &Definitions) -> Self {
        let import = &told.import;
        let open = |job: &Option<Job>| job.as_ref().map(|job| !job.state.is_over());
        let state = match (open(&told.undo), open(&told.job), open(&told.check)) {
            (Some(true), ..) => "undoing",
            (Some(false), ..) => "undone",
            (None, Some(true), _) => "running",
            (None, Some(false), _) => "ended",
            (None, None, Some(true)) => "checking",
            (None, None, Some(false)) => "checked",
            (None, None, None) if import.shape.is_some() => "looked_at",
            (None, None, None) => "new",
        };
        Self {
            id: told.id.clone(),
            name: import.name.to_string(),
            by: import.by.to_string(),
            created_at: Moment::of(import.created_at, definitions),
            state,
            parts: import.parts.keys().copied().collect(),
            bytes: import.parts.values().sum(),
            file: import.shape.as_ref().map(FileShape::of),
            check: ImportProgress::of(import.check.as_ref(), told.check.as_ref(), Stage::Check),
            apply: ImportProgress::of(import.job.as_ref(), told.job.as_ref(), Stage::Apply),
            undo: ImportProgress::of(import.undo.as_ref(), told.undo.as_ref(), Stage::Undo),
            cleared: import.cleared,
        }
    }
}

impl ImportLook {
    pub(super) fn of(looked: Looked) -> Self {
        Self {
            file: FileShape::of(&looked.shape),
            rows: looked.rows,
            columns: looked.columns.iter().map(ImportColumn::of).collect(),
            dates: DateOrder::of(looked.dates),
            mapping: looked.mapping,
        }
    }
}

impl SavedMapping {
    pub(super) fn of(name: String, mapping: &Mapping) -> Self {
        let column = |(name, is): &(std::sync::Arc<str>, _)| MappedColumn {
            name: name.to_string(),
            is: ImportColumn::of(is),
        };
        Self {
            name,
            columns: mapping.columns.iter().map(column).collect(),
            dates: DateOrder::of(mapping.dates),
        }
    }
}
