//! Counters, derived from the images of state rows; each image counts once.

use std::collections::BTreeMap;

use flusso_engine::ids::WorkflowId;
use flusso_engine::tally::{Counter, Tally};

use super::Repository;
use crate::codec::{row, value};
use crate::keys::checkpoint::{self, CheckpointRow, Mark};
use crate::keys::counter::{self, CounterRow, Counts};
use crate::keys::state::{self, StateRow};
use crate::table::{Key, List, Row, TableError, When, Write};

/// Most counters of one commit: with the checkpoint they stay within the port's limit.
const COUNTERS: usize = 90;

/// What became of a batch of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Everything up to this sequence number is counted.
    Through(u128),
    /// Somebody else counted meanwhile: read the checkpoint and try again.
    Raced,
}

impl Repository {
    /// Counts a batch of committed rows of one shard, in the order of their sequence numbers. Rows at or below the
    /// checkpoint were counted before and are skipped.
    pub async fn count(&self, shard: &str, batch: &[(u128, Row)]) -> Result<Counted, TableError> {
        let stored = self.get::<CheckpointRow>(checkpoint::key(shard)).await?;
        let revision = stored.as_ref().map(|(_, revision)| *revision);
        let mut mark = stored.map(|(mark, _)| mark).unwrap_or_default();
        let (counted, begun) = (mark.through(), mark);
        let (mut tally, mut nothing) = (Tally::default(), true);
        for (sequence, row) in batch.iter().filter(|(sequence, _)| *sequence > counted) {
            let of_row = if state::is(&row.key) { value::<StateRow>(row)?.tally } else { Tally::default() };
            nothing &= of_row.is_empty();
            let room = COUNTERS - tally.iter().count();
            if room == 0 {
                break;
            }
            // One row may have more counters than one commit takes: then the mark lies within it.
            let before = if *sequence == begun.last { begun.within } else { 0 };
            let rest = of_row.iter().skip(before).take(room);
            let taken: Vec<_> = rest.map(|(counter, difference)| (counter.clone(), difference)).collect();
            let within = before + taken.len();
            taken.into_iter().for_each(|(counter, difference)| tally.add(counter, difference));
            let is_whole = within == of_row.iter().count();
            mark = Mark { last: *sequence, within: if is_whole { 0 } else { within } };
            if !is_whole {
                break;
            }
        }
        // Whoever is given the same rows again, or some of them, counts nothing either. Of rows whose counters add up to
        // nothing that is not true: their mark must be kept.
        if nothing {
            return Ok(Counted::Through(mark.through()));
        }
        let next = revision.map_or(1, |revision| revision + 1);
        let row = row::<CheckpointRow>(checkpoint::key(shard), next, &mark)?;
        let mut writes = vec![Write::put(row, revision.map_or(When::Absent, When::Revision))];
        writes.extend(self.add(&tally).await?);
        match self.table.commit(writes).await {
            Ok(()) => Ok(Counted::Through(mark.through())),
            Err(TableError::Conflict(_)) => Ok(Counted::Raced),
            Err(error) => Err(error),
        }
    }

    async fn add(&self, tally: &Tally) -> Result<Vec<Write>, TableError> {
        let mut by_row: BTreeMap<Key, Vec<(&Counter, i64)>> = BTreeMap::new();
        for (counter, difference) in tally.iter() {
            by_row.entry(counter::key(counter)).or_default().push((counter, difference));
        }
        let keys: Vec<_> = by_row.keys().cloned().collect();
        let rows = if keys.is_empty() { Vec::new() } else { self.table.get(&keys).await? };
        let mut writes = Vec::new();
        for ((key, differences), stored) in by_row.into_iter().zip(rows) {
            let (known, when, next) = match &stored {
                Some(stored) => {
                    (value::<CounterRow>(stored)?, When::Revision(stored.revision), stored.revision + 1)
                }
                None => (Counts::Several(BTreeMap::new()), When::Absent, 1),
            };
            let mut counts = match known {
                Counts::Several(counts) => counts,
                Counts::One(_) => BTreeMap::new(),
            };
            for (counter, difference) in differences {
                *counts.entry(counter.name.clone()).or_default() += difference;
            }
            writes.push(Write::put(row::<CounterRow>(key, next, &Counts::Several(counts))?, when));
        }
        Ok(writes)
    }

    /// The counters of a workflow.
    pub async fn counters(&self, workflow: &WorkflowId) -> Result<Vec<(Counter, i64)>, TableError> {
        let mut sums: BTreeMap<Counter, i64> = BTreeMap::new();
        for row in self.all(List::all(counter::partition(workflow), 200)).await? {
            for (counter, n) in counter::counters(workflow, &row.key, value::<CounterRow>(&row)?) {
                *sums.entry(counter).or_default() += n;
            }
        }
        Ok(sums.into_iter().collect())
    }
}
