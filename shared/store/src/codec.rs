//! How rows are encoded: JSON with the number of its format in front. A reader that meets a newer format than it knows
//! answers Unavailable and drops nothing: the deployment beside it is newer.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::table::{Key, Row, TableError};

/// One kind of row: what is stored under its keys, and in which format.
pub trait Kind {
    /// The content.
    type Value: Serialize + DeserializeOwned;
    /// The format that is written. It is read one release before it is written.
    const FORMAT: u16;
}

#[derive(Serialize)]
struct Written<'v, T> {
    f: u16,
    v: &'v T,
}

#[derive(Deserialize)]
struct Stored<'r> {
    f: u16,
    #[serde(borrow)]
    v: &'r RawValue,
}

/// The row of a value.
///
/// # Errors
/// `Limit` if the value can't be encoded.
pub fn row<K: Kind>(key: Key, revision: u64, value: &K::Value) -> Result<Row, TableError> {
    let written = Written { f: K::FORMAT, v: value };
    let body = serde_json::to_vec(&written).map_err(|error| TableError::Limit(error.to_string()))?;
    Ok(Row { key, revision, expires_at: None, body })
}

/// The value of a row.
///
/// # Errors
/// `Unavailable` if the row is of a newer format, or can't be read.
pub fn value<K: Kind>(row: &Row) -> Result<K::Value, TableError> {
    part::<K, K::Value>(row)
}

/// What a part of a row's value is read as: what that does not ask for is passed over, which is quicker.
///
/// # Errors
/// As [`value`]'s.
pub fn part<K: Kind, T: DeserializeOwned>(row: &Row) -> Result<T, TableError> {
    let unreadable = |why: String| TableError::Unavailable(format!("row {:?}: {why}", row.key));
    let stored: Stored<'_> =
        serde_json::from_slice(&row.body).map_err(|error| unreadable(error.to_string()))?;
    if stored.f > K::FORMAT {
        return Err(unreadable(format!("format {} is newer than {}", stored.f, K::FORMAT)));
    }
    serde_json::from_str(stored.v.get()).map_err(|error| unreadable(error.to_string()))
}
