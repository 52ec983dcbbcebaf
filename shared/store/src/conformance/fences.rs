//! Rows put and removed one by one.

use super::{Subject, is_limit, row};
use crate::table::{Key, List, Row, When};

pub(super) async fn many(s: Subject) {
    let rows: Vec<Row> =
        (0..1234).map(|n| row(&Key::new("fences/many", format!("{n:04}")), n, "many")).collect();
    s.put(rows.clone()).await;
    assert_eq!(s.rows(&List::all("fences/many", 500)).await, rows);
    let keys = rows.into_iter().map(|row| (row.key, When::Any)).collect();
    s.table.remove_all(keys).await.expect("remove_all");
    assert!(s.rows(&List::all("fences/many", 500)).await.is_empty());
    s.table.put_all(Vec::new()).await.expect("nothing to put");
    s.table.remove_all(Vec::new()).await.expect("nothing to remove");
}

/// Four rows in a partition: none, revision 4, 5 and 6.
async fn around_five(s: &Subject, partition: &str) -> [Key; 4] {
    let keys = ["absent", "older", "equal", "newer"].map(|sort| Key::new(partition, sort));
    s.put([row(&keys[1], 4, "was"), row(&keys[2], 5, "was"), row(&keys[3], 6, "was")]).await;
    keys
}

pub(super) async fn puts(s: Subject) {
    let keys = around_five(&s, "fences/puts").await;
    let puts = keys.iter().map(|key| (row(key, 5, "is"), When::Older(5))).collect();
    s.table.put_all(puts).await.expect("a row passed over is no error");
    let found = s.table.get(&keys).await.expect("get");
    let [absent, older, equal, newer] = keys;
    assert_eq!(
        found,
        [(&absent, 5, "is"), (&older, 5, "is"), (&equal, 5, "is"), (&newer, 6, "was")]
            .map(|(key, revision, body)| Some(row(key, revision, body)))
    );

    // The fence speaks of what is stored, not of what is put.
    s.table.put_all(vec![(row(&newer, 1, "is"), When::Older(6))]).await.expect("put_all");
    assert_eq!(s.get(&newer).await, Some(row(&newer, 1, "is")));
}

pub(super) async fn removes(s: Subject) {
    let keys = around_five(&s, "fences/removes").await;
    let removes = keys.iter().map(|key| (key.clone(), When::Older(5))).collect();
    s.table.remove_all(removes).await.expect("a row passed over is no error");
    let found = s.table.get(&keys).await.expect("get");
    assert_eq!(found, [None, None, None, Some(row(&keys[3], 6, "was"))]);
    s.table.remove_all(vec![(keys[3].clone(), When::Any)]).await.expect("remove_all");
    assert_eq!(s.get(&keys[3]).await, None);
}

pub(super) async fn again(s: Subject) {
    let key = Key::new("fences/again", "a");
    for _ in 0..3 {
        s.table.put_all(vec![(row(&key, 2, "two"), When::Older(2))]).await.expect("put_all");
        assert_eq!(s.get(&key).await, Some(row(&key, 2, "two")));
    }
    for _ in 0..3 {
        s.table.remove_all(vec![(key.clone(), When::Older(2))]).await.expect("remove_all");
        assert_eq!(s.get(&key).await, None);
    }
}

pub(super) async fn kinds(s: Subject) {
    let key = Key::new("fences/kinds", "a");
    let other = Key::new("fences/kinds", "b");
    for when in [When::Absent, When::Revision(1)] {
        let puts = vec![(row(&other, 1, ""), When::Any), (row(&key, 1, ""), when)];
        assert!(is_limit(&s.table.put_all(puts).await));
        assert!(is_limit(&s.table.remove_all(vec![(key.clone(), when)]).await));
    }
    assert_eq!(s.get(&other).await, None, "a call that breaks a limit writes nothing");
}
