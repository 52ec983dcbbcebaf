//! What several contacts share, and what each ask got of it.

use flusso_engine::contact::ask::Answer;
use flusso_engine::ids::{AskId, ContactId};

use super::Repository;
use crate::codec::row;
use crate::keys::allocation::{self, Allocation, AllocationRow};
use crate::keys::coupon::{self, Coupon, CouponRow};
use crate::keys::resource::{Resource, ResourceRow};
use crate::table::{Key, List, TableError, When, Write};

impl Repository {
    /// What an ask got; none if it was not answered yet.
    pub async fn allocation(&self, ask: &AskId) -> Result<Option<Answer>, TableError> {
        Ok(self.get::<AllocationRow>(allocation::key(ask)).await?.map(|(allocation, _)| allocation.answer))
    }

    /// What is shared, and its revision; none if nobody has had any of it yet.
    pub async fn resource(&self, key: &Key) -> Result<Option<(Resource, u64)>, TableError> {
        self.get::<ResourceRow>(key.clone()).await
    }

    /// Answers an ask, and changes what is shared with it: both, or, if somebody was quicker, neither.
    pub async fn allocate(
        &self,
        ask: &AskId,
        contact: &ContactId,
        answer: &Answer,
        changed: Option<(Key, Resource, u64)>,
    ) -> Result<(), TableError> {
        let mut writes = vec![given(ask, contact, answer)?];
        if let Some((key, resource, revision)) = changed {
            let when = if revision == 0 { When::Absent } else { When::Revision(revision) };
            writes.push(Write::put(row::<ResourceRow>(key, revision + 1, &resource)?, when));
        }
        self.table.commit(writes).await
    }

    /// Puts codes into a pool; those that are there already, free or used, stay as they are. How many are new.
    pub async fn add_coupons(&self, pool: &str, codes: &[String]) -> Result<usize, TableError> {
        let mut added = 0;
        for code in codes {
            let used = self.get::<CouponRow>(coupon::used(pool, code)).await?;
            if used.is_some() {
                continue;
            }
            let free = row::<CouponRow>(coupon::free(pool, code), 1, &Coupon::default())?;
            match self.table.commit(vec![Write::put(free, When::Absent)]).await {
                Ok(()) => added += 1,
                Err(TableError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(added)
    }

    /// Some codes of a pool that nobody has.
    pub async fn free_coupons(&self, pool: &str, most: usize) -> Result<Vec<String>, TableError> {
        let list = List::all(coupon::partition(pool), most).with_prefix(coupon::FREE);
        let page = self.table.list(&list).await?;
        let codes = page.rows.iter().filter_map(|row| row.key.sort.strip_prefix(coupon::FREE));
        Ok(codes.map(str::to_owned).collect())
    }

    /// Gives a code to whoever asked, if it is still free.
    pub async fn take_coupon(
        &self,
        ask: &AskId,
        contact: &ContactId,
        pool: &str,
        code: &str,
    ) -> Result<(), TableError> {
        let answer = Answer::Got { value: code.into() };
        let used = Coupon { contact: Some(contact.clone()) };
        self.table
            .commit(vec![
                given(ask, contact, &answer)?,
                Write::delete(coupon::free(pool, code), When::Revision(1)),
                Write::put(row::<CouponRow>(coupon::used(pool, code), 1, &used)?, When::Absent),
            ])
            .await
    }
}

fn given(ask: &AskId, contact: &ContactId, answer: &Answer) -> Result<Write, TableError> {
    let allocation = Allocation { contact: contact.clone(), answer: answer.clone() };
    Ok(Write::put(row::<AllocationRow>(allocation::key(ask), 1, &allocation)?, When::Absent))
}
