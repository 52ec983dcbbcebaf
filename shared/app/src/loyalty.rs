//! The loyalty card by hand: made, and rewards taken for points.

use flusso_engine::contact::Contact;
use flusso_engine::contact::loyalty::{Card, Programme, Redeemed, Unit};
use flusso_engine::limits;
use serde_json::{Map, Value};

use crate::hand::{ByHand, mark};
use crate::{App, AppError};

impl App {
    /// The card of a contact.
    pub async fn loyalty_card(&self, contact: &str) -> Result<(Contact, Card), AppError> {
        let contact = self.contact(contact).await?;
        let card = contact.profile.objects.loyalty.clone();
        let card = card.ok_or_else(|| AppError::NotFound { what: "card", id: contact.id.to_string() })?;
        Ok((contact, card))
    }

    /// Makes a card, or gives the one that is there its number. One that is there stays as it is.
    pub async fn make_card(&self, hand: &ByHand, number: Option<&str>) -> Result<(Contact, Card), AppError> {
        let number = number.map(|number| ("number".to_owned(), Value::from(number)));
        self.do_by_hand(hand, "loyalty.card_created", number.into_iter().collect()).await?;
        self.loyalty_card(&hand.contact).await
    }

    /// Takes a reward for points. The same request again takes it once.
    pub async fn redeem(&self, hand: &ByHand, reward: &str) -> Result<(Contact, Card, Redeemed), AppError> {
        let definitions = self.definitions().await?;
        let account = &definitions.account;
        let Some(known) = account.loyalty.rewards.get(reward) else {
            return Err(AppError::NotFound { what: "reward", id: reward.to_owned() });
        };
        self.loyalty_card(&hand.contact).await?;
        let event = hand.id(self)?;
        let (now, below_zero) = (self.now(), account.loyalty_below_zero);
        let suffices = |contact: &Contact| {
            let card = contact.profile.objects.loyalty.as_ref();
            below_zero || card.is_some_and(|card| card.ledger(Unit::Points).value(now) >= known.points)
        };
        let data = Map::from_iter([("reward".to_owned(), Value::from(reward))]);
        let contact = self.happen(hand, &event, "loyalty.reward_redeemed", data, suffices).await?;
        let card = contact.as_ref().and_then(|contact| contact.profile.objects.loyalty.clone());
        let mark = mark(&hand.caller, &event);
        let redeemed =
            card.as_ref().and_then(|card| card.redeemed.iter().find(|one| one.mark == mark).cloned());
        let (Some(contact), Some(card), Some(redeemed)) = (contact, card, redeemed) else {
            let message = format!("`{reward}` costs {} points, and there are not so many", known.points);
            return Err(AppError::Conflict { code: "balance_too_low", message });
        };
        Ok((contact, card, redeemed))
    }
}

/// What is wrong with a programme.
pub fn check(programme: &Programme) -> Result<(), AppError> {
    if let Some(earning) = &programme.earning {
        let months = earning.valid_months.is_none_or(|months| (1..=24).contains(&months));
        let currency =
            earning.currency.len() == 3 && earning.currency.bytes().all(|b| b.is_ascii_uppercase());
        let wrong = [
            (earning.points < 1 || earning.points > 1_000_000, "points", "1 to 1,000,000 points"),
            (earning.per < 1, "per", "1 or more minor units (cents)"),
            (!currency, "currency", "a currency's three letters, such as EUR"),
            (!months, "valid_months", "1 to 24 months"),
        ];
        if let Some((_, field, what)) = wrong.into_iter().find(|(wrong, _, _)| *wrong) {
            let message = format!("`{field}` is {what}");
            return Err(AppError::invalid(format!("loyalty.earning.{field}"), "loyalty.earning", message));
        }
    }
    if programme.rewards.len() > limits::REWARDS {
        let message = format!("an account offers at most {} rewards", limits::REWARDS);
        return Err(AppError::invalid("loyalty.rewards", "loyalty.rewards", message));
    }
    for (id, reward) in &programme.rewards {
        let named = [id, &reward.name].into_iter().all(|name| {
            (1..=limits::NAME_BYTES).contains(&limits::json_bytes(name)) && !name.contains(char::is_control)
        });
        if !named || reward.points < 1 {
            let message = format!(
                "a reward has an id and a name of 1 to {} bytes, and costs 1 point or more",
                limits::NAME_BYTES
            );
            return Err(AppError::invalid(format!("loyalty.rewards.{id}"), "loyalty.reward", message));
        }
    }
    Ok(())
}
