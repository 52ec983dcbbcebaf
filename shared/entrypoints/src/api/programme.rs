//! The loyalty programme, as the account has it: how points are earned, and what they buy.

use std::collections::BTreeMap;

use flusso_app::engine::contact::loyalty::{self, EarnedBy};
use flusso_app::engine::limits;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Problem;

/// How points are earned, and what they buy.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Programme {
    /// How they are earned by paying; by nothing, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    earning: Option<Earning>,
    /// What they buy, by id.
    #[serde(default)]
    #[schema(example = json!({ "caffe": { "name": "Un caffè", "points": 10 } }))]
    rewards: BTreeMap<String, Reward>,
}

/// So many points for each so much: with 1 `per` 100, a payment of 12.50 earns 12 points, and 0.50 count the next time.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Earning {
    /// By which events; a refund takes back what it had earned, in either case.
    by: By,
    /// How many points.
    #[schema(minimum = 1, example = 1)]
    points: i64,
    /// For each so many minor units (cents).
    #[schema(minimum = 1, example = 100)]
    per: i64,
    /// Of this currency.
    #[schema(example = "EUR")]
    currency: String,
    /// They are good to the end of the month that is so many after that in which they were earned, 24 at most; for ever, if
    /// nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 24)]
    valid_months: Option<u8>,
}

/// What earns points.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum By {
    /// Each payment.
    Payment,
    /// Each order.
    Order,
}

/// What points buy.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reward {
    /// Its name for people.
    name: String,
    /// What it costs.
    #[schema(minimum = 1)]
    points: i64,
}

impl Programme {
    pub(super) fn of(stored: &loyalty::Programme) -> Self {
        let earning = stored.earning.as_ref().map(|one| Earning {
            by: if one.by == EarnedBy::Order { By::Order } else { By::Payment },
            points: one.points,
            per: one.per,
            currency: one.currency.to_string(),
            valid_months: one.valid_months,
        });
        let rewards = stored
            .rewards
            .iter()
            .map(|(id, one)| (id.to_string(), Reward { name: one.name.to_string(), points: one.points }));
        Self { earning, rewards: rewards.collect() }
    }

    pub(super) fn stored(self) -> Result<loyalty::Programme, Problem> {
        let earning = self.earning.map(|one| loyalty::Earning {
            by: if matches!(one.by, By::Order) { EarnedBy::Order } else { EarnedBy::Payment },
            points: one.points,
            per: one.per,
            currency: one.currency.into(),
            valid_months: one.valid_months,
        });
        let rewards = self.rewards.into_iter();
        let rewards = rewards
            .map(|(id, one)| (id.into(), loyalty::Reward { name: one.name.into(), points: one.points }));
        let programme = loyalty::Programme { earning, rewards: rewards.take(limits::REWARDS + 1).collect() };
        flusso_app::loyalty::check(&programme)?;
        Ok(programme)
    }
}
