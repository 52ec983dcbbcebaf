//! A task that is not done: `tsk/<assignee>`, `<due>/<contact>/<task>`, so that the next one stands first. An index row:
//! fenced by the contact's revision.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::ContactId;
use flusso_engine::time::Instant;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "open task", prefix: "tsk/", personal: Personal::Derived };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct OpenTaskRow;

impl Kind for OpenTaskRow {
    type Value = OpenTask;
    const FORMAT: u16 = 1;
}

/// A task that is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTask {
    /// Whose.
    pub contact: ContactId,
    /// Its id.
    pub task: Arc<str>,
}

/// The tasks of a colleague; of nobody, if the name is empty.
pub fn partition(assignee: &str) -> String {
    format!("tsk/{assignee}")
}

/// Where it lives. What has no end comes last.
pub fn key(assignee: &str, due: Option<Instant>, contact: &ContactId, task: &str) -> Key {
    let due = due.map_or(i64::MAX, Instant::millis).max(0);
    Key::new(partition(assignee), format!("{due:019}/{contact}/{task}"))
}
