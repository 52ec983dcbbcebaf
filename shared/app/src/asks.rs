//! Answering asks: one of what several contacts share is given to whoever asked, by one commit with the record of it. A
//! retry finds the record.

use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::contact::ask::{Answer, Ask, Share, Wish};
use flusso_engine::definitions::Definitions;
use flusso_engine::ids::{AskId, ContactId, digest};
use flusso_engine::react::Input;
use flusso_engine::time::Millis;
use flusso_store::keys::resource::{self, Resource};
use flusso_store::table::{Key, TableError};

use crate::{App, AppError};

/// How often something shared is tried against others before the message comes again.
const TRIES: u32 = 10;
/// Among so many free codes one is tried: many who ask at once don't all want the first.
const CODES: usize = 32;

impl App {
    /// Answers an ask of a contact, unless it is answered already.
    pub(crate) async fn answer(
        &self,
        definitions: &mut Arc<Definitions>,
        id: &ContactId,
        ask: &AskId,
        again: bool,
    ) -> Result<(), AppError> {
        let contact = self.repository.contact(id).await?;
        let Some(open) = contact.state.asks.get(ask).cloned() else {
            return if again { self.act(&contact).await } else { Ok(()) };
        };
        let answer = if let Wish::GiveBack { pool, code, got } = &open.wish {
            self.take_back(id, pool, code, got).await?;
            Answer::None
        } else {
            match self.repository.allocation(ask).await? {
                Some(answer) => answer,
                None => self.allocate(id, ask, &open).await?,
            }
        };
        let input = Input::Answer { ask: ask.clone(), answer };
        self.drive(definitions, contact, input).await.map(|_| ())
    }

    async fn allocate(&self, id: &ContactId, ask: &AskId, open: &Ask) -> Result<Answer, AppError> {
        for attempt in 0..TRIES {
            let tried = match &open.wish {
                Wish::Owner { among, by } => self.give_owner(id, ask, open, among, *by).await,
                Wish::Coupon { pool } => self.give_coupon(id, ask, pool, attempt).await,
                // Answered above: nothing is given.
                Wish::GiveBack { .. } => return Ok(Answer::None),
                Wish::Slot { most, per, from } => {
                    self.give_slot(id, ask, open, (*most, *per), (*from).max(open.asked_at)).await
                }
            };
            match tried {
                Ok(answer) => return Ok(answer),
                Err(TableError::Conflict(_) | TableError::Unknown(_)) => {}
                Err(error) => return Err(error.into()),
            }
            // Perhaps it was this very ask that was quicker.
            if let Some(answer) = self.repository.allocation(ask).await? {
                return Ok(answer);
            }
        }
        Err(AppError::Unavailable("too many ask for the same at once".to_owned()))
    }

    async fn give_owner(
        &self,
        id: &ContactId,
        ask: &AskId,
        open: &Ask,
        among: &[(Arc<str>, u32)],
        by: Share,
    ) -> Result<Answer, TableError> {
        let key = match by {
            Share::LeastLoaded => resource::loads(),
            Share::RoundRobin | Share::Weighted => resource::owners(&open.workflow, open.step.as_str()),
        };
        let (resource, revision) = self.shared(&key).await?;
        let mut given = match resource {
            Some(Resource::Owners { given }) => given,
            _ => BTreeMap::new(),
        };
        let Some(next) = next_owner(among, &given) else {
            self.repository.allocate(ask, id, &Answer::None, None).await?;
            return Ok(Answer::None);
        };
        *given.entry(next.clone()).or_default() += 1;
        let answer = Answer::Got { value: next };
        self.repository.allocate(ask, id, &answer, Some((key, Resource::Owners { given }, revision))).await?;
        Ok(answer)
    }

    async fn give_coupon(
        &self,
        id: &ContactId,
        ask: &AskId,
        pool: &str,
        attempt: u32,
    ) -> Result<Answer, TableError> {
        let free = self.repository.free_coupons(pool, CODES).await?;
        if free.is_empty() {
            self.repository.allocate(ask, id, &Answer::None, None).await?;
            return Ok(Answer::None);
        }
        let hash = digest(&["code", ask.as_str(), &attempt.to_string()]);
        let code = &free[usize::from(hash[0]) % free.len()];
        self.repository.take_coupon(ask, id, pool, code).await?;
        Ok(Answer::Got { value: code.as_str().into() })
    }

    /// A code is free again, once: the record of what the ask got says whether it is still out.
    async fn take_back(
        &self,
        id: &ContactId,
        pool: &str,
        code: &Arc<str>,
        got: &AskId,
    ) -> Result<(), AppError> {
        for _ in 0..TRIES {
            let out = Answer::Got { value: code.clone() };
            if self.repository.allocation(got).await? != Some(out) {
                return Ok(());
            }
            match self.repository.give_back_coupon(got, id, pool, code).await {
                Ok(()) => return Ok(()),
                Err(TableError::Conflict(_) | TableError::Unknown(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AppError::Unavailable(format!("the code {code} can't be given back")))
    }

    async fn give_slot(
        &self,
        id: &ContactId,
        ask: &AskId,
        open: &Ask,
        (most, per): (u32, Millis),
        from: flusso_engine::time::Instant,
    ) -> Result<Answer, TableError> {
        let key = resource::pace(&open.workflow);
        let (resource, revision) = self.shared(&key).await?;
        let next = match resource {
            Some(Resource::Pace { next }) => next.max(from),
            _ => from,
        };
        let after = next + Millis((per.0 / i64::from(most.max(1))).max(1));
        let answer = Answer::At { at: next };
        let changed = Some((key, Resource::Pace { next: after }, revision));
        self.repository.allocate(ask, id, &answer, changed).await?;
        Ok(answer)
    }

    async fn shared(&self, key: &Key) -> Result<(Option<Resource>, u64), TableError> {
        Ok(self
            .repository
            .resource(key)
            .await?
            .map_or((None, 0), |(resource, revision)| (Some(resource), revision)))
    }
}

/// Whoever has got the fewest for their weight; of several the first.
fn next_owner(among: &[(Arc<str>, u32)], given: &BTreeMap<Arc<str>, u64>) -> Option<Arc<str>> {
    // (given + 1) / weight, compared without fractions: who would have the least after this one.
    let after = |(name, weight): &(Arc<str>, u32)| {
        (given.get(name).copied().unwrap_or(0) + 1, u64::from(*weight).max(1))
    };
    let less = |one: &(u64, u64), other: &(u64, u64)| (one.0 * other.1).cmp(&(other.0 * one.1));
    among.iter().min_by(|one, other| less(&after(one), &after(other))).map(|(name, _)| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared_out(among: &[(&str, u32)], times: usize) -> Vec<u64> {
        let among: Vec<(Arc<str>, u32)> =
            among.iter().map(|(name, weight)| ((*name).into(), *weight)).collect();
        let mut given = BTreeMap::new();
        for _ in 0..times {
            let next = next_owner(&among, &given).unwrap_or_default();
            *given.entry(next).or_default() += 1;
        }
        among.iter().map(|(name, _)| given[name]).collect()
    }

    #[test]
    fn a_thousand_leads_are_shared_out_exactly_kw_42() {
        assert_eq!(shared_out(&[("giulia", 1), ("marco", 1), ("sara", 1)], 1_000), [334, 333, 333]);
        assert_eq!(shared_out(&[("giulia", 2), ("marco", 1)], 9), [6, 3]);
    }
}
