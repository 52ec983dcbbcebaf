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
    ("feedback", "feedback"),
];

/// A message that was delivered.
#[derive(Clone, Debug)]
pub struct Seen {
    pub queue: &'static str,
    pub body: String,
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
        let address = self.queue(queue);
        let receive = self.sqs.receive_message().queue_url(&address).wait_time_seconds(0).send();
        let message = self.runtime.block_on(receive).unwrap().messages.unwrap_or_default().pop()?;
        let (id, body) = (message.message_id.unwrap(), message.body.unwrap());
        let record = json!({
            "messageId": id, "receiptHandle": message.receipt_handle, "body": body,
            "attributes": { "ApproximateReceiveCount": "1" }, "messageAttributes": {},
            "eventSource": "aws:sqs", "awsRegion": "us-east-1",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:flusso-local-{queue}"),
        });
        let answer = self.invoke(&format!("flusso-local-{function}"), &json!({ "Records": [record] }));
        assert_eq!(answer["batchItemFailures"], Value::Array(Vec::new()), "{body}");
        let handle = message.receipt_handle.unwrap();
        let delete = self.sqs.delete_message().queue_url(address).receipt_handle(handle).send();
        self.runtime.block_on(delete).unwrap();
        Some(body)
    }
}
