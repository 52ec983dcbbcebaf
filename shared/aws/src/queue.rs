//! The queue port on SQS: ten messages a call, delays up to 900 seconds.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata as _};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry as Entry;
use flusso_app::ports::PortError;
use flusso_app::ports::queue::{LONGEST_DELAY, Outgoing, Queue, QueueName};
use flusso_store::time::Millis;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

/// Most messages of one call.
const BATCH: usize = 10;
/// Most bytes of one call, and so of one message.
const BATCH_BYTES: usize = 1024 * 1024;
/// Calls that are under way at once.
const AT_ONCE: usize = 8;

/// Queues in SQS.
pub struct SqsQueue {
    client: Client,
    addresses: BTreeMap<QueueName, String>,
}

impl SqsQueue {
    /// With the address of each queue.
    pub fn new(client: Client, addresses: BTreeMap<QueueName, String>) -> Self {
        Self { client, addresses }
    }

    async fn send_batch(&self, queue: QueueName, messages: Vec<Outgoing>) -> Result<(), PortError> {
        let address = self.addresses.get(&queue).ok_or_else(|| refused("the queue has no address"))?;
        let entries = messages.into_iter().enumerate().map(|(at, message)| {
            let delay = i32::try_from(seconds(message.delay)).unwrap_or(i32::MAX);
            let entry = Entry::builder().id(at.to_string()).message_body(message.body).delay_seconds(delay);
            entry.build().map_err(|error| refused(&error.to_string()))
        });
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let call = self.client.send_message_batch().queue_url(address).set_entries(Some(entries));
        let answer = call.send().await.map_err(|error| {
            let code = error.as_service_error().and_then(|error| error.code()).map(str::to_owned);
            refused(&code.unwrap_or_else(|| DisplayErrorContext(&error).to_string()))
        })?;
        match answer.failed().first() {
            None => Ok(()),
            Some(first) => Err(refused(&format!("{} not sent: {}", answer.failed().len(), first.code()))),
        }
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send(&self, messages: Vec<Outgoing>) -> Result<(), PortError> {
        for message in &messages {
            if message.delay > LONGEST_DELAY {
                return Err(refused("a delay of more than 15 minutes is the timer's"));
            }
            if message.body.is_empty() || message.body.len() > BATCH_BYTES {
                return Err(refused("a message has 1 byte to 1 MB"));
            }
        }
        let calls = batches(messages).into_iter().map(|(queue, batch)| self.send_batch(queue, batch));
        stream::iter(calls).buffer_unordered(AT_ONCE).try_collect().await
    }
}

/// Messages by queue, in order, in batches that one call takes.
fn batches(messages: Vec<Outgoing>) -> Vec<(QueueName, Vec<Outgoing>)> {
    let mut batches: Vec<(QueueName, Vec<Outgoing>)> = Vec::new();
    let mut open: BTreeMap<QueueName, (usize, usize)> = BTreeMap::new();
    for message in messages {
        let (queue, bytes) = (message.queue, message.body.len());
        match open.get_mut(&queue) {
            Some((at, filled)) if batches[*at].1.len() < BATCH && *filled + bytes <= BATCH_BYTES => {
                *filled += bytes;
                batches[*at].1.push(message);
            }
            _ => {
                open.insert(queue, (batches.len(), bytes));
                batches.push((queue, vec![message]));
            }
        }
    }
    batches
}

/// Whole seconds, rounded up: never early.
fn seconds(delay: Millis) -> i64 {
    (delay.0.max(0) + 999) / 1000
}

fn refused(reason: &str) -> PortError {
    PortError { port: "queue", reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use flusso_app::ports::queue::{Lane, Outgoing, QueueName};
    use flusso_store::time::Millis;

    use super::{BATCH_BYTES, batches, seconds};

    const EVENTS: QueueName = QueueName::Events(Lane::Fast);
    const STEPS: QueueName = QueueName::Steps(Lane::Fast);

    fn message(queue: QueueName, body: &str) -> Outgoing {
        Outgoing { queue, body: body.to_owned(), delay: Millis(0) }
    }

    #[test]
    fn a_call_takes_ten_messages_of_one_queue() {
        let mut messages: Vec<_> = (0..23).map(|n| message(EVENTS, &n.to_string())).collect();
        messages.insert(5, message(STEPS, "step"));
        let sizes: Vec<_> =
            batches(messages).into_iter().map(|(queue, batch)| (queue, batch.len())).collect();
        assert_eq!(sizes, [(EVENTS, 10), (STEPS, 1), (EVENTS, 10), (EVENTS, 3)]);
    }

    #[test]
    fn a_call_takes_a_megabyte() {
        let large = "x".repeat(BATCH_BYTES / 2);
        let batches = batches(vec![message(EVENTS, &large), message(EVENTS, &large), message(EVENTS, "y")]);
        let sizes: Vec<_> = batches.into_iter().map(|(_, batch)| batch.len()).collect();
        assert_eq!(sizes, [2, 1]);
    }

    #[test]
    fn a_delay_is_rounded_up() {
        assert_eq!([0, 1, 999, 1000, 1001].map(|delay| seconds(Millis(delay))), [0, 1, 1, 1, 2]);
    }
}
