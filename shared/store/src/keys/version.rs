//! A version of a workflow that was saved: `ver/<workflow>`, `<version>`. Kept for ever.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::{VersionId, WorkflowId};
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "version", prefix: "ver/", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct VersionRow;

impl Kind for VersionRow {
    type Value = Version;
    const FORMAT: u16 = 1;
}

/// Most activations that are remembered of a version.
pub const ACTIVATIONS: usize = 20;

/// What is remembered of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The workflow's name for people, as this version has it.
    pub name: String,
    /// The hash under which its document lies, as it was written.
    pub source: String,
    /// When it was saved first.
    pub saved_at: Instant,
    /// By whom.
    pub by: Arc<str>,
    /// When it was activated, and by whom: the latest times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub activated: Vec<Activated>,
}

/// That a version was activated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activated {
    /// When.
    pub at: Instant,
    /// By whom.
    pub by: Arc<str>,
}

/// Where it lives.
pub fn key(workflow: &WorkflowId, version: &VersionId) -> Key {
    Key::new(partition(workflow), version.as_str())
}

/// The versions of a workflow.
pub fn partition(workflow: &WorkflowId) -> String {
    format!("ver/{workflow}")
}
