//! The score: a ledger of points, some of which expire. The value at an instant is the sum of what lives then.

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::time::Instant;

/// The ledger of one contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// The sum of all points that never expire.
    #[serde(default, rename = "p", skip_serializing_if = "is_zero")]
    permanent: i64,
    /// Points that expire, by instant of expiry.
    #[serde(default, rename = "e", skip_serializing_if = "Vec::is_empty")]
    expiring: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    #[serde(rename = "t")]
    expires_at: Instant,
    #[serde(rename = "n")]
    points: i64,
}

fn is_zero(n: &i64) -> bool {
    *n == 0
}

impl Score {
    /// The sum of the points that live at an instant.
    pub fn value(&self, at: Instant) -> i64 {
        self.permanent
            + self
                .expiring
                .iter()
                .filter(|entry| entry.expires_at > at)
                .map(|entry| entry.points)
                .sum::<i64>()
    }

    /// Adds points, for ever or until an instant. False if the ledger is full.
    #[must_use]
    pub fn add(&mut self, points: i64, expires_at: Option<Instant>) -> bool {
        let Some(expires_at) = expires_at else {
            self.permanent += points;
            return true;
        };
        match self.expiring.binary_search_by_key(&expires_at, |entry| entry.expires_at) {
            Ok(at) => self.expiring[at].points += points,
            Err(_) if self.expiring.len() >= limits::SCORE_ENTRIES => return false,
            Err(at) => self.expiring.insert(at, Entry { expires_at, points }),
        }
        true
    }

    /// Takes the points of another ledger, also beyond the bound up to which entries are added.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.permanent = self.permanent.saturating_add(other.permanent);
        for Entry { expires_at, points } in &other.expiring {
            match self.expiring.binary_search_by_key(expires_at, |entry| entry.expires_at) {
                Ok(at) => self.expiring[at].points = self.expiring[at].points.saturating_add(*points),
                Err(at) => self.expiring.insert(at, Entry { expires_at: *expires_at, points: *points }),
            }
        }
    }

    /// Gives back what another ledger brought, as far as it has not expired.
    pub(crate) fn give_back(&mut self, other: &Self) {
        self.permanent = self.permanent.saturating_sub(other.permanent);
        for Entry { expires_at, points } in &other.expiring {
            if let Ok(at) = self.expiring.binary_search_by_key(expires_at, |entry| entry.expires_at) {
                self.expiring[at].points = self.expiring[at].points.saturating_sub(*points);
            }
        }
        self.expiring.retain(|entry| entry.points != 0);
    }

    /// The next instant at which points expire.
    pub fn next_expiry(&self) -> Option<Instant> {
        self.expiring.first().map(|entry| entry.expires_at)
    }

    /// The next instant after `at` at which points expire.
    pub fn next_expiry_after(&self, at: Instant) -> Option<Instant> {
        self.expiring.iter().map(|entry| entry.expires_at).find(|expires_at| *expires_at > at)
    }

    /// Forgets what has expired by `at`; the value from then on is the same.
    pub fn expire(&mut self, at: Instant) {
        self.expiring.retain(|entry| entry.expires_at > at);
    }

    /// Whether nothing was ever added that still counts.
    pub fn is_empty(&self) -> bool {
        self.permanent == 0 && self.expiring.is_empty()
    }
}
