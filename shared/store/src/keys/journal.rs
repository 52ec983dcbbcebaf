//! Who stands behind the counters: for each commit of counters and each workflow in it, `jrn/<workflow>`,
//! `<instant>/<shard>/<sequence number>`. Written with the counters, never changed, kept for ever: its ids are those of
//! contacts, of which nothing is left to find once they are erased.

use std::sync::Arc;

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::ids::{ContactId, StepId, VersionId, WorkflowId};
use flusso_engine::time::{Instant, Millis};
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "journal", prefix: "jrn/", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct JournalRow;

impl Kind for JournalRow {
    type Value = Sheet;
    const FORMAT: u16 = 1;
}

/// All instants of a sheet lie at most so far from that of its key.
pub const SPAN: Millis = Millis::minutes(5);

/// What one commit counted in a workflow, and of whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// What was counted: of which version, at which step, under which name.
    #[serde(rename = "w")]
    pub what: Vec<(VersionId, Option<StepId>, Arc<str>)>,
    /// Of whom; the places are those of `what`.
    #[serde(rename = "p")]
    pub people: Vec<Person>,
}

/// A contact, when it was, and which of what was counted by how much.
pub type Person = (ContactId, Instant, Vec<(usize, i64)>);

impl Sheet {
    /// Notes what was counted of a contact.
    pub fn note(
        &mut self,
        (contact, at): (&ContactId, Instant),
        what: (VersionId, Option<StepId>, Arc<str>),
        by: i64,
    ) {
        let index = self.what.iter().position(|known| *known == what).unwrap_or_else(|| {
            self.what.push(what);
            self.what.len() - 1
        });
        match self.people.last_mut() {
            Some((last, then, counted)) if last == contact && *then == at => counted.push((index, by)),
            _ => self.people.push((contact.clone(), at, vec![(index, by)])),
        }
    }
}

/// Where a sheet lives. `within` is how many counters of its first row were in sheets before.
pub fn key(workflow: &WorkflowId, at: Instant, shard: &str, (sequence, within): (u128, usize)) -> Key {
    Key::new(partition(workflow), format!("{}/{shard}/{sequence}.{within}", stamp(at)))
}

/// How the sort keys of an instant begin. They sort as instants do.
pub fn stamp(at: Instant) -> String {
    format!("{:013}", at.millis().max(0))
}

/// The journal of a workflow.
pub fn partition(workflow: &WorkflowId) -> String {
    format!("jrn/{workflow}")
}
