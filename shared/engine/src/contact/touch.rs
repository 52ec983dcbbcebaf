//! Touches: which messages the contact got and followed lately, so that a conversion knows what led to it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::ids::{SendId, StepId, VersionId, WorkflowId};
use crate::limits;
use crate::time::Instant;

/// A message that was taken by its provider, or of which a link was followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// When.
    pub at: Instant,
    /// Which message.
    pub send: SendId,
    /// Whose.
    pub workflow: WorkflowId,
    /// Of which version; none of one that was noted before versions were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionId>,
    /// Of which step.
    pub step: StepId,
    /// Whether a person followed a link of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub clicked: bool,
}

/// Adds a touch in its place, once; the oldest may be forgotten for it.
pub fn add(touches: &mut VecDeque<Touch>, touch: Touch) {
    if touches.iter().any(|known| known.send == touch.send && known.clicked == touch.clicked) {
        return;
    }
    let place = touches.partition_point(|known| known.at <= touch.at);
    touches.insert(place, touch);
    if touches.len() > limits::TOUCHES {
        touches.pop_front();
    }
}
