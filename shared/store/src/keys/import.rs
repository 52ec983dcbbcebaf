//! A file of contacts that is taken in: `import`, `<id>`. What it names are columns and choices; the file itself, and what
//! could not be taken in of it, lie among the blobs below `imports/<id>/`, and go when the row does.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::contact::catalogue::CustomField;
use flusso_engine::contact::consent::Grant;
use flusso_engine::ids::JobId;
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "import", prefix: "import", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct ImportRow;

impl Kind for ImportRow {
    type Value = Import;
    const FORMAT: u16 = 1;
}

/// The partition of all imports.
pub const PARTITION: &str = "import";

/// A file of contacts, how it is read, and what was done with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// What it is called.
    pub name: Arc<str>,
    /// Who began it.
    pub by: Arc<str>,
    /// When.
    pub created_at: Instant,
    /// The bytes of each part of the file that came.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<u32, u64>,
    /// How the file is read, once somebody has looked at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Shape>,
    /// What is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// The job that tries it without writing anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<JobId>,
    /// The job that does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// The job that takes it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<JobId>,
    /// Most parts of text that its file was ever made into.
    #[serde(default, skip_serializing_if = "is_none")]
    pub texts: usize,
    /// Whether its files are gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cleared: bool,
}

fn is_none(texts: &usize) -> bool {
    *texts == 0
}

/// How a file is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// How its letters are written.
    pub encoding: Encoding,
    /// What stands between two cells.
    pub delimiter: char,
    /// Whether the first row names the columns.
    pub header: bool,
    /// The names of the columns; where no row names them, `1`, `2`, …
    pub columns: Vec<Arc<str>>,
    /// Bytes of each part of the text that it was made into, where it was not one that is read as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<u64>,
    /// The sheet of the workbook that it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<Arc<str>>,
}

/// How letters are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// UTF-8, with a mark at its beginning or without.
    Utf8,
    /// UTF-16, either way round, by the mark at its beginning.
    Utf16,
    /// Windows-1252, which has Latin-1 in it.
    Windows1252,
}

/// What is to be done with the rows of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What each column is.
    pub columns: Vec<Target>,
    /// Fields that are defined for it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<Arc<str>, CustomField>,
    /// Whom it may make and change.
    pub mode: Mode,
    /// Whether an empty cell clears the field.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub clears: bool,
    /// How dates are written.
    pub dates: Dates,
    /// The country of numbers that name none; the account's, if empty.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub country: Arc<str>,
    /// What all of them have agreed to; none where only data is taken in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// Tags for all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Arc<str>>,
    /// Lists for all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<Arc<str>>,
    /// Who looks after all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Arc<str>>,
    /// Whether they enter workflows by it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub triggers: bool,
}

/// What a column is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Nothing.
    Nothing,
    /// A field.
    Field(Arc<str>),
    /// The id in another system.
    External(Arc<str>),
    /// Tags, with `,` or `;` between them.
    Tags,
}

/// Whom an import may make and change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It only makes new ones.
    Create,
    /// It only changes those that there are.
    Update,
    /// Both.
    Both,
}

/// How dates are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dates {
    /// `17/05/1980`.
    DayFirst,
    /// `05/17/1980`.
    MonthFirst,
    /// `1980-05-17`.
    YearFirst,
}

/// What a job does with an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It is tried: nothing is written.
    Check,
    /// It is done.
    Apply,
    /// It is taken back.
    Undo,
}

impl Stage {
    /// Its name, and how its files begin.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Apply => "apply",
            Self::Undo => "undo",
        }
    }
}

/// Where it lives.
pub fn key(id: &str) -> Key {
    Key::new(PARTITION, id)
}
