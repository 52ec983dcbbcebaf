//! Quizzes: what came of each the last time that it was completed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::limits;
use crate::time::Instant;

/// What came of a quiz.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiz {
    /// When it was completed.
    pub at: Instant,
    /// The points, if it gives any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Number>,
    /// What it says of whoever answered, if it says something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Arc<str>>,
    /// The answers by question, as far as there is room.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub answers: Map<String, Value>,
}

/// The newest quizzes of a contact, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quizzes(BTreeMap<Arc<str>, Quiz>);

impl Quizzes {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Quiz)> {
        self.0.iter()
    }

    /// One of them.
    pub fn get(&self, name: &str) -> Option<&Quiz> {
        self.0.get(name)
    }

    /// Takes what came of a quiz, unless something newer is known; of too many the oldest goes. Whether it is kept.
    pub fn take(&mut self, name: Arc<str>, quiz: Quiz) -> bool {
        if self.0.get(&name).is_some_and(|known| known.at > quiz.at) {
            return false;
        }
        self.0.insert(name.clone(), quiz);
        while self.0.len() > limits::QUIZZES {
            let oldest = self.0.iter().min_by_key(|(name, quiz)| (quiz.at, (*name).clone()));
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else { break };
            self.0.remove(&oldest);
        }
        self.0.contains_key(&name)
    }

    /// Takes those of another contact; the names of those that are new here.
    pub(crate) fn absorb(&mut self, other: &Self) -> Vec<Arc<str>> {
        let new = |name: &Arc<str>, own: &Self| own.get(name).is_none();
        let mut brought = Vec::new();
        for (name, quiz) in &other.0 {
            let is_new = new(name, self);
            if self.take(name.clone(), quiz.clone()) && is_new {
                brought.push(name.clone());
            }
        }
        brought
    }

    /// Gives back those that another contact brought, as they are now; whatever else it had, as it was.
    pub(crate) fn give_back(&mut self, other: &Self, brought: &[Arc<str>]) -> Self {
        let mut back = other.clone();
        for name in brought {
            back.0.extend(self.0.remove(name).map(|quiz| (name.clone(), quiz)));
        }
        back
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiz(millis: i64) -> Quiz {
        Quiz { at: Instant::from_millis(millis), score: None, result: None, answers: Map::new() }
    }

    #[test]
    fn the_newest_are_kept_in_whatever_order_they_come_kc_87() {
        let told: Vec<(Arc<str>, i64)> = (0..8).map(|n| (format!("q{}", n % 7).into(), n)).collect();
        let mut orders =
            [told.clone(), told.iter().rev().cloned().collect()].into_iter().map(|told: Vec<_>| {
                let mut quizzes = Quizzes::default();
                for (name, at) in told {
                    quizzes.take(name, quiz(at));
                }
                quizzes
            });
        let (one, other) = (orders.next().unwrap(), orders.next().unwrap());
        assert_eq!(one, other);
        assert_eq!(one.0.len(), limits::QUIZZES);
        assert_eq!(one.get("q0").unwrap().at.millis(), 7);
        assert!(one.get("q1").is_none());
    }

    #[test]
    fn what_was_brought_goes_back() {
        let (mut own, mut other) = (Quizzes::default(), Quizzes::default());
        own.take("a".into(), quiz(1));
        other.take("a".into(), quiz(2));
        other.take("b".into(), quiz(3));
        let brought = own.absorb(&other);
        own.take("b".into(), quiz(4));
        let back = own.give_back(&other, &brought);
        assert_eq!(back.get("b").unwrap().at.millis(), 4);
        assert_eq!(own.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["a"]);
    }
}
