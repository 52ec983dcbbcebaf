//! Reads: batches of strong gets, and queries of a stretch.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnConsumedCapacity as Told};
use flusso_store::table::{Direction, Key, List, Page, Reading, Row, TableError};

use super::error::of_read;
use super::item::{key_of, of_key, text, to_row};
use super::{DynamoTable, READ};

/// Most keys of one request.
const BATCH: usize = 100;
/// A batch that comes back with keys unread is asked again so often; the SDK waits between tries of its own.
const ROUNDS: usize = 5;
/// Bytes of a sort key.
const SORT_BYTES: usize = 1024;

impl DynamoTable {
    pub(super) async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Row>>, TableError> {
        let found = match keys {
            [] => BTreeMap::new(),
            [key] => self.read_one(key).await?,
            _ => {
                let distinct: Vec<Key> = keys.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
                let mut found = BTreeMap::new();
                for batch in distinct.chunks(BATCH) {
                    found.append(&mut self.read_batch(batch).await?);
                }
                found
            }
        };
        Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
    }

    async fn read_one(&self, key: &Key) -> Result<BTreeMap<Key, Row>, TableError> {
        let get = self.client.get_item().table_name(&self.name).consistent_read(true);
        let get = get.set_key(Some(of_key(key))).return_consumed_capacity(Told::Total);
        let answer = get.send().await.map_err(|error| of_read(&error))?;
        self.report(READ, answer.consumed_capacity());
        let row = answer.item.map(|item| to_row(item, self.clock.now())).transpose()?.flatten();
        Ok(row.into_iter().map(|row| (row.key.clone(), row)).collect())
    }

    async fn read_batch(&self, keys: &[Key]) -> Result<BTreeMap<Key, Row>, TableError> {
        let wanted = KeysAndAttributes::builder().consistent_read(true);
        let wanted = wanted.set_keys(Some(keys.iter().map(of_key).collect())).build();
        let wanted = wanted.map_err(|error| TableError::Limit(error.to_string()))?;
        let mut open = Some([(self.name.clone(), wanted)].into());
        let mut found = BTreeMap::new();
        for _ in 0..ROUNDS {
            let get = self.client.batch_get_item().set_request_items(open.take());
            let get = get.return_consumed_capacity(Told::Total);
            let answer = get.send().await.map_err(|error| of_read(&error))?;
            answer.consumed_capacity().iter().for_each(|consumed| self.report(READ, Some(consumed)));
            let now = self.clock.now();
            for item in answer.responses.into_iter().flatten().flat_map(|(_, items)| items) {
                if let Some(row) = to_row(item, now)? {
                    found.insert(row.key.clone(), row);
                }
            }
            open = answer.unprocessed_keys.filter(|keys| !keys.is_empty());
            if open.is_none() {
                return Ok(found);
            }
        }
        Err(TableError::Unavailable("DynamoDB leaves keys unread".to_owned()))
    }

    pub(super) async fn query(&self, list: &List) -> Result<Page, TableError> {
        let (from, to) = list.stretch();
        if to.as_ref().is_some_and(|to| *to <= from) {
            return Ok(Page::default());
        }
        let forward = list.direction == Direction::Forward;
        let query = self.client.query().table_name(&self.name).scan_index_forward(forward);
        let query = query.consistent_read(list.reading == Reading::Strong);
        let query = query.limit(i32::try_from(list.limit).unwrap_or(i32::MAX));
        let query = query.expression_attribute_values(":p", text(&list.partition));
        // DynamoDB's ranges include both ends and bound them by the length of a key: what lies outside is left out here.
        let upper = to.as_ref().filter(|to| to.len() <= SORT_BYTES);
        let lower = Some(whole_prefix(&from, SORT_BYTES)).filter(|from| !from.is_empty());
        let query = match (lower, upper) {
            (None, None) => query.key_condition_expression("p = :p"),
            (Some(from), None) => query
                .key_condition_expression("p = :p AND s >= :from")
                .expression_attribute_values(":from", text(from)),
            (None, Some(to)) => query
                .key_condition_expression("p = :p AND s <= :to")
                .expression_attribute_values(":to", text(to)),
            (Some(from), Some(to)) => query
                .key_condition_expression("p = :p AND s BETWEEN :from AND :to")
                .expression_attribute_values(":from", text(from))
                .expression_attribute_values(":to", text(to)),
        };
        // Backward, the upper end comes first, and a page may have room for one row only: begin below it.
        let start = upper.filter(|_| !forward).map(|to| of_key(&Key::new(&list.partition, to)));
        let query = query.set_exclusive_start_key(start);
        let answer = query.return_consumed_capacity(Told::Total).send().await;
        let answer = answer.map_err(|error| of_read(&error))?;
        self.report(READ, answer.consumed_capacity());
        let now = self.clock.now();
        let within = |sort: &String| *sort >= from && to.as_ref().is_none_or(|to| sort < to);
        let mut rows = Vec::new();
        for item in answer.items.unwrap_or_default() {
            rows.extend(to_row(item, now)?.filter(|row| within(&row.key.sort)));
        }
        let last = answer.last_evaluated_key.as_ref().and_then(key_of);
        Ok(Page { rows, cursor: last.map(|key| key.sort) })
    }
}

/// The text, or as many of its characters as fit into so many bytes.
fn whole_prefix(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
