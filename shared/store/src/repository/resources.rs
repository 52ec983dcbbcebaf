//! What several contacts share, and what each ask got of it.

use flusso_engine::contact::ask::Answer;
use flusso_engine::ids::{AskId, ContactId};

use super::Repository;
use crate::codec::row;
use crate::keys::allocation::{self, Allocation, AllocationRow};
use crate::keys::coupon::{self, Coupon, CouponRow};
use crate::keys::pool::{self, Pool, PoolRow};
use crate::keys::resource::{Resource, ResourceRow};
use crate::table::{Key, List, Reading, TableError, When, Write};

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

    /// Says that there is a pool of coupons.
    pub async fn put_pool(&self, pool: &str) -> Result<(), TableError> {
        self.table.put_all(vec![(row::<PoolRow>(pool::key(pool), 0, &Pool {})?, When::Any)]).await
    }

    /// Puts a code into a pool; one that is there already, free or used, stays as it is. Whether it is new.
    pub async fn add_coupon(&self, pool: &str, code: &str) -> Result<bool, TableError> {
        let free = row::<CouponRow>(coupon::free(pool, code), 1, &Coupon::default())?;
        // A code that somebody has is free no more.
        let unused = Write::check(coupon::used(pool, code), When::Absent);
        match self.table.commit(vec![Write::put(free, When::Absent), unused]).await {
            Ok(()) => Ok(true),
            Err(TableError::Conflict(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The names of all pools.
    pub async fn coupon_pools(&self) -> Result<Vec<String>, TableError> {
        let rows = self.all(List::all(pool::PARTITION, 100)).await?;
        Ok(rows.into_iter().map(|row| row.key.sort).collect())
    }

    /// How many codes of a pool nobody has, and how many somebody has.
    pub async fn count_coupons(&self, pool: &str) -> Result<(usize, usize), TableError> {
        let count = async |prefix| {
            let list = List { reading: Reading::Eventual, ..List::all(coupon::partition(pool), 1_000) };
            Ok::<_, TableError>(self.all(list.with_prefix(prefix)).await?.len())
        };
        Ok((count(coupon::FREE).await?, count(coupon::USED).await?))
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

impl Repository {
    /// Makes a code free again that an ask got: the ask's record says from then on that it got nothing.
    pub async fn give_back_coupon(
        &self,
        got: &AskId,
        contact: &ContactId,
        pool: &str,
        code: &str,
    ) -> Result<(), TableError> {
        let nothing = Allocation { contact: contact.clone(), answer: Answer::None };
        let free = row::<CouponRow>(coupon::free(pool, code), 1, &Coupon::default())?;
        self.table
            .commit(vec![
                Write::put(row::<AllocationRow>(allocation::key(got), 2, &nothing)?, When::Revision(1)),
                Write::delete(coupon::used(pool, code), When::Revision(1)),
                Write::put(free, When::Absent),
            ])
            .await
    }
}

fn given(ask: &AskId, contact: &ContactId, answer: &Answer) -> Result<Write, TableError> {
    let allocation = Allocation { contact: contact.clone(), answer: answer.clone() };
    Ok(Write::put(row::<AllocationRow>(allocation::key(ask), 1, &allocation)?, When::Absent))
}
