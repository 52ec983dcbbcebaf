//! The limits of the port, asserted before anything is written.

use super::{Subject, is_limit, row};
use crate::limits::{COMMIT_WRITES, KEY_BYTES, ROW_BYTES};
use crate::table::{Key, List, Row, When, Write};

fn keys(partition: &str, n: usize) -> Vec<Key> {
    (0..n).map(|n| Key::new(partition, format!("{n:03}"))).collect()
}

fn puts(keys: &[Key]) -> Vec<Write> {
    keys.iter().map(|key| Write::put(row(key, 1, "x"), When::Any)).collect()
}

/// A row of exactly so many bytes, keys and all.
fn sized(key: &Key, bytes: usize) -> Row {
    let mut row = row(key, 1, "");
    row.body = vec![7; bytes - crate::limits::row_bytes(&row)];
    row
}

pub(super) async fn write_count(s: Subject) {
    assert!(is_limit(&s.table.commit(Vec::new()).await), "no writes");
    let keys = keys("limits/count", COMMIT_WRITES + 1);
    assert!(is_limit(&s.table.commit(puts(&keys)).await), "one write too many");
    assert!(s.rows(&List::all("limits/count", 10)).await.is_empty());
    assert_eq!(s.table.commit(puts(&keys[..COMMIT_WRITES])).await, Ok(()));
    assert_eq!(s.rows(&List::all("limits/count", 1000)).await.len(), COMMIT_WRITES);

    let mut mixed = puts(&keys[..COMMIT_WRITES]);
    mixed.push(Write::check(keys[COMMIT_WRITES].clone(), When::Any));
    assert!(is_limit(&s.table.commit(mixed).await), "a check is a write");
}

pub(super) async fn commit_bytes(s: Subject) {
    let commit = |partition: &str, n| -> Vec<Write> {
        keys(partition, n).into_iter().map(|key| Write::put(sized(&key, ROW_BYTES), When::Any)).collect()
    };
    assert!(is_limit(&s.table.commit(commit("limits/bytes", 11)).await), "4.3 MB");
    assert!(s.rows(&List::all("limits/bytes", 10)).await.is_empty());
    assert_eq!(s.table.commit(commit("limits/bytes", 9)).await, Ok(()), "3.5 MB");
}

pub(super) async fn row_size(s: Subject) {
    let key = Key::new("limits/row", "a");
    let fits = sized(&key, ROW_BYTES);
    let exceeds = sized(&key, ROW_BYTES + 1);
    assert!(is_limit(&s.table.commit(vec![Write::put(exceeds.clone(), When::Any)]).await));
    assert!(is_limit(&s.table.put_all(vec![(exceeds, When::Any)]).await));
    assert_eq!(s.get(&key).await, None);
    assert_eq!(s.table.commit(vec![Write::put(fits.clone(), When::Absent)]).await, Ok(()));
    assert_eq!(s.table.put_all(vec![(fits.clone(), When::Any)]).await, Ok(()));
    assert!(s.get(&key).await == Some(fits), "a row of the full size comes back whole");
}

pub(super) async fn key_twice(s: Subject) {
    let key = Key::new("limits/twice", "a");
    let kinds: [fn(&Key) -> Write; 3] = [
        |key| Write::put(row(key, 1, "x"), When::Any),
        |key| Write::delete(key.clone(), When::Any),
        |key| Write::check(key.clone(), When::Any),
    ];
    for first in kinds {
        for second in kinds {
            assert!(is_limit(&s.table.commit(vec![first(&key), second(&key)]).await));
        }
    }
    assert_eq!(s.get(&key).await, None);
}

pub(super) async fn key_size(s: Subject) {
    let (long, longest) = ("k".repeat(KEY_BYTES + 1), "k".repeat(KEY_BYTES));
    for key in
        [Key::new("", "a"), Key::new("limits/key", ""), Key::new(&long, "a"), Key::new("limits/key", &long)]
    {
        let put = row(&key, 1, "x");
        assert!(is_limit(&s.table.get(std::slice::from_ref(&key)).await));
        assert!(is_limit(&s.table.commit(vec![Write::put(put.clone(), When::Any)]).await));
        assert!(is_limit(&s.table.commit(vec![Write::delete(key.clone(), When::Any)]).await));
        assert!(is_limit(&s.table.commit(vec![Write::check(key.clone(), When::Any)]).await));
        assert!(is_limit(&s.table.put_all(vec![(put, When::Any)]).await));
        assert!(is_limit(&s.table.remove_all(vec![(key, When::Any)]).await));
    }
    let put = row(&Key::new(&longest, &longest), 1, "x");
    s.put([put.clone()]).await;
    assert_eq!(s.get(&put.key).await, Some(put.clone()));
    assert_eq!(s.rows(&List::all(longest, 10)).await, [put]);
}

pub(super) async fn lists(s: Subject) {
    assert!(is_limit(&s.table.list(&List::all("limits/lists", 0)).await), "no rows");
    assert!(is_limit(&s.table.list(&List::all("", 10)).await), "no partition");
    assert!(is_limit(&s.table.list(&List::all("p".repeat(KEY_BYTES + 1), 10)).await), "a partition too long");
}

pub(super) async fn nothing_written(s: Subject) {
    let good = Key::new("limits/nothing", "a");
    let bad = Key::new("limits/nothing", "");
    let there = Key::new("limits/nothing", "there");
    s.put([row(&there, 1, "x")]).await;
    assert!(is_limit(
        &s.table.put_all(vec![(row(&good, 1, ""), When::Any), (row(&bad, 1, ""), When::Any)]).await
    ));
    let removes = vec![(there.clone(), When::Any), (bad.clone(), When::Any)];
    assert!(is_limit(&s.table.remove_all(removes).await));
    let writes = vec![Write::put(row(&good, 1, ""), When::Any), Write::delete(bad, When::Any)];
    assert!(is_limit(&s.table.commit(writes).await));
    assert_eq!(s.get(&good).await, None);
    assert_eq!(s.get(&there).await, Some(row(&there, 1, "x")));
}
