//! The stream of committed state rows: several shards, each in order, handed on in batches that may come again.

use flusso_store::table::Row;

use super::core::{Item, Shared};

/// How many shards there are.
pub const SHARDS: usize = 3;

/// All shards.
#[derive(Debug, Default)]
pub struct Streams {
    shards: [Stream; SHARDS],
}

/// One shard.
#[derive(Debug, Default)]
pub struct Stream {
    rows: Vec<(u128, Row)>,
    /// How many of them were counted.
    pub done: usize,
    /// A batch is being counted, or is about to be.
    pub busy: bool,
}

impl Streams {
    /// The name of a shard.
    pub fn name(shard: usize) -> String {
        format!("shard-{shard}")
    }

    /// A shard.
    pub fn shard(&mut self, shard: usize) -> &mut Stream {
        &mut self.shards[shard]
    }

    /// Whether everything was counted.
    pub fn is_done(&self) -> bool {
        self.shards.iter().all(|stream| stream.done == stream.rows.len() && !stream.busy)
    }
}

impl Stream {
    /// Whether there is something to count.
    pub fn has_more(&self) -> bool {
        self.done < self.rows.len()
    }

    /// At most `most` rows from `back` before the first that is not counted.
    pub fn batch(&self, back: usize, most: usize) -> Vec<(u128, Row)> {
        let from = self.done.saturating_sub(back);
        self.rows.iter().skip(from).take(most + back).cloned().collect()
    }

    /// Everything up to a sequence number is counted.
    pub fn counted(&mut self, through: u128) {
        let done = self.rows.partition_point(|(sequence, _)| *sequence <= through);
        self.done = self.done.max(done);
    }
}

impl Shared {
    /// A state row was committed.
    pub(super) fn stream(&mut self, now: i64, row: &Row) {
        let sum: usize = row.key.partition.bytes().map(usize::from).sum();
        let shard = sum % SHARDS;
        let stream = &mut self.streams.shards[shard];
        let sequence = 100 + 7 * stream.rows.len() as u128;
        stream.rows.push((sequence, row.clone()));
        if !stream.busy {
            stream.busy = true;
            self.at(now + 200, Item::Changes(shard));
        }
    }
}
