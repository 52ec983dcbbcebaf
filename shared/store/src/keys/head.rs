//! What is defined: `head`, `head` is the present one, `n/<number>` each one there ever was. Kept for ever.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::definitions::{Account, User};
use flusso_engine::ids::{RingId, VersionId, WorkflowId};
use flusso_engine::life::Life;
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "head", prefix: "head", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct HeadRow;

impl Kind for HeadRow {
    type Value = Head;
    const FORMAT: u16 = 1;
}

/// The number and the hashes of everything that is active.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// It grows by one with every change.
    pub number: u64,
    /// Which installation wrote it first, or took it over: an installation that is another one has got a copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installation: Option<Arc<str>>,
    /// The account's settings.
    pub account: Account,
    /// Active workflows.
    #[serde(default)]
    pub workflows: BTreeMap<WorkflowId, ActiveWorkflow>,
    /// Forms by name: the hash of each.
    #[serde(default)]
    pub forms: BTreeMap<String, String>,
    /// Mail templates by name: the hash of each.
    #[serde(default)]
    pub templates: BTreeMap<String, String>,
    /// Teams: their members' addresses.
    #[serde(default)]
    pub teams: BTreeMap<String, Vec<String>>,
    /// Segments by name.
    #[serde(default)]
    pub segments: BTreeMap<String, HeadSegment>,
    /// Colleagues by name.
    #[serde(default)]
    pub users: BTreeMap<String, User>,
    /// What contacts' fields are: the hash of the catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<String>,
    /// Pipelines by name: the hash of each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pipelines: BTreeMap<String, String>,
    /// The rings that contacts keep. None is ever dropped, so that each is complete since its `since`.
    #[serde(default)]
    pub rings: BTreeMap<RingId, HeadRing>,
}

/// An active workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveWorkflow {
    /// The version that new entries run.
    pub version: VersionId,
    /// Events from before this do not enroll.
    pub since: Instant,
    /// The number since which this version is active.
    #[serde(default)]
    pub number: u64,
    /// How it lives.
    #[serde(default)]
    pub life: Life,
}

/// A segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadSegment {
    /// The hash of its definition.
    pub hash: String,
    /// The number since which its condition is what it is.
    pub number: u64,
}

/// A ring that contacts keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadRing {
    /// What says what it counts.
    #[serde(flatten)]
    pub by: RingOf,
    /// It is complete from here on.
    pub since: Instant,
}

/// What says what a ring counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RingOf {
    /// A version of a workflow.
    Version(VersionId),
    /// The definition of a segment, by its hash.
    Segment(String),
}

/// Where the present one lives. Its revision is its number.
pub fn key() -> Key {
    Key::new("head", "head")
}

/// Where the one of a number lives.
pub fn numbered(number: u64) -> Key {
    Key::new("head", format!("n/{number:012}"))
}
