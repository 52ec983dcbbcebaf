//! What goes wrong on the wire, and what the program is told of it (P3, P14).

use std::sync::Arc;

use flusso_aws::table::DynamoTable;
use flusso_store::conformance::TestClock;
use flusso_store::table::{Key, Row, Table, TableError, When, Write};
use flusso_store::time::Instant;

use crate::proxy::{Mishap, Proxy};
use crate::stand_in::{StandIn, client, create, unique};

const THROTTLED: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slower"}"#;
const BROKEN: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"oh"}"#;
const OTHER_TRANSACTION: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"cancelled","CancellationReasons":[{"Code":"TransactionConflict","Message":"m"},{"Code":"None"}]}"#;
const MIXED: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"cancelled","CancellationReasons":[{"Code":"TransactionConflict","Message":"m"},{"Code":"ConditionalCheckFailed","Message":"m"}]}"#;
const SLOWER_TRANSACTION: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"cancelled","CancellationReasons":[{"Code":"ThrottlingError","Message":"m"},{"Code":"None"}]}"#;

struct Wire {
    _stand_in: StandIn,
    proxy: Proxy,
    table: Arc<DynamoTable>,
}

impl Wire {
    async fn with_tries(tries: u32) -> Self {
        let (stand_in, name) = (StandIn::start(), unique("wire"));
        create(&client(stand_in.address, 1), &name).await;
        let proxy = Proxy::before(stand_in.address).await;
        let clock = TestClock::at(Instant::parse("2026-11-21T09:00:00Z").unwrap());
        let table = Arc::new(DynamoTable::new(client(proxy.address, tries), name, clock));
        Self { _stand_in: stand_in, proxy, table }
    }

    async fn revision(&self, sort: &str) -> Option<u64> {
        self.table.get(&[key(sort)]).await.unwrap()[0].as_ref().map(|row| row.revision)
    }
}

fn key(sort: &str) -> Key {
    Key::new("p", sort)
}

fn put(sort: &str, when: When) -> Write {
    Write::put(Row { key: key(sort), revision: 1, expires_at: None, body: b"{}".to_vec() }, when)
}

fn one() -> Vec<Write> {
    vec![put("a", When::Absent)]
}

fn two() -> Vec<Write> {
    vec![put("a", When::Absent), put("b", When::Absent)]
}

#[tokio::test]
async fn a_lost_answer_is_unknown_whether_it_happened_or_not() {
    for writes in [one, two] {
        let wire = Wire::with_tries(1).await;
        wire.proxy.next(&[Mishap::RequestLost]);
        assert!(matches!(wire.table.commit(writes()).await, Err(TableError::Unknown(_))));
        assert_eq!(wire.revision("a").await, None);
        wire.proxy.next(&[Mishap::AnswerLost]);
        assert!(matches!(wire.table.commit(writes()).await, Err(TableError::Unknown(_))));
        assert_eq!(wire.revision("a").await, Some(1));
        wire.proxy.next(&[Mishap::Answered(500, BROKEN)]);
        assert!(matches!(wire.table.commit(writes()).await, Err(TableError::Unknown(_))));
    }
}

#[tokio::test]
async fn the_sdk_s_own_second_try_shows_as_one_s_own_conflict() {
    let wire = Wire::with_tries(3).await;
    wire.proxy.next(&[Mishap::AnswerLost]);
    // The first try has written; the second finds its own row. The caller looks whose commit stands there.
    assert_eq!(wire.table.commit(one()).await, Err(TableError::Conflict(vec![key("a")])));
    assert_eq!((wire.proxy.writes(), wire.revision("a").await), (2, Some(1)));
}

#[tokio::test]
async fn the_sdk_s_second_try_of_a_transaction_is_the_first() {
    let wire = Wire::with_tries(3).await;
    wire.proxy.next(&[Mishap::AnswerLost]);
    assert_eq!(wire.table.commit(two()).await, Ok(()));
    assert_eq!((wire.proxy.writes(), wire.revision("b").await), (2, Some(1)));
}

#[tokio::test]
async fn another_transaction_and_throttling_are_no_conflict() {
    let wire = Wire::with_tries(1).await;
    for answer in [OTHER_TRANSACTION, SLOWER_TRANSACTION, THROTTLED] {
        wire.proxy.next(&[Mishap::Answered(400, answer)]);
        let came = wire.table.commit(two()).await;
        assert!(matches!(came, Err(TableError::Unavailable(_))), "{answer}: {came:?}");
    }
    wire.proxy.next(&[Mishap::Answered(400, THROTTLED)]);
    assert!(matches!(wire.table.commit(one()).await, Err(TableError::Unavailable(_))));
    assert_eq!(wire.revision("a").await, None);
}

#[tokio::test]
async fn a_condition_that_failed_is_a_conflict_whatever_else_was() {
    let wire = Wire::with_tries(1).await;
    wire.proxy.next(&[Mishap::Answered(400, MIXED)]);
    assert_eq!(wire.table.commit(two()).await, Err(TableError::Conflict(vec![key("b")])));
}

#[tokio::test]
async fn a_row_by_itself_is_written_without_a_transaction() {
    let wire = Wire::with_tries(1).await;
    wire.table.commit(one()).await.unwrap();
    assert_eq!(wire.table.commit(one()).await, Err(TableError::Conflict(vec![key("a")])));
    assert_eq!(wire.proxy.writes(), 2);
}
