//! The messages of one queue, in the order in which they come due. In memory only: what is durable is in
//! `queue.rs`, and after a restart everything unacknowledged is ready again.

use std::collections::BTreeMap;

use flusso_store::time::Instant;

/// Bodies of waiting messages are kept in memory up to so many bytes a queue; the others are read when due.
const KEPT_BYTES: usize = 2 * 1024 * 1024;

/// Messages that wait and messages that somebody works on.
#[derive(Debug, Default)]
pub(crate) struct Line {
    waiting: BTreeMap<(Instant, i64), Waiting>,
    leased: BTreeMap<i64, u32>,
    kept_bytes: usize,
}

#[derive(Debug)]
struct Waiting {
    receives: u32,
    body: Option<String>,
}

/// A message that was taken from the line.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) id: i64,
    /// How often it was delivered, this time included.
    pub(crate) receives: u32,
    /// Absent if it has to be read from the file.
    pub(crate) body: Option<String>,
}

/// How many messages a queue holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Ready to be received.
    pub due: usize,
    /// Not due yet.
    pub delayed: usize,
    /// Received, and neither acknowledged nor returned.
    pub leased: usize,
}

impl Line {
    /// Adds a message that was delivered `receives` times.
    pub(crate) fn push(&mut self, id: i64, due: Instant, receives: u32, body: Option<String>) {
        let body = body.filter(|body| self.kept_bytes + body.len() <= KEPT_BYTES);
        self.kept_bytes += body.as_ref().map_or(0, String::len);
        self.waiting.insert((due, id), Waiting { receives, body });
    }

    /// Takes at most `most` messages that are due, the earliest first.
    pub(crate) fn take(&mut self, now: Instant, most: usize) -> Vec<Taken> {
        let mut taken = Vec::new();
        while taken.len() < most {
            let Some(first) = self.waiting.first_entry().filter(|first| first.key().0 <= now) else { break };
            let ((_, id), Waiting { receives, body }) = first.remove_entry();
            self.kept_bytes -= body.as_ref().map_or(0, String::len);
            let receives = receives + 1;
            self.leased.insert(id, receives);
            taken.push(Taken { id, receives, body });
        }
        taken
    }

    /// Ends a lease; answers how often the message was delivered.
    pub(crate) fn give_up(&mut self, id: i64) -> Option<u32> {
        self.leased.remove(&id)
    }

    /// When the earliest waiting message is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|((due, _), _)| *due)
    }

    /// How many messages there are. Counts those that are due one by one.
    pub(crate) fn depth(&self, now: Instant) -> Depth {
        let due = self.waiting.keys().take_while(|(due, _)| *due <= now).count();
        Depth { due, delayed: self.waiting.len() - due, leased: self.leased.len() }
    }
}
