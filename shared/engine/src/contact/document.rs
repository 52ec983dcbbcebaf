//! Documents: what is known of the contact's files. The files lie where blobs do.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::ContactId;
use crate::time::Instant;

/// A file of the contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// `doc_…`
    pub id: Arc<str>,
    /// Its name for people.
    pub name: Arc<str>,
    /// What it is, as its bytes say: how the names of such files end.
    #[serde(rename = "type")]
    pub kind: Arc<str>,
    /// How long it is.
    pub bytes: u64,
    /// When it was added.
    pub at: Instant,
    /// Who added it, as the source of what they do.
    pub by: Arc<str>,
    /// The contact under whose name the file lies, where that was merged into this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<ContactId>,
}
