//! The in-memory model passes its own conformance suite; the counter counts.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use flusso_engine::time::Instant;
use flusso_store::conformance::{CASES, Subject, TestClock, random};
use flusso_store::counted::{Counted, Counts, Usage};
use flusso_store::limits::row_bytes;
use flusso_store::model::Memory;
use flusso_store::table::{Key, List, Row, Table, When, Write};

/// The model answers at once, so one poll is all the executor that it needs.
fn block_on<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the model never waits"),
    }
}

fn clock() -> Arc<TestClock> {
    TestClock::at(Instant::parse("2026-11-21T09:00:00Z").unwrap())
}

#[test]
fn every_case() {
    let clock = clock();
    let subject = Subject { table: Arc::new(Memory::new(clock.clone())), clock };
    for (name, case) in CASES {
        println!("{name}");
        block_on(case(subject.clone()));
    }
}

#[test]
fn random_operations_agree_with_themselves() {
    let clock = clock();
    let subject = Subject { table: Arc::new(Memory::new(clock.clone())), clock: clock.clone() };
    let model = Memory::new(clock);
    for seed in 0..50 {
        block_on(random(seed, 500, &subject, &model));
    }
    assert!(!model.dump().is_empty());
}

#[test]
fn a_snapshot_brings_everything_back() {
    let memory = Memory::new(clock());
    let row = |sort: &str| Row { key: Key::new("p", sort), revision: 1, expires_at: None, body: Vec::new() };
    block_on(memory.put_all(vec![(row("a"), When::Any)])).unwrap();
    let before = memory.snapshot();
    block_on(memory.put_all(vec![(row("b"), When::Any)])).unwrap();
    assert_eq!(memory.dump(), [row("a"), row("b")]);
    memory.restore(&before);
    assert_eq!(memory.dump(), [row("a")]);
    assert_eq!(memory.snapshot(), before);
}

#[test]
fn counts_what_passes() {
    let counts = Arc::new(Counts::default());
    let table = Counted::new(Arc::new(Memory::new(clock())), counts.clone());
    let row =
        |sort: &str| Row { key: Key::new("p", sort), revision: 1, expires_at: None, body: vec![0; 100] };
    let bytes = row_bytes(&row("a")) as u64;

    block_on(table.put_all(vec![(row("a"), When::Any), (row("b"), When::Older(1))])).unwrap();
    let one = counts.snapshot();
    assert_eq!(one, Usage { requests: 1, rows_written: 2, bytes_written: 2 * bytes, ..Usage::default() });

    let check = Write::check(Key::new("p", "a"), When::Revision(1));
    let delete = Write::delete(Key::new("p", "b"), When::Any);
    block_on(table.commit(vec![Write::put(row("c"), When::Absent), check, delete])).unwrap();
    let two = counts.snapshot();
    let expected =
        Usage { requests: 1, rows_committed: 2, checks: 1, bytes_written: bytes, ..Usage::default() };
    assert_eq!(two - one, expected);

    block_on(table.commit(vec![Write::put(row("c"), When::Absent)])).unwrap_err();
    let three = counts.snapshot();
    let expected = Usage { requests: 1, rows_written: 1, bytes_written: bytes, ..Usage::default() };
    assert_eq!(three - two, expected, "a lone write is a plain one, and a conflict costs too");

    block_on(table.get(&[Key::new("p", "a"), Key::new("p", "nothing")])).unwrap();
    block_on(table.list(&List::all("p", 10))).unwrap();
    assert_eq!(counts.snapshot() - three, Usage { requests: 2, rows_read: 4, ..Usage::default() });
}
