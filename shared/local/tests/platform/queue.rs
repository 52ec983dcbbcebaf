//! The queues: nothing lost, nothing early, nothing for ever.

use std::sync::Arc;

use flusso_app::ports::queue::{Delivery, LONGEST_DELAY, Lane, Outgoing, Queue, QueueName};
use flusso_local::clock::LocalClock;
use flusso_local::queue::{Depth, LocalQueue, MESSAGE_BYTES, MOST_RECEIVES};
use flusso_store::time::Millis;

use crate::{Folder, nine, waits};

const EVENTS: QueueName = QueueName::Events(Lane::Fast);
const STEPS: QueueName = QueueName::Steps(Lane::Bulk);

fn to(queue: QueueName, body: &str, delay: Millis) -> Outgoing {
    Outgoing { queue, body: body.to_owned(), delay }
}

fn open(folder: &Folder) -> (Arc<LocalQueue>, Arc<LocalClock>) {
    let clock = LocalClock::standing_at(nine());
    (LocalQueue::open(folder.open(), clock.clone()).unwrap(), clock)
}

fn bodies(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery.body.as_str()).collect()
}

fn ids(deliveries: &[Delivery]) -> Vec<String> {
    deliveries.iter().map(|delivery| delivery.id.clone()).collect()
}

#[tokio::test]
async fn each_queue_has_its_own_messages() {
    let folder = Folder::new();
    let (queue, _) = open(&folder);
    let now = Millis(0);
    queue.send(vec![to(EVENTS, "a", now), to(STEPS, "b", now), to(EVENTS, "c", now)]).await.unwrap();
    let received = queue.receive(EVENTS, 10);
    assert_eq!(bodies(&received), ["a", "c"]);
    assert!(received.iter().all(|delivery| delivery.receives == 1));
    assert!(queue.receive(EVENTS, 10).is_empty(), "a message has one taker");
    assert_eq!(bodies(&queue.receive(STEPS, 10)), ["b"]);
}

#[tokio::test]
async fn delays_are_kept() {
    let folder = Folder::new();
    let (queue, clock) = open(&folder);
    let sent = vec![to(EVENTS, "later", Millis::minutes(10)), to(EVENTS, "soon", Millis::seconds(5))];
    queue.send(sent).await.unwrap();
    assert!(queue.receive(EVENTS, 10).is_empty());
    assert!(waits(queue.wait(EVENTS)).await);
    assert_eq!(queue.next_due(), Some(nine() + Millis::seconds(5)));

    clock.advance(Millis(4999)).await.unwrap();
    assert!(queue.receive(EVENTS, 10).is_empty());
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { queue.wait(EVENTS).await }
    });
    tokio::task::yield_now().await;
    clock.advance(Millis(1)).await.unwrap();
    waiting.await.unwrap();
    assert_eq!(bodies(&queue.receive(EVENTS, 10)), ["soon"]);
    clock.advance(Millis::minutes(10)).await.unwrap();
    assert_eq!(bodies(&queue.receive(EVENTS, 10)), ["later"]);
}

#[tokio::test]
async fn a_message_wakes_who_waits() {
    let folder = Folder::new();
    let (queue, _) = open(&folder);
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { queue.wait(EVENTS).await }
    });
    tokio::task::yield_now().await;
    queue.send(vec![to(EVENTS, "a", Millis(0))]).await.unwrap();
    waiting.await.unwrap();
}

#[tokio::test]
async fn what_was_not_acknowledged_comes_again() {
    let folder = Folder::new();
    let (queue, _) = open(&folder);
    let sent = ["taken", "done", "retried", "never taken"].map(|body| to(EVENTS, body, Millis(0)));
    queue.send(sent.to_vec()).await.unwrap();
    let received = queue.receive(EVENTS, 3);
    queue.ack(&ids(&received[1..2]));
    queue.retry(&received[2].id, Millis(0));
    drop(queue);

    let (queue, _) = open(&folder);
    let received = queue.receive(EVENTS, 10);
    assert_eq!(bodies(&received), ["taken", "retried", "never taken"]);
    let counts: Vec<u32> = received.iter().map(|delivery| delivery.receives).collect();
    assert_eq!(
        counts,
        [2, 3, 2],
        "what was there before a restart may have been delivered; a reported failure is kept"
    );
    queue.ack(&ids(&received));
    drop(queue);
    assert!(open(&folder).0.receive(EVENTS, 10).is_empty());
}

#[tokio::test]
async fn a_crash_loses_no_message() {
    let folder = Folder::new();
    let (queue, _) = open(&folder);
    for n in 0..2500 {
        let sending = async { queue.send(vec![to(STEPS, &n.to_string(), Millis(0))]).await.unwrap() };
        waits(sending).await;
    }
    queue.send(vec![to(STEPS, "last", Millis(0))]).await.unwrap();
    let crashed = folder.as_after_a_crash();
    let (queue, _) = open(&crashed);
    assert_eq!(queue.depth(STEPS).due, 2501, "also those whose senders gave up waiting");
    assert_eq!(queue.receive(STEPS, 3000).last().unwrap().body, "last");
}

#[tokio::test]
async fn what_fails_too_often_is_a_dead_letter() {
    let folder = Folder::new();
    let store = folder.open();
    let clock = LocalClock::standing_at(nine());
    let queue = LocalQueue::open(store.clone(), clock.clone()).unwrap();
    queue.send(vec![to(STEPS, "poison", Millis(0))]).await.unwrap();
    for receives in 1..=MOST_RECEIVES {
        let received = queue.receive(STEPS, 10);
        assert_eq!(received[0].receives, receives);
        queue.retry(&received[0].id, Millis::seconds(1));
        assert!(queue.receive(STEPS, 10).is_empty());
        clock.advance(Millis::seconds(1)).await.unwrap();
    }
    store.flush().await.unwrap();
    assert_eq!(queue.depth(STEPS), Depth::default());
    let dead = queue.dead_letters(10).unwrap();
    assert_eq!((dead.len(), dead[0].body.as_str(), dead[0].receives), (1, "poison", MOST_RECEIVES));
    assert_eq!(dead[0].queue, STEPS.as_str());
    drop((queue, store));
    let (queue, _) = open(&folder);
    assert_eq!(queue.depth(STEPS), Depth::default());
    assert_eq!(queue.dead_letters(10).unwrap(), dead);
}

#[tokio::test]
async fn more_than_memory_keeps_is_read_from_the_file() {
    let folder = Folder::new();
    let (queue, _) = open(&folder);
    let big = |n: usize| n.to_string().repeat(MESSAGE_BYTES / 4);
    for n in 0..10 {
        queue.send(vec![to(EVENTS, &big(n), Millis(0))]).await.unwrap();
    }
    let received = queue.receive(EVENTS, 10);
    assert!(received.iter().enumerate().all(|(n, delivery)| delivery.body == big(n)));
    assert_eq!(received.len(), 10);
}

#[tokio::test]
async fn limits_are_those_of_the_cloud() {
    let folder = Folder::new();
    let (queue, _) = open(&folder);
    let good = to(EVENTS, "good", LONGEST_DELAY);
    let long = "x".repeat(MESSAGE_BYTES + 1);
    for bad in [
        to(EVENTS, "x", Millis(LONGEST_DELAY.0 + 1000)),
        to(EVENTS, "x", Millis(1)),
        to(EVENTS, "x", Millis(-1000)),
        to(EVENTS, "", Millis(0)),
        to(EVENTS, &long, Millis(0)),
    ] {
        queue.send(vec![good.clone(), bad]).await.unwrap_err();
    }
    assert_eq!(queue.depth(EVENTS), Depth::default());
    queue.send(vec![good]).await.unwrap();
    queue.send(Vec::new()).await.unwrap();
    assert_eq!(queue.depth(EVENTS), Depth { due: 0, delayed: 1, leased: 0 });
}
