//! The loyalty card: points and money (minor units), two running balances of whole numbers. Some points expire; what is
//! spent is taken from those that expire first.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{ContactId, digest};
use crate::limits;
use crate::time::Instant;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Points.
    Points,
    /// Money, in minor units.
    Amount,
}

impl Unit {
    /// The name in events and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Points => "points",
            Self::Amount => "amount",
        }
    }
}

/// The card of a contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// What stands on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Arc<str>>,
    /// When it was made.
    pub created_at: Instant,
    /// The points.
    #[serde(default)]
    pub points: Ledger,
    /// The money.
    #[serde(default)]
    pub amount: Ledger,
    /// What was paid and is not worth points yet, in minor units.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub carry: i64,
    /// The newest rewards that were taken, the oldest first.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub redeemed: VecDeque<Redeemed>,
}

/// A reward that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redeemed {
    /// What tells the event from every other.
    pub mark: Arc<str>,
    /// Which reward.
    pub reward: Arc<str>,
    /// What it cost.
    pub points: i64,
    /// When.
    pub at: Instant,
}

/// How points are earned, and what they buy: settings of the account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Programme {
    /// How they are earned by paying; by nothing, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earning: Option<Earning>,
    /// What they buy, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rewards: BTreeMap<Arc<str>, Reward>,
}

/// How points are earned: so many for each so much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earning {
    /// By which events.
    pub by: EarnedBy,
    /// How many points.
    pub points: i64,
    /// For each so many minor units.
    pub per: i64,
    /// Of this currency.
    pub currency: Arc<str>,
    /// To the end of which month they are good: so many after that in which they were earned; for ever, if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_months: Option<u8>,
}

/// What earns points. Refunds take them back in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EarnedBy {
    /// Each payment.
    Payment,
    /// Each order.
    Order,
}

/// What points buy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reward {
    /// Its name for people.
    pub name: Arc<str>,
    /// What it costs.
    pub points: i64,
}

impl Programme {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.earning.is_none() && self.rewards.is_empty()
    }
}

/// The number of a card that was given none: thirteen digits (EAN-13, of those that a shop may use as its own), derived
/// from whose it is.
pub fn number_of(contact: &ContactId) -> String {
    let hash = digest(&["card", contact.as_str()]);
    let number = hash[..8].iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    let twelve = format!("2{:011}", number % 100_000_000_000);
    let weighed = twelve.bytes().zip([1, 3].into_iter().cycle());
    let sum: u32 = weighed.map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{twelve}{}", (10 - sum % 10) % 10)
}

/// One balance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    #[serde(default, rename = "p", skip_serializing_if = "is_zero")]
    lasting: i64,
    /// What expires, by instant.
    #[serde(default, rename = "e", skip_serializing_if = "Vec::is_empty")]
    expiring: Vec<(Instant, i64)>,
}

fn is_zero(n: &i64) -> bool {
    *n == 0
}

impl Card {
    /// What so much more, or less, that was paid is worth in points; what is left over counts the next time.
    pub fn earn(&mut self, amount: i64, earning: &Earning) -> i64 {
        let per = earning.per.max(1);
        let paid = self.carry.saturating_add(amount);
        self.carry = paid.rem_euclid(per);
        paid.div_euclid(per).saturating_mul(earning.points)
    }

    /// Remembers a reward that was taken.
    pub fn redeem(&mut self, redeemed: Redeemed) {
        self.redeemed.push_back(redeemed);
        if self.redeemed.len() > limits::REDEEMED {
            self.redeemed.pop_front();
        }
    }

    /// One of the balances.
    pub fn ledger(&self, unit: Unit) -> &Ledger {
        match unit {
            Unit::Points => &self.points,
            Unit::Amount => &self.amount,
        }
    }

    /// One of the balances, to be changed.
    pub fn ledger_mut(&mut self, unit: Unit) -> &mut Ledger {
        match unit {
            Unit::Points => &mut self.points,
            Unit::Amount => &mut self.amount,
        }
    }
}

impl Ledger {
    /// The balance at an instant.
    pub fn value(&self, at: Instant) -> i64 {
        self.lasting
            + self.expiring.iter().filter(|(expires_at, _)| *expires_at > at).map(|(_, n)| n).sum::<i64>()
    }

    /// The next instant after `at` at which something expires.
    pub fn next_expiry_after(&self, at: Instant) -> Option<Instant> {
        self.expiring.iter().map(|(expires_at, _)| *expires_at).find(|expires_at| *expires_at > at)
    }

    /// Adds, for ever or until an instant. False if there is no room for one more instant.
    #[must_use]
    pub fn add(&mut self, n: i64, expires_at: Option<Instant>, now: Instant) -> bool {
        self.expiring.retain(|(expires_at, _)| *expires_at > now);
        let Some(expires_at) = expires_at else {
            self.lasting = self.lasting.saturating_add(n);
            return true;
        };
        match self.expiring.binary_search_by_key(&expires_at, |(expires_at, _)| *expires_at) {
            Ok(at) => self.expiring[at].1 = self.expiring[at].1.saturating_add(n),
            Err(_) if self.expiring.len() >= limits::LOYALTY_ENTRIES => return false,
            Err(at) => self.expiring.insert(at, (expires_at, n)),
        }
        true
    }

    /// Takes the balance of another ledger, also beyond the bound up to which entries are added.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.lasting = self.lasting.saturating_add(other.lasting);
        for (expires_at, n) in &other.expiring {
            match self.expiring.binary_search_by_key(expires_at, |(expires_at, _)| *expires_at) {
                Ok(at) => self.expiring[at].1 = self.expiring[at].1.saturating_add(*n),
                Err(at) => self.expiring.insert(at, (*expires_at, *n)),
            }
        }
    }

    /// Gives back what another ledger brought, as far as it was not spent: what is left of it.
    pub(crate) fn give_back(&mut self, other: &Self) -> Self {
        let of = |there: i64, brought: i64| if brought > 0 { brought.min(there.max(0)) } else { brought };
        let mut back = Self { lasting: of(self.lasting, other.lasting), expiring: Vec::new() };
        self.lasting -= back.lasting;
        for (expires_at, n) in &other.expiring {
            let Ok(at) = self.expiring.binary_search_by_key(expires_at, |(expires_at, _)| *expires_at) else {
                continue;
            };
            let n = of(self.expiring[at].1, *n);
            self.expiring[at].1 -= n;
            back.expiring.push((*expires_at, n));
        }
        self.expiring.retain(|(_, there)| *there != 0);
        back.expiring.retain(|(_, n)| *n != 0);
        back
    }

    /// Spends, first what expires first. False, and nothing happens, if the balance is too low and may not fall below
    /// zero.
    #[must_use]
    pub fn spend(&mut self, n: i64, now: Instant, below_zero: bool) -> bool {
        if self.value(now) < n && !below_zero {
            return false;
        }
        self.expiring.retain(|(expires_at, _)| *expires_at > now);
        let mut left = n;
        for (_, there) in &mut self.expiring {
            let taken = left.min(*there).max(0);
            *there -= taken;
            left -= taken;
        }
        self.expiring.retain(|(_, there)| *there != 0);
        self.lasting -= left;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_paid_in_parts_earns_as_much_and_refunds_take_it_back_sem_11() {
        let (by, currency, valid_months) = (EarnedBy::Payment, "EUR".into(), None);
        let earning = Earning { by, points: 2, per: 100, currency, valid_months };
        let mut card = Card::default();
        let earned: Vec<i64> = [50, 50, 250, -33, -33, -34].map(|amount| card.earn(amount, &earning)).into();
        assert_eq!(earned, [0, 2, 4, 0, -2, 0]);
        assert_eq!((earned.iter().sum::<i64>(), card.carry), (2 * 2, 50));
    }

    #[test]
    fn a_number_is_derived_and_checks() {
        let number = number_of(&ContactId::new("con_hp9f03agjhcse1zvpmmt"));
        assert_eq!((number.len(), &number[..1]), (13, "2"));
        let digits = number.bytes().map(|digit| u32::from(digit - b'0'));
        let sum: u32 = digits.zip([1, 3].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
        assert_eq!(sum % 10, 0, "{number}");
        assert_ne!(number, number_of(&ContactId::new("con_00000000000000000000")));
    }

    #[test]
    fn what_expires_first_is_spent_first() {
        let at = Instant::from_millis;
        let mut ledger = Ledger::default();
        assert!(ledger.add(10, Some(at(100)), at(0)));
        assert!(ledger.add(10, Some(at(200)), at(0)));
        assert!(ledger.add(5, None, at(0)));
        assert!(ledger.spend(12, at(50), false));
        assert_eq!([50, 100, 200].map(|millis| ledger.value(at(millis))), [13, 13, 5]);
        assert!(!ledger.spend(14, at(50), false), "no balance falls below zero");
        assert_eq!(ledger.value(at(50)), 13);
        assert!(ledger.spend(14, at(50), true));
        assert_eq!(ledger.value(at(50)), -1);
    }
}
