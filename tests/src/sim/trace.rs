//! What is told of a run: its hash, its lines if somebody reads them, the faults, the marks.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The record of a run.
#[derive(Clone, Debug)]
pub struct Trace {
    /// A hash of everything that happened, in order.
    pub hash: u64,
    /// How often each fault happened.
    pub faults: BTreeMap<&'static str, u64>,
    /// How often each rare branch was reached.
    pub marks: BTreeMap<&'static str, u64>,
    /// The lines, if somebody reads them.
    pub lines: Option<String>,
    /// The time that lines are written with.
    pub now: i64,
    /// Where the time began.
    pub began: i64,
    /// The task that lines are written with.
    pub task: u64,
}

impl Default for Trace {
    fn default() -> Self {
        Self {
            hash: 0xcbf2_9ce4_8422_2325,
            faults: BTreeMap::new(),
            marks: BTreeMap::new(),
            lines: None,
            now: 0,
            began: 0,
            task: 0,
        }
    }
}

impl Trace {
    /// Adds a number to the hash.
    pub const fn mix(&mut self, number: u64) {
        self.hash = (self.hash.rotate_left(5) ^ number).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    /// Adds bytes to the hash.
    pub fn mix_bytes(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
        self.mix(bytes.len() as u64);
    }

    /// Marks a rare branch.
    pub fn mark(&mut self, name: &'static str) {
        *self.marks.entry(name).or_default() += 1;
        self.say(|| format!("  mark: {name}"));
    }

    /// Writes a line, if somebody reads it.
    pub fn say(&mut self, line: impl FnOnce() -> String) {
        let Some(lines) = &mut self.lines else { return };
        let elapsed = self.now - self.began;
        let (seconds, millis) = (elapsed / 1000, elapsed % 1000);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let _ =
            writeln!(lines, "{hours:>3}:{minutes:02}:{seconds:02}.{millis:03} #{:<4} {}", self.task, line());
    }
}
