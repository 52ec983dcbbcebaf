//! The loyalty card: made, filled, spent from.

use serde_json::Value;

use super::{Cause, Data, instant, text, whole};
use crate::contact::loyalty::{Card, EarnedBy, Redeemed, Unit};
use crate::react::Turn;
use crate::time::Instant;
use crate::timeline::What;

impl Turn<'_> {
    /// What an event from outside says of the card.
    pub(super) fn apply_loyalty(
        &mut self,
        cause: &Cause<'_>,
        verb: &str,
        mark: &str,
        mut data: Data,
    ) -> Option<Data> {
        let (unit, adds) = match verb {
            "card_created" => {
                let number = text(&data, "number");
                return self.make_card(cause, number.as_deref()).then_some(data);
            }
            "reward_redeemed" => return self.redeem(cause, mark, data),
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

    /// Takes a reward for points, if there is such a one and the points suffice.
    fn redeem(&mut self, cause: &Cause<'_>, mark: &str, mut data: Data) -> Option<Data> {
        let definitions = self.definitions;
        let id = text(&data, "reward")?;
        let Some(reward) = definitions.account.loyalty.rewards.get(id.as_str()) else {
            self.keep_loyalty(cause, "no_reward");
            return None;
        };
        if !self.spend_loyalty(cause, Unit::Points, reward.points) {
            return None;
        }
        let redeemed =
            Redeemed { mark: mark.into(), reward: id.as_str().into(), points: reward.points, at: cause.at };
        if let Some(card) = &mut self.profile().objects.loyalty {
            card.redeem(redeemed);
        }
        let name = Some(reward.name.to_string());
        self.tell(cause, What::ObjectMade { object: "reward".to_owned(), id: id.into(), name });
        data.insert("name".to_owned(), (&*reward.name).into());
        data.insert("points".to_owned(), reward.points.into());
        data.insert("balance".to_owned(), self.balance(Unit::Points).into());
        Some(data)
    }

    /// Credits the points that a payment or an order earns; a refund takes back what it had earned, as far as it is still
    /// there.
    pub(super) fn earn_points(&mut self, cause: &Cause<'_>, by: EarnedBy, amount: i64, currency: &str) {
        let definitions = self.definitions;
        let Some(earning) = &definitions.account.loyalty.earning else { return };
        if &*earning.currency != currency || (amount > 0 && earning.by != by) {
            return;
        }
        if self.contact.profile.objects.loyalty.is_none() {
            if amount <= 0 {
                return;
            }
            self.make_card(cause, None);
            let data = Data::from_iter([("at".to_owned(), cause.at.to_string().into())]);
            self.happen_at("loyalty.card_created", cause.at, data, cause.chain.clone());
        }
        let Some(card) = &mut self.profile().objects.loyalty else { return };
        let points = card.earn(amount, earning);
        if points > 0 {
            let expires_at = earning.valid_months.map(|months| self.month_ends(cause.at, months));
            if self.add_loyalty(cause, Unit::Points, points, expires_at) {
                let said = [("points", points), ("balance", self.balance(Unit::Points))];
                let data = said.map(|(name, value)| (name.to_owned(), value.into())).into_iter().collect();
                self.happen_at("loyalty.points_added", cause.at, data, cause.chain.clone());
            }
        } else if points < 0 {
            let all = -points;
            let there = self.balance(Unit::Points).max(0);
            let back = if definitions.account.loyalty_below_zero { all } else { all.min(there) };
            if back > 0 {
                self.spend_loyalty(cause, Unit::Points, back);
            }
        }
    }

    /// The end of the month that is so many after that of an instant, by the account's clocks.
    fn month_ends(&self, at: Instant, months: u8) -> Instant {
        let months = i64::from(months) + 1;
        let now = at.timestamp().to_zoned(self.definitions.zone.clone());
        let first = now.first_of_month().and_then(|day| day.start_of_day());
        let ends = first.and_then(|first| first.checked_add(jiff::Span::new().months(months)));
        ends.map_or(Instant::MAX, |ends| Instant::from_millis(ends.timestamp().as_millisecond()))
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
