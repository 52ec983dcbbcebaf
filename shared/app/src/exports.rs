//! Contacts written into a file: by a job, in parts that each are a file of their own, given out by links that are good for a
//! while.

use std::sync::Arc;

use flusso_engine::condition::Truth;
use flusso_engine::contact::{Contact, fields};
use flusso_engine::definitions::Definitions;
use flusso_engine::ids::JobId;
use flusso_engine::limits;
use flusso_engine::time::{Instant, Millis};
use flusso_store::keys::export::{Export, Format};
use flusso_store::keys::job::{Cursor, Job, JobState, Over, Task};
use flusso_store::repository::Listed;
use futures_util::future::try_join_all;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use crate::filter::Filter;
use crate::imports::made_id;
use crate::jobs::{LASTS, check_over};
use crate::ports::secrets::SecretName;
use crate::unsubscribe::sign;
use crate::{App, AppError};

/// Where a file lies below the public address.
pub const PATH: &str = "/d";
/// How long a link is good.
const GOOD_FOR: Millis = Millis::hours(1);
/// A file has about so many bytes.
const BYTES: usize = 4 << 20;
/// Contacts that are read at once.
const AT_ONCE: usize = 200;
/// Columns that are no fields.
const OTHERS: [&str; 6] = ["id", "created_at", "tags", "lists", "score", "consents"];

/// A link to a file, for whoever has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLink {
    /// Where it is.
    pub url: String,
    /// Until when that is good.
    pub expires_at: Instant,
}

/// Where a file of an export lies.
pub(crate) fn export_blob(id: &str, at: u64) -> String {
    format!("exports/{id}/{at:05}")
}

impl App {
    /// Begins to write contacts into a file; the id of the export, and its job.
    pub async fn begin_export(
        &self,
        name: &str,
        over: Over,
        format: Format,
        columns: Vec<String>,
        by: &str,
    ) -> Result<(String, JobId), AppError> {
        let definitions = self.definitions().await?;
        check_over(&over, &definitions)?;
        if let Over::Chosen { who, .. } = &over {
            Filter::read(who, &definitions)?;
        }
        if name.trim().is_empty()
            || limits::json_bytes(name) > limits::NAME_BYTES
            || name.contains(char::is_control)
        {
            let message = format!("a name is a line of 1 to {} bytes", limits::NAME_BYTES);
            return Err(AppError::invalid("name", "export.name", message));
        }
        if columns.len() > limits::FIELDS {
            let message = format!("a file has at most {} columns", limits::FIELDS);
            return Err(AppError::invalid("columns", "export.columns", message));
        }
        for (at, column) in columns.iter().enumerate() {
            if !fields::is_name(column) {
                let message = format!("`{column}` is no field, and none of {}", OTHERS.join(", "));
                return Err(AppError::invalid(format!("columns[{at}]"), "field.name", message));
            }
        }
        let columns = if columns.is_empty() { all_columns(&definitions) } else { columns };
        let now = self.now();
        let id = made_id("exp", now, &self.ports.tokens.token());
        let export = Export {
            name: name.trim().into(),
            by: by.into(),
            created_at: now,
            format,
            columns: columns.into_iter().map(Into::into).collect(),
            job: None,
            cleared: false,
        };
        self.repository.put_export(&id, &export, None).await?;
        let task = Task::Export { export: id.as_str().into(), files: 0 };
        let job = self.begin_job(task, over, by, Some(("export", &id))).await?;
        let export = Export { job: Some(job.clone()), ..export };
        self.repository.put_export(&id, &export, Some(1)).await?;
        Ok((id, job))
    }

    /// An export, and how its job stands.
    pub async fn export_told(&self, id: &str) -> Result<(Export, Option<Job>), AppError> {
        let (export, _) = self.known_export(id).await?;
        let job = match &export.job {
            Some(job) => self.repository.job(job).await?.map(|(job, _)| job),
            None => None,
        };
        Ok((export, job))
    }

    /// All exports, the newest first, one page.
    pub async fn exports(
        &self,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed<(String, Export)>, AppError> {
        Ok(self.repository.exports(cursor, limit).await?)
    }

    pub(crate) async fn known_export(&self, id: &str) -> Result<(Export, u64), AppError> {
        let found = self.repository.export(id).await?;
        found.ok_or_else(|| AppError::NotFound { what: "export", id: id.to_owned() })
    }

    /// How many files there are of an export.
    pub(crate) async fn export_files(&self, id: &str) -> Result<u64, AppError> {
        let (_, job) = self.export_told(id).await?;
        Ok(match job.map(|job| job.task) {
            // One more than it knows may be under way.
            Some(Task::Export { files, .. }) => files + 1,
            _ => 0,
        })
    }

    /// Links to the files of an export, each good for an hour for whoever has it.
    pub async fn export_links(&self, id: &str) -> Result<Vec<FileLink>, AppError> {
        let (export, job) = self.export_told(id).await?;
        let files = match job {
            Some(Job { state: JobState::Done, task: Task::Export { files, .. }, .. }) if !export.cleared => {
                files
            }
            _ => 0,
        };
        let expires_at = self.now() + GOOD_FOR;
        let millis = expires_at.millis();
        let secret = self.ports.secrets.current(SecretName::Unsubscribe);
        let links = (0..files).map(|at| {
            let signature = sign(&secret, &signed(id, at, millis))?;
            let (public, key) = (self.ports.public_url.trim_end_matches('/'), &secret.key_id);
            let url = format!("{public}{PATH}/{key}.{id}.{at}.{millis}.{signature}");
            Some(FileLink { url, expires_at })
        });
        Ok(links.flatten().collect())
    }

    /// The file of an export to which such a link leads: what it is called, how it is written, its bytes.
    pub async fn linked_export(&self, token: &str) -> Result<(String, Format, Vec<u8>), AppError> {
        let unknown = || AppError::NotFound { what: "document", id: String::new() };
        let read = || {
            let mut parts = token.split('.');
            let (key, id, at) = (parts.next()?, parts.next()?, parts.next()?.parse::<u64>().ok()?);
            let millis: i64 = parts.next()?.parse().ok()?;
            let (signature, None) = (parts.next()?, parts.next()) else { return None };
            let secret = self.ports.secrets.by_id(SecretName::Unsubscribe, key)?;
            let expected = sign(&secret, &signed(id, at, millis))?;
            let is_ours = bool::from(expected.as_bytes().ct_eq(signature.as_bytes()));
            (is_ours && self.now() < Instant::from_millis(millis)).then_some((id, at))
        };
        let (id, at) = read().ok_or_else(unknown)?;
        let (export, _) = self.known_export(id).await.map_err(|_| unknown())?;
        if export.cleared {
            return Err(unknown());
        }
        let bytes = self.ports.blobs.get(&export_blob(id, at)).await?.ok_or_else(unknown)?;
        let ending = match export.format {
            Format::Csv => "csv",
            Format::JsonLines => "jsonl",
        };
        Ok((format!("{}-{}.{ending}", export.name, at + 1), export.format, bytes))
    }

    /// Goes on with writing contacts into a file.
    pub(crate) async fn export_on(&self, job: &mut Job, began: Instant) -> Result<(), AppError> {
        let Task::Export { export: id, files } = &job.task else { return Ok(()) };
        let (id, files) = (id.clone(), *files);
        job.counting = None;
        let (export, _) = self.known_export(&id).await?;
        if export.cleared {
            job.state = JobState::Failed;
            job.reason = Some("file_missing".to_owned());
            return Ok(());
        }
        let definitions = self.definitions().await?;
        let filter = match &job.over {
            Over::Chosen { who, .. } => match Filter::read(who, &definitions) {
                Ok(filter) => Some(filter),
                Err(_) => {
                    job.state = JobState::Failed;
                    job.reason = Some("filter_unreadable".to_owned());
                    return Ok(());
                }
            },
            _ => None,
        };
        let over = if filter.is_some() { Over::All } else { job.over.clone() };
        let named = matches!(over, Over::Contacts { .. });
        let mut bytes = heading(&export);
        let mut written = 0;
        while let Some(cursor) = job.cursor.clone() {
            if self.now().since(began) > LASTS || bytes.len() > BYTES {
                break;
            }
            let (some, next): (_, Option<Cursor>) = self.repository.walk(&over, &cursor, AT_ONCE).await?;
            let contacts = try_join_all(some.iter().map(|id| self.repository.contact_itself(id))).await?;
            let now = job.created_at;
            let meant = |contact: &&Contact| {
                let shown = contact.is_shown() || named && contact.is_there() && !contact.is_deleted();
                let asked = |filter: &Filter| filter.asks(contact, &definitions, now) == Truth::Yes;
                shown && over.has(contact) && filter.as_ref().is_none_or(asked)
            };
            for contact in contacts.iter().filter(meant) {
                write(&export, contact, now, &mut bytes);
                written += 1;
            }
            job.done += contacts.len() as u64;
            job.cursor = next;
        }
        if written > 0 || files == 0 && job.cursor.is_none() {
            self.ports.blobs.put(&export_blob(&id, files), bytes).await?;
            job.task = Task::Export { export: id, files: files + 1 };
            *job.counts.entry("written".into()).or_default() += written;
        }
        job.of = job.of.max(job.done);
        if job.cursor.is_none() {
            job.state = JobState::Done;
        }
        Ok(())
    }
}

/// What is signed: none of the three can have the separator in it.
fn signed(id: &str, at: u64, millis: i64) -> String {
    format!("export.{id}.{at}.{millis}")
}

fn all_columns(definitions: &Definitions) -> Vec<String> {
    let folders = definitions.catalogue.folders.iter();
    let fields = folders.flat_map(|folder| folder.fields.iter().map(ToString::to_string));
    let others = OTHERS[1..].iter().map(ToString::to_string);
    std::iter::once(OTHERS[0].to_owned()).chain(fields).chain(others).collect()
}

/// What a file begins with.
fn heading(export: &Export) -> Vec<u8> {
    match export.format {
        Format::JsonLines => Vec::new(),
        Format::Csv => {
            // The mark by which programs for tables know that it is UTF-8.
            let mut bytes = b"\xef\xbb\xbf".to_vec();
            csv_row(export.columns.iter().map(|column| Value::from(&**column)), &mut bytes);
            bytes
        }
    }
}

fn write(export: &Export, contact: &Contact, now: Instant, bytes: &mut Vec<u8>) {
    let values = export.columns.iter().map(|column| value(contact, column, now));
    match export.format {
        Format::Csv => csv_row(values, bytes),
        Format::JsonLines => {
            let named = export.columns.iter().map(ToString::to_string).zip(values);
            let object: Map<String, Value> = named.filter(|(_, value)| !value.is_null()).collect();
            bytes.extend(Value::Object(object).to_string().bytes());
            bytes.push(b'\n');
        }
    }
}

fn value(contact: &Contact, column: &str, now: Instant) -> Value {
    let profile = &contact.profile;
    let names = |names: &mut dyn Iterator<Item = &Arc<str>>| names.map(|name| Value::from(&**name)).collect();
    match column {
        "id" => contact.id.as_str().into(),
        "created_at" => profile.created_at.to_string().into(),
        "tags" => Value::Array(names(&mut profile.tags.keys())),
        "lists" => Value::Array(names(&mut profile.lists.keys())),
        "score" => contact.score(now).into(),
        "consents" => {
            let given = profile.consents.iter().filter(|one| profile.has_consent(one.channel, &one.purpose));
            given.map(|one| Value::from(format!("{}/{}", one.channel, one.purpose))).collect()
        }
        field => profile.field(field).cloned().unwrap_or_default(),
    }
}

/// A row of cells: lists with commas between their items, and no cell that a program for tables would run.
pub fn csv_row(values: impl Iterator<Item = Value>, bytes: &mut Vec<u8>) {
    let cells = values.map(|value| match value {
        Value::Null => String::new(),
        Value::String(text) => safe(text),
        Value::Array(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                .collect();
            safe(items.join(","))
        }
        other => other.to_string(),
    });
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut *bytes);
    // Writing into memory can't fail.
    let _ = writer.write_record(cells);
    let _ = writer.flush();
}

/// A text that no program for tables takes for a formula: one that begins like one begins with a quote.
pub fn safe(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// KC-51: no cell of a file is run by the program that opens it; numbers stay numbers.
    #[test]
    fn no_cell_is_a_formula() {
        let cells =
            ["=1+1", "+39 333", "-x", "@a", "\tb", "\rc", "Anna \"A\", Rossi", "a\nb"].map(Value::from);
        let mut bytes = Vec::new();
        csv_row(cells.into_iter().chain([Value::from(-5), Value::Null]), &mut bytes);
        let expected = "'=1+1,'+39 333,'-x,'@a,'\tb,\"'\rc\",\"Anna \"\"A\"\", Rossi\",\"a\nb\",-5,\r\n";
        assert_eq!(String::from_utf8(bytes).ok().as_deref(), Some(expected));
    }
}
