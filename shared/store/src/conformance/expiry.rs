//! Rows that have expired count as absent, whether or not the backend has removed them.

use flusso_engine::time::Millis;

use super::{Subject, conflict, row};
use crate::clock::Clock;
use crate::table::{Key, List, Row, When, Write};

/// A row that expires a second from now.
fn short_lived(s: &Subject, key: &Key) -> Row {
    Row { expires_at: Some(s.clock.now() + Millis::seconds(1)), ..row(key, 5, "short") }
}

/// Puts such a row and lets it expire.
async fn expired(s: &Subject, partition: &str, sort: &str) -> Key {
    let key = Key::new(partition, sort);
    s.put([short_lived(s, &key)]).await;
    s.clock.advance(Millis::seconds(1));
    key
}

pub(super) async fn reads_skip(s: Subject) {
    let key = Key::new("expiry/reads", "a");
    let put = short_lived(&s, &key);
    s.put([put.clone()]).await;
    s.clock.advance(Millis(999));
    assert_eq!(s.get(&key).await, Some(put), "a millisecond before");
    s.clock.advance(Millis(1));
    assert_eq!(s.get(&key).await, None, "from that instant on");
}

pub(super) async fn lists_skip(s: Subject) {
    let list = List::all("expiry/lists", 10);
    let [a, b] = ["a", "b"].map(|sort| Key::new("expiry/lists", sort));
    s.put([short_lived(&s, &a), row(&b, 1, "b")]).await;
    assert_eq!(s.sorts(&list).await, ["a", "b"]);
    s.clock.advance(Millis::seconds(1));
    assert_eq!(s.sorts(&list).await, ["b"]);
}

pub(super) async fn conditions(s: Subject) {
    let cases = [
        (When::Any, true),
        (When::Absent, true),
        (When::Revision(5), false),
        (When::Older(4), true),
        (When::Older(5), true),
    ];
    for (n, (when, holds)) in cases.into_iter().enumerate() {
        let key = expired(&s, "expiry/conditions", &format!("{n}/check")).await;
        let expected = if holds { Ok(()) } else { conflict(&[&key]) };
        assert_eq!(s.table.commit(vec![Write::check(key, when)]).await, expected, "check {when:?}");

        let key = expired(&s, "expiry/conditions", &format!("{n}/delete")).await;
        let expected = if holds { Ok(()) } else { conflict(&[&key]) };
        assert_eq!(s.table.commit(vec![Write::delete(key, when)]).await, expected, "delete {when:?}");

        let key = expired(&s, "expiry/conditions", &format!("{n}/put")).await;
        let put = row(&key, 1, "again");
        let expected = if holds { Ok(()) } else { conflict(&[&key]) };
        assert_eq!(s.table.commit(vec![Write::put(put.clone(), when)]).await, expected, "put {when:?}");
        assert_eq!(s.get(&key).await, holds.then_some(put), "put {when:?}");
    }
}

pub(super) async fn fences(s: Subject) {
    let key = expired(&s, "expiry/fences", "put").await;
    s.table.put_all(vec![(row(&key, 1, "again"), When::Older(1))]).await.expect("put_all");
    assert_eq!(s.get(&key).await, Some(row(&key, 1, "again")));

    let key = expired(&s, "expiry/fences", "removed").await;
    s.table.remove_all(vec![(key.clone(), When::Older(1))]).await.expect("remove_all");
    assert_eq!(s.get(&key).await, None);
}
