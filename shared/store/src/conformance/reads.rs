//! Reading by key.

use super::{Subject, row};
use crate::table::{Key, Row, When, Write};

pub(super) async fn order(s: Subject) {
    let [a, b, c] = ["a", "b", "c"].map(|sort| Key::new("reads/order", sort));
    s.put([row(&a, 1, "a"), row(&c, 3, "c")]).await;
    let keys = [c.clone(), b.clone(), a.clone(), c.clone(), b];
    let rows = s.table.get(&keys).await.expect("get");
    let expected = vec![Some(row(&c, 3, "c")), None, Some(row(&a, 1, "a")), Some(row(&c, 3, "c")), None];
    assert_eq!(rows, expected);
    assert_eq!(s.table.get(&[]).await, Ok(Vec::new()));
    let elsewhere = Key::new("reads/order/elsewhere", "a");
    assert_eq!(s.get(&elsewhere).await, None, "the partition is part of the key");
}

pub(super) async fn own_writes(s: Subject) {
    let key = Key::new("reads/own", "a");
    for revision in 1..=20 {
        let put = row(&key, revision, &revision.to_string());
        s.table.commit(vec![Write::put(put.clone(), When::Any)]).await.expect("commit");
        assert_eq!(s.get(&key).await, Some(put.clone()));
        assert_eq!(s.rows(&crate::table::List::all("reads/own", 5)).await, vec![put]);
    }
    s.table.remove_all(vec![(key.clone(), When::Any)]).await.expect("remove_all");
    assert_eq!(s.get(&key).await, None);
}

pub(super) async fn many_keys(s: Subject) {
    let rows: Vec<Row> = (0..250).map(|n| row(&Key::new("reads/many", format!("{n:03}")), n, "x")).collect();
    s.put(rows.clone()).await;
    let keys: Vec<Key> = rows.iter().rev().map(|row| row.key.clone()).collect();
    let read = s.table.get(&keys).await.expect("get");
    assert_eq!(read, rows.into_iter().rev().map(Some).collect::<Vec<_>>());
}

pub(super) async fn any_bytes(s: Subject) {
    let every: Vec<u8> = (0..=255).collect();
    let bodies = [Vec::new(), vec![0], vec![0, 0, 255, 0], every, b"'; --\r\n\"".to_vec()];
    let sorts = ["a", "with space", "'quote\"", "tab\tand\nline", "zero\0inside", "\u{1F600}", "%_*?"];
    for (n, sort) in sorts.iter().enumerate() {
        let key = Key::new("reads/bytes/\u{e8}|#", *sort);
        let put =
            Row { key: key.clone(), revision: 1, expires_at: None, body: bodies[n % bodies.len()].clone() };
        s.table.commit(vec![Write::put(put.clone(), When::Absent)]).await.expect("commit");
        assert_eq!(s.get(&key).await, Some(put));
    }
}

pub(super) async fn any_revision(s: Subject) {
    let key = Key::new("reads/revision", "a");
    let mut stored = None;
    for revision in [0, 1, u64::from(u32::MAX), i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
        let when = stored.map_or(When::Absent, When::Revision);
        s.table.commit(vec![Write::put(row(&key, revision, ""), when)]).await.expect("commit");
        assert_eq!(s.get(&key).await.map(|row| row.revision), Some(revision));
        stored = Some(revision);
    }
    s.table.put_all(vec![(row(&key, 5, ""), When::Older(i64::MAX as u64 + 1))]).await.expect("put_all");
    assert_eq!(s.get(&key).await.map(|row| row.revision), Some(u64::MAX), "the greater one stays");
}
