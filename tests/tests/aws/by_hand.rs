//! Lambda's pollers, switched off, and the same work done by the test: each message is taken from its queue, written
//! down and handed to its function.

use serde_json::{Value, json};

use crate::stack::Stack;

/// The queues and who works on them.
const QUEUES: &[(&str, &str)] = &[
    ("events-fast", "triggers"),
    ("events-bulk", "triggers"),
    ("steps-fast", "steps"),
    ("steps-bulk", "steps"),
    ("jobs", "jobs"),
    ("feedback", "feedback"),
];

/// A message that was delivered.
#[derive(Clone, Debug)]
pub struct Seen {
    pub queue: &'static str,
    pub body: String,
}

/// A message that was received and is not deleted.
pub struct Received {
    queue: &'static str,
    id: String,
    handle: String,
    body: String,
}

impl Stack {
    /// Switches the pollers of all queues on or off.
    pub fn listen(&self, on: bool) {
        let mappings = self.lambda("GET", "/2015-03-31/event-source-mappings/", "");
        for mapping in mappings["EventSourceMappings"].as_array().unwrap() {
            let source = mapping["EventSourceArn"].as_str().unwrap();
            if source.contains(":sqs:") && source.contains(":flusso-local-") {
                let path = format!("/2015-03-31/event-source-mappings/{}", mapping["UUID"].as_str().unwrap());
                self.lambda("PUT", &path, &json!({ "Enabled": on }).to_string());
            }
        }
    }

    /// The address of a queue.
    pub fn queue(&self, name: &str) -> String {
        let get = self.sqs.get_queue_url().queue_name(format!("flusso-local-{name}")).send();
        self.runtime.block_on(get).unwrap().queue_url.unwrap()
    }

    /// Puts a body into a queue.
    pub fn put(&self, queue: &str, body: &str) {
        let send = self.sqs.send_message().queue_url(self.queue(queue)).message_body(body).send();
        self.runtime.block_on(send).unwrap();
    }

    /// Loses everything that is in a queue, also what somebody has received.
    pub fn lose(&self, queue: &str) {
        self.runtime.block_on(self.sqs.purge_queue().queue_url(self.queue(queue)).send()).unwrap();
    }

    /// Delivers message after message until there is none, and says what they were. The pollers must be off.
    pub fn deliver_all(&self) -> Vec<Seen> {
        let mut seen = Vec::new();
        loop {
            let before = seen.len();
            for (queue, function) in QUEUES {
                while let Some(body) = self.deliver_next(queue, function) {
                    seen.push(Seen { queue, body });
                }
            }
            if seen.len() == before {
                return seen;
            }
        }
    }

    fn deliver_next(&self, queue: &'static str, function: &str) -> Option<String> {
        let message = self.receive(queue)?;
        let answer = self.hand(&message, function, 1);
        assert_eq!(answer, json!({ "batchItemFailures": [] }), "{}", message.body);
        self.done(&message);
        Some(message.body)
    }

    /// Takes the next message of a queue.
    pub fn receive(&self, queue: &'static str) -> Option<Received> {
        let receive = self.sqs.receive_message().queue_url(self.queue(queue)).wait_time_seconds(0).send();
        let message = self.runtime.block_on(receive).unwrap().messages.unwrap_or_default().pop()?;
        let (id, handle) = (message.message_id.unwrap(), message.receipt_handle.unwrap());
        Some(Received { queue, id, handle, body: message.body.unwrap() })
    }

    /// Hands a message to a function as Lambda's poller does, the so-many-th time; what the function answers, or
    /// Lambda for it.
    pub fn hand(&self, message: &Received, function: &str, receives: u32) -> Value {
        let Received { queue, id, handle, body } = message;
        let record = json!({
            "messageId": id, "receiptHandle": handle, "body": body,
            "attributes": { "ApproximateReceiveCount": receives.to_string() }, "messageAttributes": {},
            "eventSource": "aws:sqs", "awsRegion": "us-east-1",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:flusso-local-{queue}"),
        });
        self.call(&format!("flusso-local-{function}"), &json!({ "Records": [record] }))
    }

    /// Deletes a message that was received.
    pub fn done(&self, message: &Received) {
        let delete =
            self.sqs.delete_message().queue_url(self.queue(message.queue)).receipt_handle(&message.handle);
        self.runtime.block_on(delete.send()).unwrap();
    }
}
