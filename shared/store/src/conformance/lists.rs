//! Listing a stretch of a partition.

use flusso_engine::time::Millis;

use super::{Subject, row};
use crate::clock::Clock;
use crate::limits::ROW_BYTES;
use crate::table::{Direction, Key, List, Reading, Row, When};

async fn fill(s: &Subject, partition: &str, sorts: &[&str]) {
    s.put(sorts.iter().map(|sort| row(&Key::new(partition, *sort), 1, sort))).await;
}

fn between(partition: &str, from: Option<&str>, to: Option<&str>) -> List {
    let mut list = List::all(partition, 100);
    list.from = from.map(str::to_owned);
    list.to = to.map(str::to_owned);
    list
}

pub(super) async fn ranges(s: Subject) {
    let partition = "lists/ranges";
    fill(&s, partition, &["a", "b", "bb", "c", "d"]).await;
    let cases: &[(Option<&str>, Option<&str>, &[&str])] = &[
        (None, None, &["a", "b", "bb", "c", "d"]),
        (Some("b"), None, &["b", "bb", "c", "d"]),
        (Some("ba"), None, &["bb", "c", "d"]),
        (None, Some("c"), &["a", "b", "bb"]),
        (Some("b"), Some("c"), &["b", "bb"]),
        (Some("b"), Some("b"), &[]),
        (Some("c"), Some("a"), &[]),
        (Some("e"), None, &[]),
        (Some(""), Some("b"), &["a"]),
        (None, Some(""), &[]),
    ];
    for (from, to, expected) in cases {
        let mut list = between(partition, *from, *to);
        assert_eq!(s.sorts(&list).await, *expected, "{from:?} to {to:?}");
        list.direction = Direction::Backward;
        let backward: Vec<&str> = expected.iter().rev().copied().collect();
        assert_eq!(s.sorts(&list).await, backward, "{from:?} to {to:?}, backward");
    }
    assert_eq!(
        s.rows(&between(partition, Some("a"), Some("b"))).await,
        [row(&Key::new(partition, "a"), 1, "a")]
    );
}

pub(super) async fn prefixes(s: Subject) {
    let partition = "lists/prefixes";
    fill(&s, partition, &["a", "ab", "ab/1", "ab/2", "ab\u{e8}", "ac", "b"]).await;
    let list = |prefix| List::all(partition, 2).with_prefix(prefix);
    assert_eq!(s.sorts(&list("ab")).await, ["ab", "ab/1", "ab/2", "ab\u{e8}"]);
    assert_eq!(s.sorts(&list("ab/")).await, ["ab/1", "ab/2"]);
    assert_eq!(s.sorts(&list("")).await.len(), 7);
    assert!(s.sorts(&list("x")).await.is_empty());
}

pub(super) async fn pages(s: Subject) {
    let partition = "lists/pages";
    let sorts: Vec<String> = (0..23).map(|n| format!("{n:02}")).collect();
    s.put(sorts.iter().map(|sort| row(&Key::new(partition, sort), 1, "x"))).await;
    for limit in [1, 2, 5, 22, 23, 24, 100] {
        let mut list = List::all(partition, limit);
        assert_eq!(s.sorts(&list).await, sorts, "pages of {limit}");
        list.direction = Direction::Backward;
        let backward: Vec<String> = sorts.iter().rev().cloned().collect();
        assert_eq!(s.sorts(&list).await, backward, "pages of {limit}, backward");
    }
    let first = s.table.list(&List::all(partition, 5)).await.expect("list");
    assert!(first.cursor.is_some(), "there is more");
    // The row that a cursor names may be gone by the time it is used.
    if let Some(last) = first.rows.last() {
        s.table.remove_all(vec![(last.key.clone(), When::Any)]).await.expect("remove_all");
    }
    let rest = List { cursor: first.cursor, ..List::all(partition, 5) };
    assert_eq!(s.sorts(&rest).await, sorts[first.rows.len()..]);
}

pub(super) async fn pages_in_range(s: Subject) {
    let partition = "lists/pages-in-range";
    let sorts: Vec<String> = (0..23).map(|n| format!("{n:02}")).collect();
    s.put(sorts.iter().map(|sort| row(&Key::new(partition, sort), 1, "x"))).await;
    for limit in [1, 3, 12, 13, 14] {
        let mut list = List { limit, ..between(partition, Some("04"), Some("17")) };
        assert_eq!(s.sorts(&list).await, sorts[4..17], "pages of {limit}");
        list.direction = Direction::Backward;
        let backward: Vec<String> = sorts[4..17].iter().rev().cloned().collect();
        assert_eq!(s.sorts(&list).await, backward, "pages of {limit}, backward");
    }
}

pub(super) async fn nothing(s: Subject) {
    for reading in [Reading::Strong, Reading::Eventual] {
        for direction in [Direction::Forward, Direction::Backward] {
            let list = List { direction, reading, ..List::all("lists/nothing", 10) };
            assert!(s.rows(&list).await.is_empty());
        }
    }
}

pub(super) async fn byte_order(s: Subject) {
    // In UTF-16, and in most collations, these would stand in another order.
    let ordered = [
        "\u{1}",
        " ",
        "-",
        "0",
        "1",
        "10",
        "2",
        "9",
        "A",
        "Z",
        "_",
        "a",
        "aB",
        "ab",
        "b",
        "z",
        "\u{7f}",
        "\u{e8}",
        "\u{df}\u{df}",
        "\u{4e00}",
        "\u{ff21}",
        "\u{1f600}",
        "\u{10fffe}",
    ];
    let mut expected: Vec<String> = ordered.iter().map(|&sort| sort.to_owned()).collect();
    expected.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    fill(&s, "lists/bytes", &ordered).await;
    assert_eq!(s.sorts(&List::all("lists/bytes", 4)).await, expected);
    expected.reverse();
    let list = List { direction: Direction::Backward, ..List::all("lists/bytes", 4) };
    assert_eq!(s.sorts(&list).await, expected);
}

pub(super) async fn neighbours(s: Subject) {
    for partition in ["lists/near", "lists/near/", "lists/neas", "lists/nea", "lists/near\0"] {
        fill(&s, partition, &[partition]).await;
    }
    for direction in [Direction::Forward, Direction::Backward] {
        let list = List { direction, ..List::all("lists/near", 10) };
        assert_eq!(s.sorts(&list).await, ["lists/near"]);
    }
}

pub(super) async fn short_pages(s: Subject) {
    let partition = "lists/short";
    let soon = s.clock.now() + Millis(10);
    s.put((0..60).map(|n| {
        let mut row = row(&Key::new(partition, format!("{n:02}")), 1, "x");
        row.expires_at = (n % 20 != 7).then_some(soon);
        row
    }))
    .await;
    s.clock.advance(Millis(10));
    for limit in [1, 2, 3, 10] {
        let mut list = List::all(partition, limit);
        assert_eq!(s.sorts(&list).await, ["07", "27", "47"], "pages of {limit}");
        list.direction = Direction::Backward;
        assert_eq!(s.sorts(&list).await, ["47", "27", "07"], "pages of {limit}, backward");
    }
}

pub(super) async fn big_rows(s: Subject) {
    let partition = "lists/big";
    let rows: Vec<Row> = (0..8u8)
        .map(|n| {
            let key = Key::new(partition, n.to_string());
            Row { key, revision: 1, expires_at: None, body: vec![n; ROW_BYTES - 200] }
        })
        .collect();
    s.put(rows.clone()).await;
    assert!(s.rows(&List::all(partition, 100)).await == rows, "three megabytes, page by page");
}
