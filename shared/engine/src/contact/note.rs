//! Notes: what colleagues write down about the contact. The timeline has them all; the row only the newest.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::time::Instant;

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When it was written.
    pub at: Instant,
    /// What it says.
    pub text: Arc<str>,
    /// Who wrote it, as the source of what they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Arc<str>>,
}

/// The newest notes, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Notes(VecDeque<Note>);

impl Notes {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The notes, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Note> {
        self.0.iter()
    }

    /// Adds one in its place.
    pub fn add(&mut self, note: Note) {
        let place = self.0.partition_point(|known| known.at <= note.at);
        self.0.insert(place, note);
        if self.0.len() > limits::NOTES {
            self.0.pop_front();
        }
    }
}
