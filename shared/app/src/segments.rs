//! Segments as their authors see them: read back, with their members, and dropped when nothing names them.

use flusso_engine::contact::Contact;
use flusso_engine::definitions::Definitions;
use flusso_engine::ids::JobId;
use flusso_engine::workflow::check;
use flusso_store::keys::job::{Over, Task};
use flusso_store::repository::Listed;

use crate::{App, AppError};

/// A segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentInfo {
    /// Its name in documents.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The document.
    pub source: String,
}

impl App {
    /// A segment.
    pub async fn segment(&self, name: &str) -> Result<SegmentInfo, AppError> {
        let head = self.repository.head().await?;
        let hash = &head.segments.get(name).ok_or_else(|| not_found(name))?.hash;
        let text = self.repository.definition(hash).await?.ok_or_else(|| not_found(name))?;
        let source = serde_json::from_str(&text)
            .map_err(|error| AppError::Unavailable(format!("definition {hash}: {error}")))?;
        let definitions = self.definitions().await?;
        let shown = definitions.segments.get(name).map_or(name, |segment| &segment.name);
        Ok(SegmentInfo { id: name.to_owned(), name: shown.to_owned(), source })
    }

    /// All segments: the name of each in documents, and for people.
    pub async fn segments(&self) -> Result<Vec<(String, String)>, AppError> {
        let definitions = self.definitions().await?;
        let segments = definitions.segments.iter();
        Ok(segments.map(|(id, segment)| (id.to_string(), segment.name.to_string())).collect())
    }

    /// The members of a segment, one page.
    pub async fn members(
        &self,
        name: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Listed<Contact>, AppError> {
        if !self.definitions().await?.segments.contains_key(name) {
            return Err(not_found(name));
        }
        let over = Over::Segment { name: name.into() };
        self.contacts_over(&over, Contact::is_shown, cursor, limit).await
    }

    /// Drops a segment that nothing names; the job that has its members forget it.
    pub async fn delete_segment(&self, name: &str) -> Result<Option<JobId>, AppError> {
        let definitions = self.definitions().await?;
        if !definitions.segments.contains_key(name) {
            return Err(not_found(name));
        }
        let uses = uses(name, &definitions);
        if !uses.is_empty() {
            let message = format!("the segment `{name}` is used by {}", uses.join(", "));
            return Err(AppError::Conflict { code: "segment_used", message });
        }
        let by = format!("segment:{name}");
        let members = Over::Segment { name: name.into() };
        let jobs = self
            .change_head_with(&[(Task::Look, members, &by)], |head| {
                head.segments.remove(name);
                Ok(())
            })
            .await?;
        Ok(jobs.into_iter().next())
    }
}

/// What names a segment.
fn uses(name: &str, definitions: &Definitions) -> Vec<String> {
    let mut without = definitions.clone();
    without.segments.remove(name);
    let named =
        |program| check::check(program, &without).iter().any(|problem| problem.code == check::NO_SEGMENT);
    let workflows = definitions.workflows.iter().filter(|(_, active)| named(&active.program));
    let workflows = workflows.map(|(id, _)| format!("the workflow `{id}`"));
    let segments = without.segments.iter().filter(|(_, other)| other.condition.segments().contains(&name));
    workflows.chain(segments.map(|(id, _)| format!("the segment `{id}`"))).collect()
}

fn not_found(name: &str) -> AppError {
    AppError::NotFound { what: "segment", id: name.to_owned() }
}
