//! Messages in SQS.

use std::collections::BTreeMap;

use aws_sdk_sqs::types::MessageSystemAttributeName;
use flusso_app::ports::queue::{Lane, Outgoing, Queue as _, QueueName};
use flusso_aws::queue::SqsQueue;
use flusso_store::time::Millis;

use crate::local_aws::{LocalAws, unique};

const QUEUE: QueueName = QueueName::Events(Lane::Fast);

fn message(body: String, delay: Millis) -> Outgoing {
    Outgoing { queue: QUEUE, body, delay }
}

/// Takes what there is until `wanted` messages came.
async fn receive(client: &aws_sdk_sqs::Client, address: &str, wanted: usize) -> Vec<String> {
    let mut bodies = Vec::new();
    for _ in 0..50 {
        let call = client.receive_message().queue_url(address).max_number_of_messages(10);
        let call = call.message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
        for message in call.wait_time_seconds(1).send().await.unwrap().messages.unwrap_or_default() {
            bodies.push(message.body.unwrap());
            let receipt = message.receipt_handle.unwrap();
            client.delete_message().queue_url(address).receipt_handle(receipt).send().await.unwrap();
        }
        if bodies.len() >= wanted {
            break;
        }
    }
    bodies.sort();
    bodies
}

#[tokio::test]
async fn messages_go_in_tens_and_wait_as_long_as_they_must() {
    let aws = LocalAws::start();
    let client = aws_sdk_sqs::Client::new(&aws.sdk().await);
    let made = client.create_queue().queue_name(unique("flusso-events")).send().await.unwrap();
    let address = made.queue_url.unwrap();
    let queue = SqsQueue::new(client.clone(), BTreeMap::from([(QUEUE, address.clone())]));

    let bodies: Vec<String> = (0..23).map(|number| format!("message {number:02} è")).collect();
    queue.send(bodies.iter().map(|body| message(body.clone(), Millis(0))).collect()).await.unwrap();
    assert_eq!(receive(&client, &address, 23).await, bodies);

    // Two that fill more than one call; each comes as it was.
    let large: Vec<String> = ["a", "b"].map(|letter| letter.repeat(200 * 1024)).into();
    queue.send(large.iter().map(|body| message(body.clone(), Millis(0))).collect()).await.unwrap();
    assert!(receive(&client, &address, 2).await == large);

    let delayed =
        vec![message("later".to_owned(), Millis::minutes(15)), message("now".to_owned(), Millis(0))];
    queue.send(delayed).await.unwrap();
    assert_eq!(receive(&client, &address, 1).await, ["now"]);
    let asked = client.get_queue_attributes().queue_url(&address);
    let name = aws_sdk_sqs::types::QueueAttributeName::ApproximateNumberOfMessagesDelayed;
    let answer = asked.attribute_names(name.clone()).send().await.unwrap();
    assert_eq!(answer.attributes.unwrap()[&name], "1");
}

#[tokio::test]
async fn what_sqs_would_not_take_is_not_sent_in_part() {
    let aws = LocalAws::start();
    let client = aws_sdk_sqs::Client::new(&aws.sdk().await);
    let made = client.create_queue().queue_name(unique("flusso-events")).send().await.unwrap();
    let address = made.queue_url.unwrap();
    let queue = SqsQueue::new(client.clone(), BTreeMap::from([(QUEUE, address.clone())]));
    let good = || message("good".to_owned(), Millis(0));
    let too_late = message("later".to_owned(), Millis::seconds(901));
    assert!(queue.send(vec![good(), too_late]).await.is_err(), "longer than 900 s is the timer's");
    assert!(queue.send(vec![good(), message("x".repeat(1024 * 1024 + 1), Millis(0))]).await.is_err());
    assert!(queue.send(vec![good(), message(String::new(), Millis(0))]).await.is_err());
    queue.send(vec![message("the only one".to_owned(), Millis(0))]).await.unwrap();
    assert_eq!(receive(&client, &address, 1).await, ["the only one"]);
    let nowhere = SqsQueue::new(client, BTreeMap::from([(QUEUE, format!("{address}-none"))]));
    assert!(nowhere.send(vec![good()]).await.is_err());
}
