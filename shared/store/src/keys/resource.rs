//! What several contacts share: `res/<what>`, `r`. Changed only together with the allocation of an ask.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::WorkflowId;
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "resource", prefix: "res/", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct ResourceRow;

impl Kind for ResourceRow {
    type Value = Resource;
    const FORMAT: u16 = 1;
}

/// The state of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Resource {
    /// Colleagues to whom contacts are given: how many each got.
    Owners {
        /// By name.
        given: BTreeMap<Arc<str>, u64>,
    },
    /// The pace of a workflow's messages.
    Pace {
        /// When the next one may go.
        next: Instant,
    },
}

/// How contacts are shared out by a step.
pub fn owners(workflow: &WorkflowId, step: &str) -> Key {
    Key::new(format!("res/own/{workflow}/{step}"), "r")
}

/// How many contacts each colleague was given, by whatever workflow that asks for the least loaded.
pub fn loads() -> Key {
    Key::new("res/load", "r")
}

/// The pace of a workflow.
pub fn pace(workflow: &WorkflowId) -> Key {
    Key::new(format!("res/pace/{workflow}"), "r")
}
