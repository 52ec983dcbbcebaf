//! Conversions: what was wanted and happened, once for each definition and enrollment, or event.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::touch::Touch;
use crate::limits;
use crate::time::Instant;

/// The conversions of a contact by one definition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Converted {
    /// How many.
    pub count: u32,
    /// The sum of their values, in minor units by currency.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub value: BTreeMap<Arc<str>, i64>,
    /// The last.
    pub last_at: Instant,
    /// The message that led to the last one: the latest of those within its window. The timeline has them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub led_by: Option<Touch>,
    /// What the newest of them were counted for: none counts twice.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub counted: VecDeque<Arc<str>>,
}

impl Converted {
    /// Takes the conversions of another contact by the same definition.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        for (currency, value) in &other.value {
            let sum = self.value.entry(currency.clone()).or_default();
            *sum = sum.saturating_add(*value);
        }
        if other.last_at > self.last_at {
            self.last_at = other.last_at;
            self.led_by.clone_from(&other.led_by);
        }
        self.counted.extend(other.counted.iter().cloned());
        while self.counted.len() > limits::CONVERSIONS_COUNTED {
            self.counted.pop_front();
        }
    }

    /// Gives them back.
    pub(crate) fn give_back(&mut self, other: &Self) {
        self.count = self.count.saturating_sub(other.count);
        for (currency, value) in &other.value {
            if let Some(sum) = self.value.get_mut(currency) {
                *sum = sum.saturating_sub(*value);
            }
        }
    }

    /// Counts one, unless it was counted for the same.
    pub fn count(&mut self, counted_for: &str, worth: Option<(i64, &str)>, at: Instant) -> bool {
        if self.counted.iter().any(|known| &**known == counted_for) {
            return false;
        }
        self.counted.push_back(counted_for.into());
        if self.counted.len() > limits::CONVERSIONS_COUNTED {
            self.counted.pop_front();
        }
        self.count += 1;
        self.last_at = self.last_at.max(at);
        if let Some((value, currency)) = worth
            && (self.value.len() < limits::CURRENCIES || self.value.contains_key(currency))
        {
            let sum = self.value.entry(currency.into()).or_default();
            *sum = sum.saturating_add(value);
        }
        true
    }
}
