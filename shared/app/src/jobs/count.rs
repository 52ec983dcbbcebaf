//! Counting who has which tags, lists and fields: nothing happens to anybody, so that a chunk has many contacts.

use flusso_engine::time::Instant;
use flusso_store::keys::job::{Job, JobState, Over, Task};
use flusso_store::keys::labels::{Counted, Counts};

use super::chunk::LASTS;
use crate::{App, AppError};

/// Contacts that are counted at once.
const AT_ONCE: usize = 500;

impl App {
    /// Goes on with counting.
    pub(super) async fn count_labels_on(&self, job: &mut Job, began: Instant) -> Result<(), AppError> {
        let Task::Count { counts } = &mut job.task else { return Ok(()) };
        while let Some(cursor) = job.cursor.clone() {
            if self.now().since(began) > LASTS {
                break;
            }
            let (some, next) = self.repository.walk(&Over::All, &cursor, AT_ONCE).await?;
            let profiles = self.repository.profiles(&some).await?;
            // Whoever is hidden is in no list that a number would lead to.
            counts.take(profiles.iter().filter(|profile| !profile.hidden));
            job.done += some.len() as u64;
            job.cursor = next;
        }
        if job.cursor.is_none() {
            let counted = Counted { at: job.created_at, counts: counts.clone() };
            self.repository.keep_labels(&counted).await?;
            // They are kept; the job need not carry them for a year.
            *counts = Counts::default();
            job.state = JobState::Done;
            job.of = job.done;
            job.counting = None;
        }
        Ok(())
    }
}
