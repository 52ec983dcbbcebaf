//! Standing conditions: those whose truth is kept, so that its changes are seen: membership in segments, and what
//! triggers wait to become true.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::time::Instant;

/// What is kept of a standing condition. Where nothing is kept, it does not hold and time alone does not change that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The version of the condition.
    #[serde(rename = "v")]
    pub version: Arc<str>,
    /// Since when it holds; none if it does not.
    #[serde(default, rename = "s", skip_serializing_if = "Option::is_none")]
    pub since: Option<Instant>,
    /// The next instant at which it may change with no new event.
    #[serde(default, rename = "c", skip_serializing_if = "Option::is_none")]
    pub changes_at: Option<Instant>,
}
