//! The journal: of whom the counters are, newest first.

use std::sync::Arc;

use flusso_engine::ids::{ContactId, StepId, VersionId, WorkflowId};
use flusso_engine::time::Instant;

use super::{Listed, Repository};
use crate::codec::value;
use crate::keys::journal::{self, JournalRow, SPAN};
use crate::table::{Direction, List, Reading, TableError};

/// Sheets that are read for one page at most; then the page ends, however few it has.
const SHEETS: usize = 1_000;
/// Sheets that are read at once.
const AT_ONCE: usize = 100;

/// Something that was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// Of whom.
    pub contact: ContactId,
    /// When it was committed.
    pub at: Instant,
    /// In which version.
    pub version: VersionId,
    /// At which step; none for what concerns the enrollment as a whole.
    pub step: Option<StepId>,
    /// The name of the counter.
    pub name: Arc<str>,
    /// By how much.
    pub by: i64,
}

/// What is looked for in a journal.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'w> {
    /// In this version.
    pub version: Option<&'w str>,
    /// At this step; an empty one is the enrollment as a whole.
    pub step: Option<&'w str>,
    /// Under this name; one that ends in a dot is all that begin so.
    pub name: Option<&'w str>,
    /// Of this contact.
    pub contact: Option<&'w str>,
    /// At this instant or later.
    pub from: Option<Instant>,
    /// Before this instant.
    pub to: Option<Instant>,
}

impl Wanted<'_> {
    fn is(&self, happened: &Happened) -> bool {
        let named = |name: &str| {
            if name.ends_with('.') { happened.name.starts_with(name) } else { *happened.name == *name }
        };
        self.version.is_none_or(|version| happened.version.as_str() == version)
            && self.step.is_none_or(|step| happened.step.as_ref().map_or("", StepId::as_str) == step)
            && self.name.is_none_or(named)
            && self.contact.is_none_or(|contact| happened.contact.as_str() == contact)
            && self.from.is_none_or(|from| happened.at >= from)
            && self.to.is_none_or(|to| happened.at < to)
    }
}

impl Repository {
    /// What was counted in a workflow, newest first, one page. A page may be short of its limit where what is looked for
    /// is rare: the cursor goes on.
    ///
    /// # Errors
    /// `Limit` for a cursor that is none.
    pub async fn journal(
        &self,
        workflow: &WorkflowId,
        wanted: &Wanted<'_>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Listed<Happened>, TableError> {
        let unreadable = || TableError::Limit("not a cursor of this list".to_owned());
        let place = cursor.map(|cursor| cursor.rsplit_once('~').ok_or_else(unreadable)).transpose()?;
        let mut skip = match place {
            Some((_, taken)) => taken.parse::<usize>().map_err(|_| unreadable())?,
            None => 0,
        };
        let last = wanted.to.map(|to| journal::stamp(to + SPAN));
        let mut list = List {
            from: wanted.from.map(|from| journal::stamp(from - SPAN)),
            // The sheet of the cursor is read once more, from where the page before ended.
            to: place.map(|(sort, _)| format!("{sort}\0")).or(last),
            direction: Direction::Backward,
            reading: Reading::Eventual,
            ..List::all(journal::partition(workflow), AT_ONCE)
        };
        let (mut items, mut read) = (Vec::new(), 0);
        loop {
            let page = self.table.list(&list).await?;
            for row in &page.rows {
                let sheet = value::<JournalRow>(row)?;
                let counted = sheet.people.iter().rev().flat_map(|(contact, at, counted)| {
                    counted.iter().rev().filter_map(|(index, by)| {
                        let (version, step, name) = sheet.what.get(*index)?.clone();
                        Some(Happened { contact: contact.clone(), at: *at, version, step, name, by: *by })
                    })
                });
                for (place, happened) in counted.enumerate().skip(std::mem::take(&mut skip)) {
                    if !wanted.is(&happened) {
                        continue;
                    }
                    if items.len() == limit {
                        return Ok(Listed { items, cursor: Some(format!("{}~{place}", row.key.sort)) });
                    }
                    items.push(happened);
                }
                read += 1;
                if read == SHEETS {
                    return Ok(Listed { items, cursor: Some(format!("{}~{}", row.key.sort, usize::MAX)) });
                }
            }
            match page.cursor {
                Some(cursor) => list.cursor = Some(cursor),
                None => return Ok(Listed { items, cursor: None }),
            }
        }
    }
}
