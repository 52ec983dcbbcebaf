//! The limits of the storage port, the same everywhere, so that local cannot do what the cloud cannot.

use std::collections::BTreeSet;

use crate::table::{Act, Key, List, Row, TableError, When, Write};

/// Most writes of one commit, checks included.
pub const COMMIT_WRITES: usize = 100;
/// Most bytes of one commit.
pub const COMMIT_BYTES: usize = 4 * 1024 * 1024;
/// Most bytes of a row: keys and body.
pub const ROW_BYTES: usize = 400 * 1024;
/// Most bytes of either part of a key.
pub const KEY_BYTES: usize = 1024;

/// A page ends once its rows reach so many bytes, full or not.
pub const PAGE_BYTES: usize = 1024 * 1024;

/// The bytes of a row as the limits count them.
pub fn row_bytes(row: &Row) -> usize {
    row.key.partition.len() + row.key.sort.len() + row.body.len() + 32
}

/// Checks a key.
pub fn check_key(key: &Key) -> Result<(), TableError> {
    for part in [&key.partition, &key.sort] {
        if part.is_empty() || part.len() > KEY_BYTES {
            return Err(TableError::Limit(format!(
                "a key part has {} bytes, 1 to {KEY_BYTES} allowed",
                part.len()
            )));
        }
    }
    Ok(())
}

/// Checks a row.
pub fn check_row(row: &Row) -> Result<(), TableError> {
    check_key(&row.key)?;
    let bytes = row_bytes(row);
    if bytes > ROW_BYTES {
        return Err(TableError::Limit(format!("row {:?} has {bytes} bytes, at most {ROW_BYTES}", row.key)));
    }
    Ok(())
}

/// Checks a whole commit: number, bytes, rows, and no key twice.
pub fn check_commit(writes: &[Write]) -> Result<(), TableError> {
    if writes.is_empty() || writes.len() > COMMIT_WRITES {
        return Err(TableError::Limit(format!("{} writes, 1 to {COMMIT_WRITES} allowed", writes.len())));
    }
    let mut seen = BTreeSet::new();
    let mut bytes = 0;
    for write in writes {
        match &write.act {
            Act::Put(row) => {
                check_row(row)?;
                bytes += row_bytes(row);
            }
            Act::Delete(key) | Act::Check(key) => check_key(key)?,
        }
        if !seen.insert(write.key()) {
            return Err(TableError::Limit(format!("key {:?} stands twice", write.key())));
        }
    }
    if bytes > COMMIT_BYTES {
        return Err(TableError::Limit(format!("{bytes} bytes, at most {COMMIT_BYTES}")));
    }
    Ok(())
}

/// Checks a list: it names a partition and asks for at least one row.
pub fn check_list(list: &List) -> Result<(), TableError> {
    let bytes = list.partition.len();
    if bytes == 0 || bytes > KEY_BYTES {
        return Err(TableError::Limit(format!("the partition has {bytes} bytes, 1 to {KEY_BYTES} allowed")));
    }
    if list.limit == 0 {
        return Err(TableError::Limit("a page of no rows".to_owned()));
    }
    Ok(())
}

/// Checks the condition of a row that is put or removed on its own.
pub fn check_fence(when: When) -> Result<(), TableError> {
    match when {
        When::Any | When::Older(_) => Ok(()),
        When::Absent | When::Revision(_) => {
            Err(TableError::Limit(format!("{when:?} is no fence, only Any and Older are")))
        }
    }
}
