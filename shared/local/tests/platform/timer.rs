//! The timer: every minute that was asked for rings, also the one that is asked for while it rings.

use flusso_app::ports::timer::Timer;
use flusso_local::timer::LocalTimer;
use flusso_store::time::{Instant, Millis};

use crate::{Folder, nine, waits};

#[tokio::test]
async fn minutes_ring_when_they_have_begun() {
    let folder = Folder::new();
    let timer = LocalTimer::open(folder.open()).unwrap();
    let minute = nine().minute();
    for asked in [minute + 2, minute, minute + 2, minute + 1] {
        timer.ring_at(asked).await.unwrap();
    }
    assert_eq!(timer.next(), Some(nine()));
    assert!(timer.due(nine() - Millis(1)).is_empty());
    assert_eq!(timer.due(nine() + Millis::minutes(1)), [minute, minute + 1]);
    assert!(timer.due(nine() + Millis::minutes(1)).is_empty(), "they are being rung");
    timer.again(minute);
    assert_eq!(timer.due(nine()), [minute]);
    assert_eq!(timer.next(), Some(Instant::from_minute(minute + 2)));
}

#[tokio::test]
async fn a_minute_not_rung_rings_after_a_restart() {
    let folder = Folder::new();
    let timer = LocalTimer::open(folder.open()).unwrap();
    let minute = nine().minute();
    timer.ring_at(minute).await.unwrap();
    timer.ring_at(minute + 1).await.unwrap();
    assert_eq!(timer.due(nine() + Millis::minutes(9)), [minute, minute + 1]);
    timer.done(minute);
    drop(timer);
    let timer = LocalTimer::open(folder.open()).unwrap();
    assert_eq!(timer.due(nine() + Millis::minutes(9)), [minute + 1]);
}

#[tokio::test]
async fn a_minute_asked_for_while_it_rings_rings_again() {
    let folder = Folder::new();
    let store = folder.open();
    let timer = LocalTimer::open(store.clone()).unwrap();
    let minute = nine().minute();
    timer.ring_at(minute).await.unwrap();
    timer.asked().await;
    assert_eq!(timer.due(nine()), [minute]);
    timer.ring_at(minute).await.unwrap();
    timer.done(minute);
    timer.asked().await;
    assert_eq!(timer.due(nine()), [minute]);
    timer.done(minute);
    store.flush().await.unwrap();
    assert!(timer.due(nine()).is_empty());
    timer.ring_at(minute).await.unwrap();
    assert_eq!(timer.due(nine()), [minute], "rung minutes can be asked for");
}

#[tokio::test]
async fn a_minute_known_needs_no_transaction() {
    let folder = Folder::new();
    let store = folder.open();
    let timer = LocalTimer::open(store.clone()).unwrap();
    timer.ring_at(7).await.unwrap();
    let before = store.transactions();
    for _ in 0..1000 {
        timer.ring_at(7).await.unwrap();
    }
    assert_eq!(store.transactions(), before);
    timer.asked().await;
    assert!(waits(timer.asked()).await);
}
