//! Writes: one row by itself where one suffices, a transaction where several hold together.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Put, ReturnConsumedCapacity as Told,
    ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem,
};
use flusso_store::table::{Act, Key, TableError, When, Write};
use flusso_store::time::Instant;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::error::{of_delete, of_put, of_transaction};
use super::item::{Item, number, of_key, of_row};
use super::{AT_ONCE, DynamoTable, WRITTEN};

/// A condition as an expression, with its values.
type Condition = (Option<&'static str>, Option<Item>);

impl DynamoTable {
    /// Writes each by itself; a fenced one that does not qualify is passed over.
    pub(super) async fn each(&self, writes: Vec<Write>) -> Result<(), TableError> {
        let writing = writes.into_iter().map(|write| async move {
            match self.one(write).await {
                Err(TableError::Conflict(_)) => Ok(()),
                other => other,
            }
        });
        stream::iter(writing).buffer_unordered(AT_ONCE).try_collect().await
    }

    pub(super) async fn write(&self, mut writes: Vec<Write>) -> Result<(), TableError> {
        match writes.pop() {
            Some(only) if writes.is_empty() && !matches!(only.act, Act::Check(_)) => self.one(only).await,
            last => {
                writes.extend(last);
                self.transact(writes).await
            }
        }
    }

    async fn one(&self, write: Write) -> Result<(), TableError> {
        let key = write.key().clone();
        let (condition, values) = condition(write.when, self.clock.now());
        match write.act {
            Act::Put(row) => {
                let put = self.client.put_item().table_name(&self.name).set_item(Some(of_row(row)));
                let put = put.set_condition_expression(condition.map(str::to_owned));
                let put = put.set_expression_attribute_values(values);
                let put = put.return_consumed_capacity(Told::Total).send().await;
                let answer = put.map_err(|error| of_put(&error, key))?;
                self.report(WRITTEN, answer.consumed_capacity());
                Ok(())
            }
            Act::Delete(_) => {
                let delete = self.client.delete_item().table_name(&self.name).set_key(Some(of_key(&key)));
                let delete = delete.set_condition_expression(condition.map(str::to_owned));
                let delete = delete.set_expression_attribute_values(values);
                let delete = delete.return_consumed_capacity(Told::Total).send().await;
                let answer = delete.map_err(|error| of_delete(&error, key))?;
                self.report(WRITTEN, answer.consumed_capacity());
                Ok(())
            }
            Act::Check(_) => self.transact(vec![write]).await,
        }
    }

    async fn transact(&self, writes: Vec<Write>) -> Result<(), TableError> {
        let now = self.clock.now();
        let keys: Vec<Key> = writes.iter().map(|write| write.key().clone()).collect();
        let items: Result<_, BuildError> = writes.into_iter().map(|write| self.part(write, now)).collect();
        let items = items.map_err(|error| TableError::Limit(error.to_string()))?;
        // The SDK gives the transaction a token of its own, so that its own second try of the same one is the first.
        let transaction = self.client.transact_write_items().set_transact_items(Some(items));
        let transaction = transaction.return_consumed_capacity(Told::Total).send().await;
        let answer = transaction.map_err(|error| of_transaction(&error, &keys))?;
        answer.consumed_capacity().iter().for_each(|consumed| self.report(WRITTEN, Some(consumed)));
        Ok(())
    }

    fn part(&self, write: Write, now: Instant) -> Result<TransactWriteItem, BuildError> {
        let (condition, values) = condition(write.when, now);
        let condition = condition.map(str::to_owned);
        let item = TransactWriteItem::builder();
        let item = match write.act {
            Act::Put(row) => item.put(
                Put::builder()
                    .table_name(&self.name)
                    .set_item(Some(of_row(row)))
                    .set_condition_expression(condition)
                    .set_expression_attribute_values(values)
                    .return_values_on_condition_check_failure(OnFailure::None)
                    .build()?,
            ),
            Act::Delete(key) => item.delete(
                Delete::builder()
                    .table_name(&self.name)
                    .set_key(Some(of_key(&key)))
                    .set_condition_expression(condition)
                    .set_expression_attribute_values(values)
                    .build()?,
            ),
            Act::Check(key) => item.condition_check(
                ConditionCheck::builder()
                    .table_name(&self.name)
                    .set_key(Some(of_key(&key)))
                    // A check must ask something: this always holds.
                    .condition_expression(
                        condition
                            .unwrap_or_else(|| "attribute_exists(p) OR attribute_not_exists(p)".to_owned()),
                    )
                    .set_expression_attribute_values(values)
                    .build()?,
            ),
        };
        Ok(item.build())
    }
}

fn condition(when: When, now: Instant) -> Condition {
    let now = (":now".to_owned(), number(now.millis()));
    let revision = |n: u64| -> (String, AttributeValue) { (":r".to_owned(), number(n)) };
    match when {
        When::Any => (None, None),
        When::Absent => (Some("attribute_not_exists(p) OR x <= :now"), Some([now].into())),
        When::Revision(n) => {
            (Some("r = :r AND (attribute_not_exists(x) OR x > :now)"), Some([now, revision(n)].into()))
        }
        When::Older(n) => {
            (Some("attribute_not_exists(p) OR r <= :r OR x <= :now"), Some([now, revision(n)].into()))
        }
    }
}
