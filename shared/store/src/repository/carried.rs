//! What the state row carries for a while before it gets rows of its own: the records of the latest reactions, and the
//! newest messages. A commit then touches one row. What a commit takes out of the state row stood in the row that it
//! was made of, and is put before it, fenced by its revision: whoever lost, or comes late, puts what is there already.

use std::sync::Arc;

use flusso_engine::contact::gone::Gone;
use flusso_engine::contact::send::Sent;
use flusso_engine::contact::{Contact, State};
use flusso_engine::ids::SendId;
use flusso_engine::timeline::Entry;

use super::contacts::{Change, timeline_row};
use crate::codec::row;
use crate::keys::sent::{self, SentRow};
use crate::table::{Row, TableError, When};

/// Most bytes of the records that a state row carries, as they are written: packed they fit into its first unit.
const ENTRIES_BYTES: usize = 1_500;
/// Most messages that a state row carries.
const RECENT: usize = 4;

impl Change {
    /// Decides what the state row carries from here on.
    pub fn carry(&mut self) {
        let carried = self.before.state.entries.iter().chain(&self.entries);
        let (old, new) = (bytes(&self.before.state.entries), bytes(&self.entries));
        self.after.state.entries = match () {
            // Of somebody who is erased, the row keeps nothing that was said before.
            () if matches!(self.after.state.gone, Some(Gone::Erased { .. })) => self.entries.clone(),
            () if old + new <= ENTRIES_BYTES => carried.cloned().collect(),
            () if new <= ENTRIES_BYTES => self.entries.clone(),
            () => Vec::new(),
        };
        while self.after.state.recent.len() > RECENT {
            let Some(oldest) = oldest_unchanged(&self.before, &self.after) else { break };
            self.after.state.recent.remove(&oldest);
        }
        if in_rows(&self.after.state) {
            let known = in_rows(&self.before.state).then_some(&self.before.state.recent);
            let is_new =
                |(send, sent): &(&SendId, &Sent)| known.and_then(|known| known.get(*send)) != Some(*sent);
            let changed = self.after.state.recent.iter().filter(is_new);
            self.sent.extend(changed.map(|(send, sent)| (send.clone(), sent.clone())));
        }
    }

    /// The rows of what the commit takes out of the state row.
    pub(super) fn dropped(&self) -> Result<Vec<(Row, When)>, TableError> {
        let (id, before, after) = (&self.before.id, &self.before.state, &self.after.state);
        let mut rows = Vec::new();
        if !before.entries.is_empty() && !after.entries.starts_with(&before.entries) {
            let row = timeline_row(id, &before.entries)?;
            // One that tells less never takes the place of one that tells more.
            let fence = When::Older(row.revision);
            rows.push((row, fence));
        }
        let out = before.recent.iter().filter(|(send, _)| !after.recent.contains_key(*send));
        for (send, sent) in out.filter(|_| !in_rows(before)) {
            let row = row::<SentRow>(sent::key(id, send), before.revision, sent)?;
            rows.push((row, When::Older(before.revision)));
        }
        Ok(rows)
    }
}

/// Whether every message that the state row carries stands in a row as well: other contacts have written, or will write,
/// to rows of its messages, and revisions of two contacts can't be compared.
fn in_rows(state: &State) -> bool {
    state.returned || !state.joined.is_empty()
}

/// The oldest message that stood in the row as it was loaded, and that nothing happened to since.
fn oldest_unchanged(before: &Contact, after: &Contact) -> Option<SendId> {
    let unchanged = |(send, sent): &(&SendId, &Sent)| after.state.recent.get(*send) == Some(*sent);
    let oldest = before.state.recent.iter().filter(unchanged).min_by_key(|(_, sent)| sent.accepted_at);
    oldest.map(|(send, _)| send.clone())
}

fn bytes(entries: &[Arc<Entry>]) -> usize {
    entries.iter().map(|entry| serde_json::to_vec(entry).map_or(usize::MAX / 1000, |text| text.len())).sum()
}
