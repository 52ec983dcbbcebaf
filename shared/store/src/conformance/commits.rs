//! All or nothing.

use super::{Subject, conflict, in_order, row};
use crate::table::{Key, List, When, Write};

/// Conditions, each with whether it holds of a missing row and of one with revision 5.
const CONDITIONS: [(When, bool, bool); 9] = [
    (When::Any, true, true),
    (When::Absent, true, false),
    (When::Revision(0), false, false),
    (When::Revision(4), false, false),
    (When::Revision(5), false, true),
    (When::Revision(6), false, false),
    (When::Older(4), true, false),
    (When::Older(5), true, true),
    (When::Older(6), true, true),
];

/// Runs `write` under every condition, alone and beside another write, on a missing row and on revision 5.
async fn on_every_condition(s: &Subject, partition: &str, write: fn(&Key, When) -> Write) {
    for (n, (when, of_missing, of_five)) in CONDITIONS.into_iter().enumerate() {
        for (there, holds) in [(false, of_missing), (true, of_five)] {
            for beside in [false, true] {
                let key = Key::new(partition, format!("{n}/{there}/{beside}"));
                let other = Key::new(partition, format!("{n}/{there}/{beside}/other"));
                let before = there.then(|| row(&key, 5, "before"));
                s.put(before.clone()).await;
                let act = write(&key, when);
                let after = match &act.act {
                    crate::table::Act::Put(row) => Some(row.clone()),
                    crate::table::Act::Delete(_) => None,
                    crate::table::Act::Check(_) => before.clone(),
                };
                let mut writes = vec![act];
                if beside {
                    writes.push(Write::put(row(&other, 1, "other"), When::Absent));
                }
                let answer = s.table.commit(writes).await;
                let expected = if holds { Ok(()) } else { conflict(&[&key]) };
                assert_eq!(answer, expected, "{when:?}, there: {there}, beside another: {beside}");
                assert_eq!(s.get(&key).await, if holds { after } else { before }, "{when:?}, there: {there}");
                assert_eq!(s.get(&other).await.is_some(), beside && holds, "{when:?}, there: {there}");
            }
        }
    }
}

pub(super) async fn puts(s: Subject) {
    on_every_condition(&s, "commits/puts", |key, when| Write::put(row(key, 7, "after"), when)).await;
}

pub(super) async fn deletes(s: Subject) {
    on_every_condition(&s, "commits/deletes", |key, when| Write::delete(key.clone(), when)).await;
}

pub(super) async fn checks(s: Subject) {
    on_every_condition(&s, "commits/checks", |key, when| Write::check(key.clone(), when)).await;
}

pub(super) async fn all_or_nothing(subject: Subject) {
    let [added, changed, removed, missing] = ["a", "b", "c", "d"].map(|sort| Key::new("commits/all", sort));
    let elsewhere = Key::new("commits/all/elsewhere", "a");
    subject.put([row(&changed, 2, "was"), row(&removed, 3, "was")]).await;
    let before = subject.rows(&List::all("commits/all", 10)).await;
    let writes = |failing: When| {
        vec![
            Write::put(row(&added, 1, "new"), When::Absent),
            Write::put(row(&elsewhere, 1, "new"), When::Any),
            Write::put(row(&changed, 3, "new"), When::Revision(2)),
            Write::delete(removed.clone(), When::Older(3)),
            Write::check(missing.clone(), failing),
        ]
    };
    assert_eq!(subject.table.commit(writes(When::Revision(1))).await, conflict(&[&missing]));
    assert_eq!(subject.rows(&List::all("commits/all", 10)).await, before);
    assert_eq!(subject.get(&elsewhere).await, None);

    assert_eq!(subject.table.commit(writes(When::Absent)).await, Ok(()));
    assert_eq!(
        subject.rows(&List::all("commits/all", 10)).await,
        [row(&added, 1, "new"), row(&changed, 3, "new")]
    );
    assert_eq!(
        subject.get(&elsewhere).await,
        Some(row(&elsewhere, 1, "new")),
        "partitions are committed together"
    );
}

pub(super) async fn named_keys(s: Subject) {
    let keys: Vec<Key> = (0..8).map(|n| Key::new("commits/named", n.to_string())).collect();
    s.put(keys.iter().take(4).map(|key| row(key, 5, "x"))).await;
    let writes = vec![
        Write::put(row(&keys[0], 6, ""), When::Revision(5)),
        Write::put(row(&keys[1], 6, ""), When::Absent),
        Write::delete(keys[2].clone(), When::Older(4)),
        Write::check(keys[3].clone(), When::Revision(4)),
        Write::put(row(&keys[4], 6, ""), When::Older(1)),
        Write::delete(keys[5].clone(), When::Revision(5)),
        Write::check(keys[6].clone(), When::Absent),
        Write::check(keys[7].clone(), When::Any),
    ];
    let expected = conflict(&[&keys[1], &keys[2], &keys[3], &keys[5]]);
    assert_eq!(in_order(s.table.commit(writes).await), expected);
    assert_eq!(s.get(&keys[0]).await, Some(row(&keys[0], 5, "x")));
}

pub(super) async fn replaces(s: Subject) {
    let key = Key::new("commits/replaces", "a");
    let mut first = row(&key, 9, "a long body that must not shine through");
    first.expires_at = Some(flusso_engine::time::Instant::MAX);
    s.table.commit(vec![Write::put(first, When::Any)]).await.expect("commit");
    let second = row(&key, 2, "");
    s.table.commit(vec![Write::put(second.clone(), When::Any)]).await.expect("commit");
    assert_eq!(s.get(&key).await, Some(second));
}
