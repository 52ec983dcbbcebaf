//! What comes by itself: dates of the contact that come round, and carts that are left standing.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::time::Instant;

/// When a date of the contact comes round next, for a workflow that waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateDue {
    /// When.
    #[serde(rename = "t")]
    pub at: Instant,
    /// For which year: it comes round once for each.
    #[serde(rename = "y")]
    pub year: i16,
}

/// A time of a workflow's own that has come elsewhere, and for this contact comes by its own clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleDue {
    /// When it comes.
    #[serde(rename = "t")]
    pub at: Instant,
    /// The key of the schedule.
    #[serde(rename = "s")]
    pub schedule: Arc<str>,
    /// Which of its times, on the wall clock.
    #[serde(rename = "o")]
    pub occurrence: Arc<str>,
}

/// A cart that was filled and not paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    /// When it was changed last.
    #[serde(rename = "t")]
    pub updated_at: Instant,
    /// What workflows read of that event.
    #[serde(rename = "d")]
    pub data: Arc<Map<String, Value>>,
    /// After which lengths of time it was told to be abandoned.
    #[serde(default, rename = "a", skip_serializing_if = "BTreeSet::is_empty")]
    pub told: BTreeSet<Arc<str>>,
}
