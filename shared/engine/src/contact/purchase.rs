//! What the contact bought: counts and sums, and the last products.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::time::Instant;

/// The currency of an amount that names none.
pub const CURRENCY: &str = "EUR";

/// The purchases of a contact, as running sums.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchases {
    /// Payments that were completed.
    pub payments: u32,
    /// Orders that were completed.
    pub orders: u32,
    /// Products that were bought, as far as each was told by itself.
    pub products: u32,
    /// What was paid less what was refunded, in minor units by currency.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub net: BTreeMap<Arc<str>, i64>,
    /// The first of them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_at: Option<Instant>,
    /// The last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Instant>,
    /// The products that were bought last, each with the last time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub last: BTreeMap<Arc<str>, Instant>,
    /// The newest payments and refunds, the oldest first.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub newest: VecDeque<Payment>,
    /// Whether a product was forgotten for newer ones.
    #[serde(default, skip_serializing_if = "is_false")]
    pub forgot: bool,
}

/// A payment, or a refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// `pay_…`, derived from the event that told of it.
    pub id: Arc<str>,
    /// When.
    pub at: Instant,
    /// How much, in minor units; less than nothing is a refund.
    pub amount: i64,
    /// Of which currency.
    pub currency: Arc<str>,
    /// For what, if it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Arc<str>>,
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Purchases {
    /// Whether nothing was ever bought.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Something was bought.
    pub fn count(&mut self, at: Instant) {
        self.first_at = Some(self.first_at.map_or(at, |first| first.min(at)));
        self.last_at = Some(self.last_at.map_or(at, |last| last.max(at)));
    }

    /// A product was bought; the one that was bought longest ago may be forgotten for it.
    pub fn count_product(&mut self, product: &str, at: Instant) {
        let last = self.last.entry(product.into()).or_insert(at);
        *last = at.max(*last);
        if self.last.len() > limits::PRODUCTS {
            let oldest = self.last.iter().min_by_key(|(_, at)| **at).map(|(product, _)| product.clone());
            self.forgot |= oldest.is_some_and(|oldest| self.last.remove(&oldest).is_some());
        }
    }

    /// Takes what another contact bought.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.payments = self.payments.saturating_add(other.payments);
        self.orders = self.orders.saturating_add(other.orders);
        self.products = self.products.saturating_add(other.products);
        for (currency, amount) in &other.net {
            let sum = self.net.entry(currency.clone()).or_default();
            *sum = sum.saturating_add(*amount);
        }
        other.first_at.into_iter().chain(other.last_at).for_each(|at| self.count(at));
        for (product, at) in &other.last {
            self.count_product(product, *at);
        }
        self.forgot |= other.forgot;
        other.newest.iter().for_each(|payment| self.remember(payment.clone()));
    }

    /// Gives that back: the sums are as if it had never been taken.
    pub(crate) fn give_back(&mut self, other: &Self) {
        self.payments = self.payments.saturating_sub(other.payments);
        self.orders = self.orders.saturating_sub(other.orders);
        self.products = self.products.saturating_sub(other.products);
        for (currency, amount) in &other.net {
            if let Some(sum) = self.net.get_mut(currency) {
                *sum = sum.saturating_sub(*amount);
            }
        }
        self.newest.retain(|payment| !other.newest.contains(payment));
    }

    /// Remembers a payment in its place; the oldest may be forgotten for it.
    pub fn remember(&mut self, payment: Payment) {
        let place = self.newest.partition_point(|known| known.at <= payment.at);
        self.newest.insert(place, payment);
        if self.newest.len() > limits::PAYMENTS {
            self.newest.pop_front();
        }
    }

    /// Adds to what was paid. False if there is no room for one more currency.
    #[must_use]
    pub fn add(&mut self, amount: i64, currency: &str) -> bool {
        if self.net.len() >= limits::CURRENCIES && !self.net.contains_key(currency) {
            return false;
        }
        let sum = self.net.entry(currency.into()).or_default();
        *sum = sum.saturating_add(amount);
        true
    }
}
