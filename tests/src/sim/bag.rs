//! The queues: a bag of messages, delivered at least once, in no order. With the limits of SQS, asserted.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use flusso_app::ports::PortError;
use flusso_app::ports::queue::{LONGEST_DELAY, Outgoing, Queue, QueueName};

use super::core::{Core, Item, MINUTE, SECOND, Shared};
use super::plant::Plant;

/// Most bytes of a message.
const MESSAGE_BYTES: usize = 1024 * 1024;

/// More messages at once than any world needs.
const MESSAGES: usize = 3_000;

/// All messages that were sent and not yet deleted.
#[derive(Debug, Default)]
pub struct Bag {
    messages: BTreeMap<u64, Message>,
    sequence: u64,
    /// Each message that was ever sent comes twice (fault sweep).
    pub doubled: bool,
    /// Steps are held back until then (fault sweep).
    pub steps_from: i64,
}

/// A message.
#[derive(Clone, Debug)]
pub struct Message {
    /// Where it is.
    pub queue: QueueName,
    /// What it says.
    pub body: String,
    /// How often it was delivered.
    pub receives: u32,
    /// Nobody gets it before this.
    pub visible_at: i64,
}

impl Bag {
    /// Messages of a queue that can be delivered now.
    pub fn visible(&self, queue: QueueName, now: i64) -> Vec<u64> {
        let here =
            self.messages.iter().filter(|(_, message)| message.queue == queue && message.visible_at <= now);
        here.map(|(id, _)| *id).collect()
    }

    /// A message.
    pub fn get_mut(&mut self, id: u64) -> Option<&mut Message> {
        self.messages.get_mut(&id)
    }

    /// Deletes a message.
    pub fn delete(&mut self, id: u64) {
        self.messages.remove(&id);
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }
}

impl Shared {
    fn put(&mut self, now: i64, message: Outgoing) {
        let copies = if self.bag.doubled { 2 } else { 1 };
        let doubles = self.weather.queue_doubles;
        let copies = copies + u32::from(self.fault("message doubled", doubles));
        for copy in 0..copies {
            let mut visible_at = now + message.delay.0;
            if self.plant == Some(Plant::EarlyLook) && message.body.contains("\"look\"") {
                visible_at = now;
            }
            if matches!(message.queue, QueueName::Steps(_)) {
                visible_at = visible_at.max(self.bag.steps_from);
            }
            if self.orderly {
                visible_at += i64::from(copy) * 5;
            } else {
                visible_at += if self.rng.chance(9_000) {
                    self.rng.between(0, 25)
                } else {
                    self.rng.between(25, 3_000)
                };
                let delays = self.weather.queue_delays;
                if self.fault("message delayed", delays) {
                    visible_at += self.rng.between(5 * SECOND, 12 * MINUTE);
                }
            }
            self.bag.sequence += 1;
            let (id, queue) = (self.bag.sequence, message.queue);
            self.trace.say(|| format!("  sent {} m{id}: {}", queue.as_str(), message.body));
            self.bag
                .messages
                .insert(id, Message { queue, body: message.body.clone(), receives: 0, visible_at });
            self.at(visible_at, Item::Poll(queue));
        }
        if self.bag.messages.len() > MESSAGES {
            self.violated("END", || format!("{MESSAGES} messages, and more and more"));
        }
    }
}

/// The queues as a port.
pub struct SimQueue(pub Arc<Core>);

#[async_trait]
impl Queue for SimQueue {
    async fn send(&self, messages: Vec<Outgoing>) -> Result<(), PortError> {
        for message in &messages {
            assert!(message.body.len() <= MESSAGE_BYTES, "a message of {} bytes", message.body.len());
            assert!(message.delay.0 % 1000 == 0 && message.delay.0 >= 0, "a delay of {:?}", message.delay);
            assert!(message.delay <= LONGEST_DELAY, "a delay of {:?}", message.delay);
        }
        self.0.pause("send").await;
        let now = self.0.now();
        let sent = self.0.with(|shared| {
            let refuses = shared.weather.queue_refuses;
            let most = if shared.fault("message refused", refuses) {
                shared.rng.index(messages.len() + 1)
            } else {
                messages.len()
            };
            let all = most == messages.len();
            for message in messages.into_iter().take(most) {
                if shared.own_notes().looks.contains(&message.body) {
                    shared.trace.mark("look_too_early_resent");
                }
                shared.trace.mix_bytes(message.body.as_bytes());
                shared.put(now, message);
            }
            all
        });
        self.0.pause("sent").await;
        if sent { Ok(()) } else { Err(PortError { port: "queue", reason: "some were not taken".to_owned() }) }
    }
}
