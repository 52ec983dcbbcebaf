//! The loyalty card: made, filled, spent from.

use serde_json::Value;

use super::{Cause, Data, instant, text, whole};
use crate::contact::loyalty::{Card, Unit};
use crate::react::Turn;
use crate::time::Instant;
use crate::timeline::What;

impl Turn<'_> {
    /// What an event from outside says of the card.
    pub(super) fn apply_loyalty(&mut self, cause: &Cause<'_>, verb: &str, mut data: Data) -> Option<Data> {
        let (unit, adds) = match verb {
            "card_created" => {
                let number = text(&data, "number");
                return self.make_card(cause, number.as_deref()).then_some(data);
            }
            "points_added" => (Unit::Points, true),
            "points_spent" => (Unit::Points, false),
            "amount_added" => (Unit::Amount, true),
            "amount_spent" => (Unit::Amount, false),
            _ => return Some(data),
        };
        let Some(n) = whole(&data, unit.as_str()).filter(|n| *n > 0) else { return Some(data) };
        let done = if adds {
            self.add_loyalty(cause, unit, n, instant(&data, "expires_at"))
        } else {
            self.spend_loyalty(cause, unit, n)
        };
        data.insert("balance".to_owned(), self.balance(unit).into());
        done.then_some(data)
    }

    /// Makes a card, or gives the one that is there its number. False if nothing changed.
    pub fn make_card(&mut self, cause: &Cause<'_>, number: Option<&str>) -> bool {
        match &self.contact.profile.objects.loyalty {
            Some(card) if card.number.is_some() || number.is_none() => {
                let id = card.number.clone().unwrap_or_default();
                let kept =
                    What::ObjectKept { object: "loyalty".to_owned(), id, reason: "already".to_owned() };
                self.tell(cause, kept);
                return false;
            }
            Some(_) => {
                if let Some(card) = &mut self.profile().objects.loyalty {
                    card.number = number.map(Into::into);
                }
            }
            None => {
                let card = Card { number: number.map(Into::into), created_at: cause.at, ..Card::default() };
                self.profile().objects.loyalty = Some(card);
            }
        }
        self.tell(cause, What::CardCreated { number: number.map(Into::into) });
        let data = number.map(|number| ("number".to_owned(), Value::from(number))).into_iter().collect();
        self.follows(cause, "loyalty.card_created", data);
        true
    }

    /// Adds to a balance; there is a card from now on. False if nothing was added.
    pub fn add_loyalty(
        &mut self,
        cause: &Cause<'_>,
        unit: Unit,
        n: i64,
        expires_at: Option<Instant>,
    ) -> bool {
        let now = self.now;
        if expires_at.is_some_and(|expires_at| expires_at <= now) {
            self.keep_loyalty(cause, "expired_already");
            return false;
        }
        if self.contact.profile.objects.loyalty.is_none() {
            self.make_card(cause, None);
        }
        let before = self.balance(unit);
        let Some(card) = &mut self.profile().objects.loyalty else { return false };
        if !card.ledger_mut(unit).add(n, expires_at, now) {
            self.tell(cause, What::LimitReached { limit: "loyalty_entries".to_owned() });
            return false;
        }
        self.loyalty_changed(cause, unit, before, "added");
        true
    }

    /// Spends from a balance. False if nothing was spent.
    pub fn spend_loyalty(&mut self, cause: &Cause<'_>, unit: Unit, n: i64) -> bool {
        let (now, below_zero) = (self.now, self.definitions.account.loyalty_below_zero);
        let before = self.balance(unit);
        if self.contact.profile.objects.loyalty.is_none() {
            self.keep_loyalty(cause, "no_card");
            return false;
        }
        let Some(card) = &mut self.profile().objects.loyalty else { return false };
        if !card.ledger_mut(unit).spend(n, now, below_zero) {
            self.keep_loyalty(cause, "balance_too_low");
            return false;
        }
        self.loyalty_changed(cause, unit, before, "spent");
        true
    }

    fn keep_loyalty(&mut self, cause: &Cause<'_>, reason: &str) {
        if cause.by.is_some() {
            return self.tell(cause, What::StepSkipped { reason: reason.to_owned() });
        }
        let number = self.contact.profile.objects.loyalty.as_ref().and_then(|card| card.number.clone());
        let kept = What::ObjectKept {
            object: "loyalty".to_owned(),
            id: number.unwrap_or_default(),
            reason: reason.to_owned(),
        };
        self.tell(cause, kept);
    }

    fn balance(&self, unit: Unit) -> i64 {
        let card = self.contact.profile.objects.loyalty.as_ref();
        card.map_or(0, |card| card.ledger(unit).value(self.now))
    }

    fn loyalty_changed(&mut self, cause: &Cause<'_>, unit: Unit, before: i64, verb: &str) {
        let after = self.balance(unit);
        let by = after - before;
        self.tell(cause, What::LoyaltyChanged { unit, by, balance: after });
        let said = [(unit.as_str(), by.saturating_abs()), ("balance", after)];
        let data = said.map(|(name, value)| (name.to_owned(), value.into())).into_iter().collect();
        self.follows(cause, &format!("loyalty.{}_{verb}", unit.as_str()), data);
        let changed = [("before", before), ("after", after)];
        let data = changed.map(|(name, value)| (name.to_owned(), value.into())).into_iter().collect();
        self.happen_at(&format!("loyalty.{}_changed", unit.as_str()), cause.at, data, cause.chain.clone());
    }
}
