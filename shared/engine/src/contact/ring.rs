//! The last instants of an event: what "at least K times within D" needs, and no more.

use serde::{Deserialize, Serialize};

use crate::time::Instant;

/// The newest instants of one sort of event, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ring(Vec<Instant>);

impl Ring {
    /// Counts an event at its own time, also when it comes late, and keeps the newest `keep`.
    pub fn count(&mut self, at: Instant, keep: usize) {
        let place = self.0.partition_point(|known| *known <= at);
        self.0.insert(place, at);
        if self.0.len() > keep {
            self.0.remove(0);
        }
    }

    /// Counts what another ring counted.
    pub(crate) fn absorb(&mut self, other: &Self, keep: usize) {
        other.instants().for_each(|at| self.count(at, keep));
    }

    /// All instants, ascending.
    pub fn instants(&self) -> impl Iterator<Item = Instant> {
        self.0.iter().copied()
    }

    /// The `k`th newest instant (from 1).
    pub fn newest(&self, k: usize) -> Option<Instant> {
        self.0.len().checked_sub(k).and_then(|at| self.0.get(at)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_and_doubled_instants_take_their_place() {
        let at = Instant::from_millis;
        let mut ring = Ring::default();
        for millis in [5, 9, 7, 9, 1] {
            ring.count(at(millis), 3);
        }
        assert_eq!(
            [ring.newest(1), ring.newest(2), ring.newest(3), ring.newest(4)],
            [Some(at(9)), Some(at(9)), Some(at(7)), None]
        );
    }
}
