//! The clock: faster or moved, never back.

use std::time::Duration;

use flusso_local::clock::LocalClock;
use flusso_store::clock::Clock;
use flusso_store::time::{Instant, Millis};

use crate::{Folder, nine, waits};

#[tokio::test]
async fn a_folder_without_a_past_has_the_machine_s_time() {
    let folder = Folder::new();
    let before = LocalClock::system().now();
    let clock = LocalClock::open(folder.open(), 1).await.unwrap();
    let now = clock.now();
    assert!(before <= now && now <= LocalClock::system().now());
    assert_eq!(clock.real_until(before), Duration::ZERO);
    let minute = clock.real_until(now + Millis::minutes(1));
    assert!(minute <= Duration::from_mins(1) && minute > Duration::from_secs(50));
}

#[tokio::test]
async fn a_move_survives_a_restart() {
    let folder = Folder::new();
    let start = LocalClock::system().now();
    let clock = LocalClock::open(folder.open(), 1).await.unwrap();
    clock.advance(Millis::hours(24)).await.unwrap();
    clock.advance(Millis::hours(24)).await.unwrap();
    clock.advance(Millis::hours(-24)).await.unwrap();
    let moved = clock.now();
    assert!(moved >= start + Millis::hours(48), "it is never moved back");
    drop(clock);
    let clock = LocalClock::open(folder.open(), 1).await.unwrap();
    assert!(clock.now() >= moved);
    assert!(clock.now() < moved + Millis::hours(1));
}

#[tokio::test]
async fn time_may_begin_in_the_past_and_goes_on_from_there() {
    let folder = Folder::new();
    let clock = LocalClock::open(folder.open(), 1).await.unwrap();
    clock.begin_at(nine()).await.unwrap();
    let began = clock.now();
    assert!(nine() <= began && began < nine() + Millis::minutes(1));
    clock.advance(Millis::hours(24)).await.unwrap();
    drop(clock);
    for speed in [1, 60] {
        let again = LocalClock::open(folder.open(), speed).await.unwrap().now();
        assert!(again >= nine() + Millis::hours(24) && again < nine() + Millis::hours(25), "{again}");
    }
}

#[tokio::test]
async fn another_speed_goes_on_from_where_it_was() {
    let folder = Folder::new();
    let clock = LocalClock::open(folder.open(), 1000).await.unwrap();
    let then = clock.now();
    let hour = clock.real_until(then + Millis::hours(1));
    assert!(hour <= Duration::from_millis(3600), "an hour takes 3.6 s, not {hour:?}");
    clock.advance(Millis::hours(5)).await.unwrap();
    let last = clock.now();
    drop(clock);
    let clock = LocalClock::open(folder.open(), 1).await.unwrap();
    assert!(clock.now() >= last);
    let now = clock.now();
    drop(clock);
    assert!(LocalClock::open(folder.open(), 60).await.unwrap().now() >= now);
}

#[tokio::test]
async fn a_machine_set_back_does_not_set_it_back() {
    let folder = Folder::new();
    let store = folder.open();
    let tomorrow = LocalClock::system().now() + Millis::hours(24);
    let anchor = format!("{{\"shown\":{0},\"machine\":{0},\"speed\":1}}", tomorrow.millis());
    store.set_setting("clock", &anchor).await.unwrap();
    let clock = LocalClock::open(store.clone(), 1).await.unwrap();
    assert!(clock.now() >= tomorrow);
    store.set_setting("clock", &anchor).await.unwrap();
    assert!(LocalClock::open(store, 60).await.unwrap().now() >= tomorrow);
}

#[tokio::test]
async fn moving_it_wakes_sleepers() {
    let clock = LocalClock::standing_at(nine());
    assert_eq!(clock.now(), nine());
    assert_eq!(clock.real_until(nine() + Millis(1)), Duration::MAX);
    assert!(!waits(clock.sleep_until(nine())).await);
    assert!(waits(clock.sleep_until(nine() + Millis(1))).await);
    let sleeper = tokio::spawn({
        let clock = clock.clone();
        async move { clock.sleep_until(nine() + Millis::hours(1)).await }
    });
    tokio::task::yield_now().await;
    clock.advance(Millis::minutes(59)).await.unwrap();
    tokio::task::yield_now().await;
    assert!(!sleeper.is_finished());
    clock.advance(Millis::minutes(1)).await.unwrap();
    sleeper.await.unwrap();
    assert_eq!(clock.now(), Instant::parse("2026-11-21T10:00:00Z").unwrap());
}
