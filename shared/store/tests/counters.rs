//! Counters say what the committed rows say, wherever the deliveries of those rows begin and however often they repeat.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use flusso_engine::calendar::Date;
use flusso_engine::contact::state::State;
use flusso_engine::ids::{ContactId, VersionId, WorkflowId};
use flusso_engine::tally::{Counter, Tally};
use flusso_engine::time::Instant;
use flusso_store::codec::row;
use flusso_store::conformance::TestClock;
use flusso_store::keys::state::{self, StateRow};
use flusso_store::model::Memory;
use flusso_store::repository::{Counted, Happened, Repository, Wanted};
use flusso_store::table::Row;
use proptest::prelude::*;

/// The model answers at once, so one poll is all the executor that it needs.
fn block_on<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the model never waits"),
    }
}

/// Which counters, from the first so many; by how much; on which day.
type Image = (u16, u16, i64, i8);

/// A committed row in which the counters of a range stand, each with the same difference.
fn image((first, counters, difference, day): Image) -> Row {
    let counted_on = Some(Date::constant(2026, 11, day));
    let last_now = Instant::parse(&format!("2026-11-{day:02}T09:00:00Z")).unwrap();
    let mut state = State { counted_on, last_now, ..State::default() };
    for number in first..first + counters {
        let counter = Counter {
            // Few counters of a row of their own, so that a commit also has several of one row.
            workflow: WorkflowId::new("w"),
            version: VersionId::new(format!("v{}", number / 2)),
            step: None,
            name: format!("n{number}").into(),
        };
        state.tally.add(counter, difference);
    }
    let contact = ContactId::new("c");
    row::<StateRow>(state::key(&contact), 1, &state).unwrap()
}

/// A delivery: from how far back, how many rows, and after how many commits it breaks off.
type Delivery = (usize, usize, usize);

fn agree(images: &[Image], deliveries: &[Delivery]) -> Result<(), TestCaseError> {
    let clock = TestClock::at(Instant::parse("2026-11-21T09:00:00Z").unwrap());
    let repository = Repository::new(Arc::new(Memory::new(clock)));
    let stream: Vec<(u128, Row)> =
        images.iter().zip(1_u128..).map(|(told, at)| (at * 10, image(*told))).collect();
    let mut acknowledged = 0;
    let rest = std::iter::repeat_n(&(0, usize::MAX, usize::MAX), stream.len());
    for (back, most, commits) in deliveries.iter().chain(rest) {
        let from = acknowledged - back.min(&acknowledged);
        let to = from.saturating_add((*most).max(1)).min(stream.len());
        let batch = &stream[from..to];
        let Some((last, _)) = batch.last() else { continue };
        for _ in 0..(*commits).min(4 * stream.len() + 4) {
            if block_on(repository.count("shard", batch)).unwrap() == Counted::Through(*last) {
                acknowledged = to.max(acknowledged);
                break;
            }
        }
    }
    prop_assert_eq!(acknowledged, stream.len());
    let mut expected = Tally::default();
    stream.iter().for_each(|(_, row)| {
        expected.merge(&flusso_store::codec::value::<StateRow>(row).unwrap().tally);
    });
    let expected: BTreeMap<Counter, i64> = expected.iter().map(|(counter, n)| (counter.clone(), n)).collect();
    let counted = block_on(repository.counters(&WorkflowId::new("w"))).unwrap();
    let counted: BTreeMap<Counter, i64> = counted.into_iter().filter(|(_, n)| *n != 0).collect();
    prop_assert_eq!(&counted, &expected);

    // The days say the same, each its part; and so does the journal, with whom it was.
    let mut by_day: BTreeMap<(Date, Counter), i64> = BTreeMap::new();
    for (first, counters, difference, day) in images {
        let row = image((*first, *counters, *difference, *day));
        for (counter, n) in flusso_store::codec::value::<StateRow>(&row).unwrap().tally.iter() {
            *by_day.entry((Date::constant(2026, 11, *day), counter.clone())).or_default() += n;
        }
    }
    by_day.retain(|_, n| *n != 0);
    let workflow = WorkflowId::new("w");
    let days = block_on(repository.counters_by_day(&workflow, (Date::MIN, Date::MAX))).unwrap();
    let mut told: BTreeMap<(Date, Counter), i64> = BTreeMap::new();
    for (day, counter, n) in days {
        prop_assert!(told.insert((day, counter), n).is_none(), "a day has one row for a counter");
    }
    prop_assert_eq!(told, by_day);
    let (mut sheets, mut cursor) = (Tally::default(), None::<String>);
    loop {
        let page = block_on(repository.journal(&workflow, &Wanted::default(), cursor.as_deref(), 7)).unwrap();
        for happened in page.items {
            prop_assert_eq!(happened.contact.as_str(), "c");
            let Happened { version, step, name, by, .. } = happened;
            sheets.add(Counter { workflow: workflow.clone(), version, step, name }, by);
        }
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    let sheets: BTreeMap<Counter, i64> = sheets.iter().map(|(counter, n)| (counter.clone(), n)).collect();
    prop_assert_eq!(sheets, expected);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2_000), ..ProptestConfig::default() })]

    #[test]
    fn each_image_counts_once(
        images in prop::collection::vec((0_u16..4, prop_oneof![Just(0_u16), 1_u16..4, 80_u16..200], prop_oneof![Just(1), Just(-1)], 1_i8..4), 1..8),
        deliveries in prop::collection::vec((0_usize..4, 1_usize..5, 0_usize..3), 0..12),
    ) {
        agree(&images, &deliveries)?;
    }
}

#[test]
fn rows_that_add_up_to_nothing_are_counted_all_the_same() {
    // Delivered together, then the second of them once more.
    agree(&[(0, 1, 1, 1), (0, 1, -1, 1)], &[(0, 2, 1), (1, 1, 1)]).unwrap();
}

#[test]
fn a_mark_within_a_row_is_not_taken_for_one_within_the_row_before_it() {
    // The row without counters is acknowledged, the next is begun, and then both come once more.
    agree(&[(0, 0, 1, 1), (0, 150, 1, 1)], &[(0, 1, 1), (0, 1, 1), (1, 2, 2)]).unwrap();
}

#[test]
fn what_is_told_late_of_a_day_that_is_over_goes_into_that_day() {
    agree(&[(0, 1, 1, 1), (0, 1, 1, 3), (0, 1, 1, 2), (0, 1, 1, 1), (0, 1, 1, 3)], &[(0, 1, 1), (1, 3, 2)])
        .unwrap();
}
