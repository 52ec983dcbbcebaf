//! A file that is made of contacts: `export`, `<id>`. The file lies among the blobs, in parts below `exports/<id>/`, and goes
//! soon, and at once when somebody is erased.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::JobId;
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "export", prefix: "export", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct ExportRow;

impl Kind for ExportRow {
    type Value = Export;
    const FORMAT: u16 = 1;
}

/// The partition of all of them.
pub const PARTITION: &str = "export";

/// A file that is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// What it is called.
    pub name: Arc<str>,
    /// Who asked for it.
    pub by: Arc<str>,
    /// When.
    pub created_at: Instant,
    /// How it is written.
    pub format: Format,
    /// The columns.
    pub columns: Vec<Arc<str>>,
    /// The job that makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// Whether its file is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cleared: bool,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Rows of cells, with commas between them.
    Csv,
    /// A JSON object in each line.
    JsonLines,
}

/// Where it lives.
pub fn key(id: &str) -> Key {
    Key::new(PARTITION, id)
}
