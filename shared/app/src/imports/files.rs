//! What imports and exports leave among the blobs: rows with which something was wrong, and files that go after a while, or
//! when somebody is erased who stands in them.

use flusso_engine::time::Millis;
use flusso_store::keys::export::Format;
use flusso_store::keys::import::{Import, Stage};
use flusso_store::keys::job::{Job, JobState, Task};
use flusso_store::table::TableError;
use serde::Deserialize;

use super::read::{part_blob, text_blob};
use crate::exports::export_blob;
use crate::{App, AppError};

/// So long after it was made a file goes.
pub const FILES_KEPT: Millis = Millis::hours(7 * 24);
/// Rows of a page when files are looked through.
const PAGE: usize = 100;
/// The files are looked through once a day: by a sweep in these minutes of it.
const SWEPT: i64 = 15;

/// A row with which something was wrong, or a contact with which something was left.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Wrong {
    /// The number of the row.
    pub row: u64,
    /// What: a code.
    pub code: String,
    /// In which column.
    #[serde(default)]
    pub column: Option<String>,
    /// In which row the same person stood first.
    #[serde(default)]
    pub first: Option<u64>,
    /// Whom it concerns.
    #[serde(default)]
    pub contact: Option<String>,
    /// What stood in it.
    #[serde(default)]
    pub cells: Option<Vec<String>>,
}

/// Where the rows lie with which something was wrong, of those that a chunk did that began after so many rows.
pub(super) fn wrong_blob(id: &str, stage: Stage, first: u64) -> String {
    format!("imports/{id}/{}-{first:09}", stage.as_str())
}

fn wrong_files(job: Option<&Job>) -> Vec<(Stage, u64)> {
    match job.map(|job| &job.task) {
        Some(Task::Import { stage, files, .. }) => files.iter().map(|first| (*stage, *first)).collect(),
        _ => Vec::new(),
    }
}

impl App {
    /// The names of the columns of an import, and one file of rows with which something was wrong.
    pub async fn wrong_rows(
        &self,
        id: &str,
        stage: Stage,
        file: usize,
    ) -> Result<(Import, Vec<Wrong>), AppError> {
        let told = self.import(id).await?;
        let unknown = || AppError::NotFound { what: "file", id: format!("{}/{file}", stage.as_str()) };
        if told.import.cleared {
            return Err(unknown());
        }
        let job = match stage {
            Stage::Check => &told.check,
            Stage::Apply => &told.job,
            Stage::Undo => &told.undo,
        };
        let found = wrong_files(job.as_ref()).get(file).copied();
        let (stage, first) = found.ok_or_else(unknown)?;
        let bytes = self.ports.blobs.get(&wrong_blob(id, stage, first)).await?.ok_or_else(unknown)?;
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let rows = lines.filter_map(|line| serde_json::from_slice(line).ok()).collect();
        Ok((told.import, rows))
    }

    /// Removes the files of an import that nothing works on.
    pub async fn clear_import(&self, id: &str) -> Result<(), AppError> {
        let told = self.import(id).await?;
        let jobs = [&told.check, &told.job, &told.undo];
        if jobs.iter().any(|job| job.as_ref().is_some_and(|job| !job.state.is_over())) {
            let message = "a job works on the import; wait until it has ended, or cancel it".to_owned();
            return Err(AppError::Conflict { code: "import.busy", message });
        }
        for name in self.import_files(id).await? {
            self.ports.blobs.remove(&name).await?;
        }
        self.change_import(id, |import| {
            import.cleared = true;
            Ok(())
        })
        .await
        .map(drop)
    }

    /// The names of all files of an import that there may be.
    async fn import_files(&self, id: &str) -> Result<Vec<String>, AppError> {
        let told = self.import(id).await?;
        let mut names = own_files(id, &told.import);
        for job in [&told.check, &told.job, &told.undo] {
            let files = wrong_files(job.as_ref()).into_iter();
            names.extend(files.map(|(stage, first)| wrong_blob(id, stage, first)));
        }
        Ok(names)
    }

    /// Removes the file of an import that has come to its end: nobody needs it any more.
    pub(crate) async fn drop_imported(&self, job: &Job) -> Result<(), AppError> {
        let Task::Import { import: id, stage: Stage::Apply, .. } = &job.task else { return Ok(()) };
        if job.state != JobState::Done {
            return Ok(());
        }
        let (import, _) = self.known_import(id).await?;
        for name in own_files(id, &import) {
            self.ports.blobs.remove(&name).await?;
        }
        Ok(())
    }

    /// Once a day: files that are old go.
    pub(crate) async fn sweep_files(&self) -> Result<(), AppError> {
        let now = self.now();
        if now.minute().rem_euclid(24 * 60) >= SWEPT {
            return Ok(());
        }
        let before = now - FILES_KEPT;
        let imports = self.repository.imports(None, PAGE).await?.items;
        let exports = self.repository.exports(None, PAGE).await?.items;
        let old = imports.iter().any(|(_, one)| !one.cleared && one.created_at < before)
            || exports.iter().any(|(_, one)| !one.cleared && one.created_at < before);
        if old { self.begin_clearing().await } else { Ok(()) }
    }

    /// Removes the files that are old.
    pub(crate) async fn clear_files(&self) -> Result<(), AppError> {
        let before = self.now() - FILES_KEPT;
        let mut cursor = None;
        loop {
            let page = self.repository.imports(cursor, PAGE).await?;
            for (id, _) in page.items.iter().filter(|(_, one)| !one.cleared && one.created_at < before) {
                match self.clear_import(id).await {
                    Ok(()) | Err(AppError::Conflict { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        loop {
            let page = self.repository.exports(cursor, PAGE).await?;
            for (id, _) in page.items.iter().filter(|(_, one)| !one.cleared && one.created_at < before) {
                self.clear_export(id).await?;
            }
            cursor = page.cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    /// Takes somebody who is erased out of every file: a row that is still to come is blotted out, one with which something
    /// was wrong goes, and so does a whole export.
    pub(crate) async fn forget_files(&self, named: &[String]) -> Result<u64, AppError> {
        let named: Vec<String> = named.iter().map(|name| name.to_lowercase()).collect();
        let stands_in = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').any(|line| stands(line, &named));
        let (mut cursor, mut found) = (None, 0);
        loop {
            let page = self.repository.imports(cursor, PAGE).await?;
            for (id, _) in page.items.iter().filter(|(_, one)| !one.cleared) {
                for name in self.import_files(id).await? {
                    let Some(bytes) = self.ports.blobs.get(&name).await? else { continue };
                    if !stands_in(&bytes) {
                        continue;
                    }
                    found += 1;
                    self.ports
                        .blobs
                        .put(
                            &name,
                            without(bytes, &named, name.contains("/part-") || name.contains("/text-")),
                        )
                        .await?;
                }
            }
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        loop {
            let page = self.repository.exports(cursor, PAGE).await?;
            for (id, _) in page.items.iter().filter(|(_, one)| !one.cleared) {
                let files = self.export_files(id).await?;
                for at in 0..files {
                    let bytes = self.ports.blobs.get(&export_blob(id, at)).await?;
                    if bytes.is_some_and(|bytes| stands_in(&bytes)) {
                        found += 1;
                        self.clear_export(id).await?;
                        break;
                    }
                }
            }
            cursor = page.cursor;
            if cursor.is_none() {
                return Ok(found);
            }
        }
    }

    /// Removes the files of an export.
    pub async fn clear_export(&self, id: &str) -> Result<(), AppError> {
        for _ in 0..super::TRIES {
            let (mut export, revision) = self.known_export(id).await?;
            for at in 0..self.export_files(id).await? {
                self.ports.blobs.remove(&export_blob(id, at)).await?;
            }
            export.cleared = true;
            match self.repository.put_export(id, &export, Some(revision)).await {
                Ok(()) => return Ok(()),
                Err(TableError::Conflict(_) | TableError::Unknown(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AppError::Unavailable("the export changes too fast".to_owned()))
    }
}

/// The files of an import but for those of rows with which something was wrong.
fn own_files(id: &str, import: &Import) -> Vec<String> {
    let mut names: Vec<String> = import.parts.keys().map(|part| part_blob(id, *part)).collect();
    names.extend((0..import.texts).map(|part| text_blob(id, part)));
    names.extend(["seen", "doubles"].map(|name| format!("imports/{id}/{name}")));
    names
}

/// Where one text stands in another.
fn find(text: &[u8], name: &[u8]) -> Option<usize> {
    if name.is_empty() { None } else { text.windows(name.len()).position(|part| part == name) }
}

/// Digits of a number by which it is known, with its country or without, and whatever stands between them.
const DIGITS: usize = 9;

/// Whether somebody stands in a line: in lower case, and a number however it is written.
fn stands(line: &[u8], named: &[String]) -> bool {
    let text = line.to_ascii_lowercase();
    let digits: Vec<u8> = text.iter().copied().filter(u8::is_ascii_digit).collect();
    named.iter().any(|name| {
        let tail = name.strip_prefix('+').and_then(|number| number.get(number.len().checked_sub(DIGITS)?..));
        find(&text, name.as_bytes()).is_some()
            || tail.is_some_and(|tail| find(&digits, tail.as_bytes()).is_some())
    })
}

/// The lines of a file in which nobody of these stands. Of one that is still to be read, the others are blotted out, so that
/// every place in it stays where it is.
fn without(mut bytes: Vec<u8>, named: &[String], keeps_length: bool) -> Vec<u8> {
    let mut kept = Vec::new();
    for line in bytes.split_mut(|byte| *byte == b'\n') {
        let stands = stands(line, named);
        if stands && keeps_length {
            line.iter_mut().filter(|byte| !b"\",;\t|\r".contains(byte)).for_each(|byte| *byte = b'x');
        } else if !stands && !keeps_length && !line.is_empty() {
            kept.extend_from_slice(line);
            kept.push(b'\n');
        }
    }
    if keeps_length { bytes } else { kept }
}

/// The media type of a format.
pub const fn media_type(format: Format) -> &'static str {
    match format {
        Format::Csv => "text/csv",
        Format::JsonLines => "application/x-ndjson",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// KC-53 SEM-13: who is erased stands in no file any more, and every other row stays where it is.
    #[test]
    fn who_is_erased_is_blotted_out() {
        let named = ["anna@example.com".to_owned()];
        let text = b"nome,email\nAnna,Anna@Example.com\nBruno,b@example.com\n".to_vec();
        let blotted = without(text.clone(), &named, true);
        assert_eq!(blotted.len(), text.len());
        assert_eq!(blotted, b"nome,email\nxxxx,xxxxxxxxxxxxxxxx\nBruno,b@example.com\n");
        assert_eq!(without(text, &named, false), b"nome,email\nBruno,b@example.com\n");
        let named = ["+393331234567".to_owned()];
        let text = b"Anna,333 123-4567\nBruno,333 123-4568\n".to_vec();
        assert_eq!(without(text, &named, false), b"Bruno,333 123-4568\n", "a number however it is written");
    }
}
