//! A row as an item: `p` and `s` the key, `r` the revision, `b` the body, or `z` the body packed where that saves a write
//! unit; if it expires, `x` the instant in
//! milliseconds, for readers, and `t` in seconds, for DynamoDB's TTL.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use flusso_store::billed::stored_body;
use flusso_store::packed;
use flusso_store::table::{Key, Row, TableError};
use flusso_store::time::Instant;

pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) fn number(n: impl ToString) -> AttributeValue {
    AttributeValue::N(n.to_string())
}

pub(super) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn of_key(key: &Key) -> Item {
    [("p".to_owned(), text(&key.partition)), ("s".to_owned(), text(&key.sort))].into()
}

pub(super) fn of_row(row: Row) -> Item {
    let mut item = of_key(&row.key);
    item.insert("r".to_owned(), number(row.revision));
    let packed = stored_body(&row).map(|packed| ("z", packed));
    let (name, body) = packed.unwrap_or(("b", row.body));
    item.insert(name.to_owned(), AttributeValue::B(Blob::new(body)));
    if let Some(at) = row.expires_at {
        item.insert("x".to_owned(), number(at.millis()));
        // Rounded up: never gone before it has expired.
        item.insert("t".to_owned(), number(at.millis().div_euclid(1000) + 1));
    }
    item
}

/// The row, or none if it has expired.
pub(super) fn to_row(item: Item, now: Instant) -> Result<Option<Row>, TableError> {
    let broken = || TableError::Unavailable("an item of the table is none of ours".to_owned());
    let row = parse(item).ok_or_else(broken)?;
    Ok(Some(row).filter(|row| row.expires_at.is_none_or(|at| at > now)))
}

fn parse(mut item: Item) -> Option<Row> {
    let key = key_of(&item)?;
    let revision = item.get("r")?.as_n().ok()?.parse().ok()?;
    let expires_at = match item.get("x") {
        Some(at) => Some(Instant::from_millis(at.as_n().ok()?.parse().ok()?)),
        None => None,
    };
    let body = match (item.remove("b"), item.remove("z")) {
        (Some(AttributeValue::B(body)), _) => body.into_inner(),
        (_, Some(AttributeValue::B(packed))) => packed::unpack(packed.as_ref())?,
        _ => return None,
    };
    Some(Row { key, revision, expires_at, body })
}

pub(super) fn key_of(item: &Item) -> Option<Key> {
    Some(Key::new(item.get("p")?.as_s().ok()?, item.get("s")?.as_s().ok()?))
}
