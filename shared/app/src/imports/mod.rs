//! Files of contacts that are taken in. A file comes in parts; somebody looks at it and says what its columns are; it is
//! tried, which writes nothing; it is done, row by row, each an event of its own that counts once; and it can be taken back.
//! The file and what was wrong with its rows lie among the blobs below `imports/<id>/`, and go a week later.

mod files;
mod plan;
pub(crate) mod read;
mod rows;
mod suggest;
mod undo;
mod work;
mod workbook;

use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::ids::JobId;
use flusso_engine::limits;
use flusso_engine::time::Instant;
use flusso_store::keys::import::{Dates, Encoding, Import, Plan, Shape, Stage, Target};
use flusso_store::keys::job::{Job, JobState, Over, Task};
use flusso_store::keys::mapping::Mapping;
use flusso_store::repository::Listed;
use flusso_store::table::TableError;

use crate::{App, AppError};

pub use files::{FILES_KEPT, Wrong, media_type};
pub use read::PART;

use read::{PART as PART_BYTES, part_blob, text_blob};

/// Most parts of a file.
pub const PARTS: u32 = 250;
/// Bytes by which a file is judged: more than the rows that are shown have.
const BEGINNING: usize = 1 << 20;
/// Rows that are shown of a file.
const SHOWN: usize = 20;
/// How often a change of an import is tried against others.
const TRIES: u32 = 10;

/// How somebody wants a file to be read; what they do not say is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// What stands between two cells.
    pub delimiter: Option<char>,
    /// How letters are written.
    pub encoding: Option<Encoding>,
    /// Whether the first row names the columns.
    pub header: Option<bool>,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
}

/// What a file looks like.
#[derive(Clone, Debug)]
pub struct Looked {
    /// How it is read.
    pub shape: Shape,
    /// Its first rows, without the one that names the columns.
    pub rows: Vec<Vec<String>>,
    /// What each column probably is.
    pub columns: Vec<Target>,
    /// How its dates probably are written.
    pub dates: Dates,
    /// The kept mapping from which that comes.
    pub mapping: Option<String>,
}

/// An import with its jobs.
#[derive(Clone, Debug)]
pub struct Told {
    /// `imp_…`
    pub id: String,
    /// The import.
    pub import: Import,
    /// How trying it stands.
    pub check: Option<Job>,
    /// How doing it stands.
    pub job: Option<Job>,
    /// How taking it back stands.
    pub undo: Option<Job>,
}

impl App {
    /// Begins an import; its id.
    pub async fn begin_import(&self, name: &str, by: &str) -> Result<String, AppError> {
        let name = name.trim();
        if name.is_empty() || limits::json_bytes(name) > limits::NAME_BYTES || name.contains(char::is_control)
        {
            let message = format!("a name is a line of 1 to {} bytes", limits::NAME_BYTES);
            return Err(AppError::invalid("name", "import.name", message));
        }
        let now = self.now();
        let id = made_id("imp", now, &self.ports.tokens.token());
        let import = Import {
            name: name.into(),
            by: by.into(),
            created_at: now,
            parts: BTreeMap::new(),
            shape: None,
            plan: None,
            check: None,
            job: None,
            undo: None,
            texts: 0,
            cleared: false,
        };
        self.repository.put_import(&id, &import, None).await?;
        Ok(id)
    }

    /// Stores a part of an import's file. The same part again takes its place.
    pub async fn put_part(&self, id: &str, part: u32, bytes: Vec<u8>) -> Result<(), AppError> {
        if part == 0 || part > PARTS {
            let message = format!("a file has the parts 1 to {PARTS}");
            return Err(AppError::invalid("part", "import.part", message));
        }
        if bytes.is_empty() || bytes.len() > PART_BYTES {
            let message = format!("a part has 1 byte to {} MB", PART_BYTES >> 20);
            return Err(AppError::invalid("body", "import.part_size", message));
        }
        self.open_import(id).await?;
        let length = bytes.len() as u64;
        self.ports.blobs.put(&part_blob(id, part), bytes).await?;
        self.change_import(id, |import| {
            import.parts.insert(part, length);
            (import.shape, import.plan, import.check) = (None, None, None);
            refuse_begun(import)
        })
        .await
        .map(drop)
    }

    /// Looks at an import's file, and keeps how it is read.
    pub async fn look_at_import(&self, id: &str, wanted: &Wanted) -> Result<Looked, AppError> {
        let (import, _) = self.open_import(id).await?;
        let last = import.parts.keys().next_back().copied().unwrap_or(0);
        if let Some(missing) = (1..=last.max(1)).find(|part| !import.parts.contains_key(part)) {
            let message = format!("the part {missing} of the file has not come; send it first");
            return Err(AppError::Conflict { code: "import.part_missing", message });
        }
        let mut beginning = self.blob(&part_blob(id, 1)).await?;
        if workbook::is_old_workbook(&beginning) {
            return Err(workbook::refused("this is a workbook of an old kind, or one with a password"));
        }
        let mut shape = Shape {
            encoding: wanted.encoding.unwrap_or_else(|| read::encoding(&beginning)),
            delimiter: ',',
            header: true,
            columns: Vec::new(),
            text: Vec::new(),
            sheet: None,
        };
        if workbook::is_workbook(&beginning) {
            shape.encoding = Encoding::Utf8;
            let (sheet, text) = self.sheet_as_text(id, &import, wanted.sheet.as_deref()).await?;
            (shape.sheet, shape.text) = (Some(sheet), text);
        } else if wanted.sheet.is_some() {
            let message = "only a workbook (XLSX) has sheets";
            return Err(AppError::invalid("sheet", "import.sheet", message));
        } else if shape.encoding == Encoding::Utf16 {
            shape.text = self.made_into_text(id, last).await?;
        }
        let made = shape.sheet.is_some() || !shape.text.is_empty();
        let names: Vec<String> = if made {
            beginning.clear();
            (0..shape.text.len()).map(|part| text_blob(id, part)).collect()
        } else {
            // The first part may be short.
            import.parts.keys().skip(1).map(|part| part_blob(id, *part)).collect()
        };
        for name in &names {
            if beginning.len() >= BEGINNING {
                break;
            }
            beginning.extend(self.blob(name).await?);
        }
        if shape.sheet.is_none() {
            shape.delimiter = wanted.delimiter.unwrap_or_else(|| read::delimiter(&beginning));
        }
        let rows = read::first_rows(&beginning, &shape, SHOWN + 1);
        shape.header = wanted.header.unwrap_or_else(|| read::has_header(&rows));
        shape.columns = read::columns(&rows, shape.header);
        if shape.columns.is_empty() || shape.columns.len() > limits::FIELDS {
            let message =
                format!("a file has 1 to {} columns; this one has {}", limits::FIELDS, shape.columns.len());
            return Err(AppError::invalid("file", "import.columns", message));
        }
        let kept = shape.clone();
        self.change_import(id, |import| {
            import.shape = Some(kept.clone());
            (import.plan, import.check) = (None, None);
            refuse_begun(import)
        })
        .await?;
        let rows = rows.get(usize::from(shape.header)..).unwrap_or_default();
        let definitions = self.definitions().await?;
        let known = self.repository.mappings().await?.into_iter().find(|(_, known)| {
            shape.header && known.columns.iter().map(|(name, _)| name).eq(shape.columns.iter())
        });
        let (columns, dates, mapping) = match known {
            Some((name, known)) => {
                (known.columns.into_iter().map(|(_, target)| target).collect(), known.dates, Some(name))
            }
            None => {
                (suggest::suggest(&shape.columns, rows, &definitions.catalogue), suggest::dates(rows), None)
            }
        };
        let said = rows.iter().filter(|row| !row.is_blank()).take(SHOWN);
        let rows = said.map(|row| row.cells.clone().unwrap_or_default()).collect();
        Ok(Looked { shape, rows, columns, dates, mapping })
    }

    /// Tries an import: what it would do is counted, and nothing is written. The columns may be kept under a name.
    pub async fn check_import(
        &self,
        id: &str,
        plan: Plan,
        keep_as: Option<&str>,
        by: &str,
    ) -> Result<JobId, AppError> {
        let (import, _) = self.open_import(id).await?;
        let Some(shape) = &import.shape else {
            let message = "look at the file first: POST /v1/imports/{id}/look".to_owned();
            return Err(AppError::Conflict { code: "import.not_looked_at", message });
        };
        if let Some(job) = self.job_of(import.check.as_ref()).await?
            && !job.state.is_over()
        {
            let message = "the import is being tried; wait until that is done, or cancel its job".to_owned();
            return Err(AppError::Conflict { code: "import.busy", message });
        }
        plan::check(&plan, shape, &*self.definitions().await?)?;
        if let Some(name) = keep_as {
            plan::check_name("save_as", name)?;
            let columns = shape.columns.iter().cloned().zip(plan.columns.iter().cloned()).collect();
            self.repository.put_mapping(name, &Mapping { columns, dates: plan.dates }, self.now()).await?;
        }
        self.change_import(id, |import| {
            import.plan = Some(plan.clone());
            import.check = None;
            refuse_begun(import)
        })
        .await?;
        let task = Task::Import { import: id.into(), stage: Stage::Check, files: Vec::new() };
        let job = self.begin_job(task, Over::Rows, by, None).await?;
        self.change_import(id, |import| {
            import.check = Some(job.clone());
            Ok(())
        })
        .await?;
        Ok(job)
    }

    /// Has an import done that was tried. The same call again is the same job.
    pub async fn start_import(&self, id: &str, by: &str) -> Result<JobId, AppError> {
        let (import, _) = self.known_import(id).await?;
        if let Some(job) = import.job {
            return Ok(job);
        }
        let checked = self.job_of(import.check.as_ref()).await?;
        let (Some(plan), true) = (&import.plan, checked.is_some_and(|job| job.state == JobState::Done))
        else {
            let message = "try it first, and wait until that is done: POST /v1/imports/{id}/check".to_owned();
            return Err(AppError::Conflict { code: "import.not_checked", message });
        };
        for (key, field) in &plan.fields {
            self.put_field(key, None, field).await?;
        }
        let task = Task::Import { import: id.into(), stage: Stage::Apply, files: Vec::new() };
        let job = self.begin_job(task, Over::Rows, by, Some(("import", id))).await?;
        self.change_import(id, |import| {
            import.job = Some(job.clone());
            Ok(())
        })
        .await?;
        Ok(job)
    }

    /// Has an import taken back that was done, as far as it came. The same call again is the same job.
    pub async fn undo_import(&self, id: &str, by: &str) -> Result<JobId, AppError> {
        let (import, _) = self.known_import(id).await?;
        if let Some(job) = import.undo {
            return Ok(job);
        }
        if !self.job_of(import.job.as_ref()).await?.is_some_and(|job| job.state.is_over()) {
            let message =
                "there is nothing to take back before the import has ended; cancel its job first".to_owned();
            return Err(AppError::Conflict { code: "import.not_done", message });
        }
        let task = Task::Import { import: id.into(), stage: Stage::Undo, files: Vec::new() };
        let job = self.begin_job(task, Over::Rows, by, Some(("undo", id))).await?;
        self.change_import(id, |import| {
            import.undo = Some(job.clone());
            Ok(())
        })
        .await?;
        Ok(job)
    }

    /// An import, and how its jobs stand.
    pub async fn import(&self, id: &str) -> Result<Told, AppError> {
        let (import, _) = self.known_import(id).await?;
        self.told(id.to_owned(), import).await
    }

    /// All imports, the newest first, one page.
    pub async fn imports(&self, cursor: Option<String>, limit: usize) -> Result<Listed<Told>, AppError> {
        let page = self.repository.imports(cursor, limit).await?;
        let mut items = Vec::new();
        for (id, import) in page.items {
            items.push(self.told(id, import).await?);
        }
        Ok(Listed { items, cursor: page.cursor })
    }

    /// What columns are, by all names under which that is kept.
    pub async fn mappings(&self) -> Result<Vec<(String, Mapping)>, AppError> {
        Ok(self.repository.mappings().await?)
    }

    /// Forgets what columns are under a name.
    pub async fn delete_mapping(&self, name: &str) -> Result<(), AppError> {
        if !self.mappings().await?.iter().any(|(known, _)| known == name) {
            return Err(AppError::NotFound { what: "mapping", id: name.to_owned() });
        }
        Ok(self.repository.remove_mapping(name).await?)
    }

    async fn told(&self, id: String, import: Import) -> Result<Told, AppError> {
        let check = self.job_of(import.check.as_ref()).await?;
        let job = self.job_of(import.job.as_ref()).await?;
        let undo = self.job_of(import.undo.as_ref()).await?;
        Ok(Told { id, import, check, job, undo })
    }

    async fn job_of(&self, id: Option<&JobId>) -> Result<Option<Job>, AppError> {
        let Some(id) = id else { return Ok(None) };
        Ok(self.repository.job(id).await?.map(|(job, _)| job))
    }

    pub(crate) async fn known_import(&self, id: &str) -> Result<(Import, u64), AppError> {
        let found = self.repository.import(id).await?;
        found.ok_or_else(|| AppError::NotFound { what: "import", id: id.to_owned() })
    }

    /// An import that is still to be done.
    async fn open_import(&self, id: &str) -> Result<(Import, u64), AppError> {
        let (import, revision) = self.known_import(id).await?;
        refuse_begun(&import)?;
        Ok((import, revision))
    }

    async fn change_import(
        &self,
        id: &str,
        change: impl Fn(&mut Import) -> Result<(), AppError> + Send,
    ) -> Result<Import, AppError> {
        for _ in 0..TRIES {
            let (mut import, revision) = self.known_import(id).await?;
            change(&mut import)?;
            match self.repository.put_import(id, &import, Some(revision)).await {
                Ok(()) => return Ok(import),
                Err(TableError::Conflict(_) | TableError::Unknown(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AppError::Unavailable("the import changes too fast".to_owned()))
    }

    async fn blob(&self, name: &str) -> Result<Vec<u8>, AppError> {
        let found = self.ports.blobs.get(name).await?;
        found.ok_or_else(|| AppError::NotFound { what: "file", id: name.to_owned() })
    }

    /// Says how many parts of text an import will have, before they are there: whatever comes, all of them are found again.
    async fn will_have_texts(&self, id: &str, texts: usize) -> Result<(), AppError> {
        let change = |import: &mut Import| {
            import.texts = import.texts.max(texts);
            refuse_begun(import)
        };
        self.change_import(id, change).await.map(drop)
    }

    /// Makes a sheet of a workbook into text that is read as it is; its name, and the bytes of each part.
    async fn sheet_as_text(
        &self,
        id: &str,
        import: &Import,
        wanted: Option<&str>,
    ) -> Result<(Arc<str>, Vec<u64>), AppError> {
        workbook::check_size(import.parts.values().sum())?;
        let mut bytes = Vec::new();
        for part in import.parts.keys() {
            bytes.extend(self.blob(&part_blob(id, *part)).await?);
        }
        let sheet = workbook::sheet(bytes, wanted)?;
        self.will_have_texts(id, sheet.text.len().div_ceil(PART_BYTES)).await?;
        let mut lengths = Vec::new();
        for part in sheet.text.chunks(PART_BYTES) {
            self.ports.blobs.put(&text_blob(id, lengths.len()), part.to_vec()).await?;
            lengths.push(part.len() as u64);
        }
        Ok((sheet.name.into(), lengths))
    }

    /// Makes a file in UTF-16 into text that is read as it is, part by part; the bytes of each.
    async fn made_into_text(&self, id: &str, last: u32) -> Result<Vec<u64>, AppError> {
        self.will_have_texts(id, last as usize).await?;
        let mut decoder = None;
        let mut lengths = Vec::new();
        for part in 1..=last {
            let bytes = self.blob(&part_blob(id, part)).await?;
            let little = bytes.starts_with(b"\xff\xfe");
            let decoder = decoder.get_or_insert_with(|| {
                let encoding = if little { encoding_rs::UTF_16LE } else { encoding_rs::UTF_16BE };
                encoding.new_decoder_with_bom_removal()
            });
            let room = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16);
            let mut text = String::with_capacity(room);
            // There is room for all of it.
            let _ = decoder.decode_to_string(&bytes, &mut text, part == last);
            lengths.push(text.len() as u64);
            self.ports.blobs.put(&text_blob(id, lengths.len() - 1), text.into_bytes()).await?;
        }
        Ok(lengths)
    }

    /// Goes on with a job of an import.
    pub(crate) async fn import_on(&self, job: &mut Job, began: Instant) -> Result<(), AppError> {
        let Task::Import { import: id, stage, files } = &job.task else { return Ok(()) };
        let (id, stage, mut files) = (id.clone(), *stage, files.clone());
        let fails = |job: &mut Job, reason: &str| {
            job.state = JobState::Failed;
            job.reason = Some(reason.to_owned());
        };
        let (import, _) = self.known_import(&id).await?;
        if job.counting.take().is_some() && stage != Stage::Check {
            let before = if stage == Stage::Apply { &import.check } else { &import.job };
            job.of = self.job_of(before.as_ref()).await?.map_or(0, |before| before.done);
        }
        let first = job.done;
        let tally = match (stage, &import.shape, &import.plan) {
            (Stage::Undo, ..) => self.undo_on(&id, job, began).await?,
            (_, Some(shape), Some(plan)) => {
                match self.rows_on((&id, &import), (shape, plan), stage, job, began).await {
                    Err(AppError::Conflict { code: "import.cleared", .. }) => {
                        fails(job, "file_missing");
                        return Ok(());
                    }
                    done => done?,
                }
            }
            // Somebody sent another file since.
            _ => {
                fails(job, "file_changed");
                return Ok(());
            }
        };
        job.of = job.of.max(job.done);
        if !tally.wrong.is_empty() {
            files.push(first);
            self.ports.blobs.put(&files::wrong_blob(&id, stage, first), tally.wrong).await?;
            job.task = Task::Import { import: id, stage, files };
        }
        job.failed += tally.failed;
        for (name, many) in tally.counts {
            *job.counts.entry(name).or_default() += many;
        }
        Ok(())
    }
}

/// An id that sorts by its time.
pub(crate) fn made_id(prefix: &str, now: Instant, token: &str) -> String {
    let id = JobId::derive(now, &[prefix, token]);
    format!("{prefix}_{}", id.as_str().trim_start_matches("job_"))
}

fn refuse_begun(import: &Import) -> Result<(), AppError> {
    if import.job.is_some() {
        let message = "the import has begun; make another one for another file".to_owned();
        return Err(AppError::Conflict { code: "import.begun", message });
    }
    if import.cleared {
        let message = "the file of this import is gone; make another one".to_owned();
        return Err(AppError::Conflict { code: "import.cleared", message });
    }
    Ok(())
}

/// The name of an encoding, for people.
pub const fn encoding_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 => "utf-8",
        Encoding::Utf16 => "utf-16",
        Encoding::Windows1252 => "windows-1252",
    }
}

/// A column of a plan by its name, as an address in it.
pub(crate) fn column(at: usize) -> Arc<str> {
    format!("columns[{at}]").into()
}
