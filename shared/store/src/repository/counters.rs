//! Counters, derived from the images of state rows; each image counts once, and with it goes the sheet of the journal
//! that says of whom it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flusso_engine::calendar::Date;
use flusso_engine::contact::state::State;
use flusso_engine::ids::{ContactId, WorkflowId};
use flusso_engine::tally::{Counter, INSIDE, Tally};
use flusso_engine::time::Instant;

use super::Repository;
use crate::codec::{row, value};
use crate::keys::checkpoint::{self, CheckpointRow, Mark};
use crate::keys::counter::{self, CounterRow, Counts};
use crate::keys::counter_day::{self, CounterDayRow};
use crate::keys::journal::{self, JournalRow, SPAN, Sheet};
use crate::keys::state::{self, StateRow};
use crate::table::{Key, List, Row, TableError, When, Write};

/// Most counter rows of one commit. Each may take its day before with it and have a sheet of its own: with the checkpoint
/// that stays within the port's limit.
const ROWS: usize = 30;

/// What became of a batch of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Everything up to this sequence number is counted.
    Through(u128),
    /// Somebody else counted meanwhile: read the checkpoint and try again.
    Raced,
}

/// Counts by name.
pub type ByName = BTreeMap<Arc<str>, i64>;

/// What one commit will count: of one day, and of instants that lie near each other.
#[derive(Default)]
struct Gathered {
    day: Option<Date>,
    first: Option<(Instant, u128, usize)>,
    tally: Tally,
    rows: BTreeSet<Key>,
    sheets: BTreeMap<WorkflowId, Sheet>,
}

impl Gathered {
    /// Whether what was counted at an instant of a day may be counted by the same commit.
    fn takes(&self, day: Date, at: Instant) -> bool {
        self.day.is_none_or(|known| known == day)
            && self.first.is_none_or(|(first, ..)| at.since(first).0.abs() <= SPAN.0)
    }

    /// Takes as many counters of a row as there is room for, beginning behind the `before` first ones; how many counters of
    /// the row are taken then.
    fn take(&mut self, (sequence, contact): (u128, &ContactId), image: &State, before: usize) -> usize {
        let (day, at) = (image.day(), image.last_now);
        let mut within = before;
        for (counter, difference) in image.tally.iter().skip(before) {
            let key = counter::key(counter);
            if self.rows.len() == ROWS && !self.rows.contains(&key) {
                break;
            }
            self.rows.insert(key);
            self.day.get_or_insert(day);
            self.first.get_or_insert((at, sequence, before));
            self.tally.add(counter.clone(), difference);
            // Who is inside now has rows of its own.
            if &*counter.name != INSIDE {
                let what = (counter.version.clone(), counter.step.clone(), counter.name.clone());
                self.sheets.entry(counter.workflow.clone()).or_default().note(
                    (contact, at),
                    what,
                    difference,
                );
            }
            within += 1;
        }
        within
    }
}

impl Repository {
    /// Counts a batch of committed rows of one shard, in the order of their sequence numbers. Rows at or below the
    /// checkpoint were counted before and are skipped.
    pub async fn count(&self, shard: &str, batch: &[(u128, Row)]) -> Result<Counted, TableError> {
        let stored = self.get::<CheckpointRow>(checkpoint::key(shard)).await?;
        let revision = stored.as_ref().map(|(_, revision)| *revision);
        let mut mark = stored.map(|(mark, _)| mark).unwrap_or_default();
        let (counted, begun) = (mark.through(), mark);
        let (mut gathered, mut nothing) = (Gathered::default(), true);
        for (sequence, row) in batch.iter().filter(|(sequence, _)| *sequence > counted) {
            let image = match state::contact(&row.key) {
                Some(contact) => Some((contact, value::<StateRow>(row)?)),
                None => None,
            };
            let Some((contact, image)) = image.filter(|(_, image)| !image.tally.is_empty()) else {
                mark = Mark { last: *sequence, within: 0 };
                continue;
            };
            if !gathered.takes(image.day(), image.last_now) {
                break;
            }
            nothing = false;
            // One row may have more counters than one commit takes: then the mark lies within it.
            let before = if *sequence == begun.last { begun.within } else { 0 };
            let within = gathered.take((*sequence, &contact), &image, before);
            if within == before {
                break;
            }
            let is_whole = within == image.tally.iter().count();
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
        writes.extend(self.add(&gathered).await?);
        writes.extend(sheets(shard, &gathered)?);
        match self.table.commit(writes).await {
            Ok(()) => Ok(Counted::Through(mark.through())),
            Err(TableError::Conflict(_)) => Ok(Counted::Raced),
            Err(error) => Err(error),
        }
    }

    /// The counters as they are with what was gathered, and the days that are over by it.
    async fn add(&self, gathered: &Gathered) -> Result<Vec<Write>, TableError> {
        let Some(day) = gathered.day else { return Ok(Vec::new()) };
        let mut by_row: BTreeMap<Key, (&WorkflowId, ByName)> = BTreeMap::new();
        for (counter, difference) in gathered.tally.iter() {
            let row = by_row.entry(counter::key(counter)).or_insert((&counter.workflow, ByName::new()));
            row.1.insert(counter.name.clone(), difference);
        }
        let keys: Vec<_> = by_row.keys().cloned().collect();
        let rows = if keys.is_empty() { Vec::new() } else { self.table.get(&keys).await? };
        let (mut writes, mut over) = (Vec::new(), BTreeMap::new());
        for ((key, (workflow, differences)), stored) in by_row.into_iter().zip(rows) {
            let (mut all, mut newest, mut today) =
                match stored.as_ref().map(value::<CounterRow>).transpose()? {
                    Some(Counts::Dated { all, day, today }) => (all, day, today),
                    Some(Counts::Several(all)) => (all, day, ByName::new()),
                    Some(Counts::One(_)) | None => (ByName::new(), day, ByName::new()),
                };
            add(&mut all, &differences);
            if day < newest {
                // What another shard tells late is of a day that is over.
                over.insert(counter_day::key(workflow, day, &key.sort), differences);
            } else {
                if day > newest && !today.is_empty() {
                    over.insert(counter_day::key(workflow, newest, &key.sort), std::mem::take(&mut today));
                }
                newest = day;
                add(&mut today, &differences);
            }
            let (when, next) = match &stored {
                Some(stored) => (When::Revision(stored.revision), stored.revision + 1),
                None => (When::Absent, 1),
            };
            let counts = Counts::Dated { all, day: newest, today };
            writes.push(Write::put(row::<CounterRow>(key, next, &counts)?, when));
        }
        let keys: Vec<_> = over.keys().cloned().collect();
        let rows = if keys.is_empty() { Vec::new() } else { self.table.get(&keys).await? };
        for ((key, more), stored) in over.into_iter().zip(rows) {
            let mut counts = stored.as_ref().map(value::<CounterDayRow>).transpose()?.unwrap_or_default();
            add(&mut counts, &more);
            let (when, next) = match &stored {
                Some(stored) => (When::Revision(stored.revision), stored.revision + 1),
                None => (When::Absent, 1),
            };
            writes.push(Write::put(row::<CounterDayRow>(key, next, &counts)?, when));
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

    /// What the counters of a workflow counted on each day from one to another, both included.
    pub async fn counters_by_day(
        &self,
        workflow: &WorkflowId,
        (from, to): (Date, Date),
    ) -> Result<Vec<(Date, Counter, i64)>, TableError> {
        let mut found = Vec::new();
        let counter = |sort: &str, name: Arc<str>| {
            let (version, step, _) = counter::parts(sort);
            Counter { workflow: workflow.clone(), version, step, name }
        };
        // The sheet of a day ends before that of the next one begins.
        let (first, end) = (from.to_string(), format!("{to}0"));
        let days =
            List { from: Some(first), to: Some(end), ..List::all(counter_day::partition(workflow), 500) };
        for row in self.all(days).await? {
            let Some((day, sort)) = counter_day::parts(&row.key.sort) else { continue };
            let counts = value::<CounterDayRow>(&row)?;
            found.extend(counts.into_iter().map(|(name, n)| (day, counter(sort, name), n)));
        }
        for row in self.all(List::all(counter::partition(workflow), 200)).await? {
            let Counts::Dated { day, today, .. } = value::<CounterRow>(&row)? else { continue };
            if (from..=to).contains(&day) {
                found.extend(today.into_iter().map(|(name, n)| (day, counter(&row.key.sort, name), n)));
            }
        }
        Ok(found)
    }
}

/// Adds counts; those that come to nothing are not kept.
fn add(counts: &mut ByName, more: &ByName) {
    for (name, n) in more {
        *counts.entry(name.clone()).or_default() += n;
    }
    counts.retain(|_, n| *n != 0);
}

fn sheets(shard: &str, gathered: &Gathered) -> Result<Vec<Write>, TableError> {
    let Some((at, sequence, within)) = gathered.first else { return Ok(Vec::new()) };
    let sheets = gathered.sheets.iter().map(|(workflow, sheet)| {
        let key = journal::key(workflow, at, shard, (sequence, within));
        Ok(Write::put(row::<JournalRow>(key, 1, sheet)?, When::Any))
    });
    sheets.collect()
}
