//! What the counters of a step, or of a version as a whole, counted on a day that is over: `cnd/<workflow>`,
//! `<day>/<version>/<step>`. Revision: how often it was written. The present day stands beside the counters themselves.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::calendar::Date;
use flusso_engine::ids::WorkflowId;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "counter_day", prefix: "cnd/", personal: Personal::No };

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct CounterDayRow;

impl Kind for CounterDayRow {
    /// By name.
    type Value = BTreeMap<Arc<str>, i64>;
    const FORMAT: u16 = 1;
}

/// Where the day of a counter row lives, by the sort key of that row.
pub fn key(workflow: &WorkflowId, day: Date, counter: &str) -> Key {
    Key::new(partition(workflow), format!("{day}/{counter}"))
}

/// The days of a workflow.
pub fn partition(workflow: &WorkflowId) -> String {
    format!("cnd/{workflow}")
}

/// The day and the counter row of a sort key.
pub fn parts(sort: &str) -> Option<(Date, &str)> {
    let (day, counter) = sort.split_once('/')?;
    Some((day.parse().ok()?, counter))
}
