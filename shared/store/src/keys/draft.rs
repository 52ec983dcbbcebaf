//! A workflow as its author sees it: `wfs`, `<workflow>`. Its source lies under the version's hash.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::{StepId, VersionId, WorkflowId};
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "draft", prefix: "wfs", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct DraftRow;

impl Kind for DraftRow {
    type Value = Draft;
    const FORMAT: u16 = 1;
}

/// The partition of all workflows.
pub const PARTITION: &str = "wfs";

/// A workflow, active or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Its name for people.
    pub name: String,
    /// The newest saved version; none while the document can not be compiled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionId>,
    /// The hash under which its source lies.
    pub source: String,
    /// When it was saved.
    pub saved_at: Instant,
    /// Every name that a step of it has had, with its number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub known_steps: BTreeMap<StepId, u32>,
    /// How many numbers its steps were given.
    #[serde(default)]
    pub given: u32,
    /// Whether any version of it was ever active.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_active: bool,
    /// Whether it was put away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Whether it was made for one message to many contacts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub campaign: bool,
}

/// Where it lives.
pub fn key(workflow: &WorkflowId) -> Key {
    Key::new(PARTITION, workflow.as_str())
}
