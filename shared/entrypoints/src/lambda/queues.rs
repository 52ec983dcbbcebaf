//! Batches of SQS: each message is reported by itself, so that one that fails is not the others' business.

use std::sync::Arc;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::Error;

use crate::app::App;
use crate::app::ports::queue::{Delivery, Lane};

type Outcomes = Vec<(String, Result<(), String>)>;

pub(super) async fn events(app: Arc<App>, event: SqsEvent) -> Result<SqsBatchResponse, Error> {
    let mut outcomes = Outcomes::new();
    for (lane, batch) in batches(event) {
        outcomes.extend(app.handle_events(lane, batch).await);
    }
    Ok(failures(outcomes))
}

pub(super) async fn steps(app: Arc<App>, event: SqsEvent) -> Result<SqsBatchResponse, Error> {
    let mut outcomes = Outcomes::new();
    for (lane, batch) in batches(event) {
        outcomes.extend(app.handle_steps(lane, batch).await);
    }
    Ok(failures(outcomes))
}

pub(super) async fn jobs(app: Arc<App>, event: SqsEvent) -> Result<SqsBatchResponse, Error> {
    let batch = event.records.into_iter().filter_map(delivery).collect();
    Ok(failures(app.handle_jobs(batch).await))
}

/// The messages by lane. One event is of one queue; nothing here depends on it.
fn batches(event: SqsEvent) -> Vec<(Lane, Vec<Delivery>)> {
    let (bulk, fast): (Vec<_>, Vec<_>) = event.records.into_iter().partition(is_bulk);
    let batches = [(Lane::Fast, fast), (Lane::Bulk, bulk)];
    let filled = batches.into_iter().filter(|(_, records)| !records.is_empty());
    filled.map(|(lane, records)| (lane, records.into_iter().filter_map(delivery).collect())).collect()
}

/// Queues of the bulk lane have a name that ends so.
fn is_bulk(message: &SqsMessage) -> bool {
    message.event_source_arn.as_deref().is_some_and(|arn| arn.ends_with("-bulk"))
}

fn delivery(message: SqsMessage) -> Option<Delivery> {
    let receives = message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
    // Without an id nothing could be reported, and SQS gives every message one.
    Some(Delivery {
        id: message.message_id?,
        body: message.body.unwrap_or_default(),
        receives: receives.unwrap_or(1),
    })
}

pub(super) fn failures(outcomes: Outcomes) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for (id, outcome) in outcomes {
        if let Err(reason) = outcome {
            tracing::warn!(message = id, reason, "a message is delivered again");
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            response.batch_item_failures.push(failure);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use serde_json::json;

    use super::{Lane, batches, failures};

    #[test]
    fn messages_go_by_the_lane_of_their_queue() {
        let record = |id: &str, queue: &str, count: &str| {
            json!({
                "messageId": id, "body": "{}", "eventSourceARN": format!("arn:aws:sqs:eu-south-1:1:flusso-dev-{queue}"),
                "attributes": { "ApproximateReceiveCount": count }
            })
        };
        let event = json!({ "Records": [record("a", "events-fast", "1"), record("b", "events-bulk", "3")] });
        let batches = batches(serde_json::from_value(event).unwrap());
        let shown: Vec<_> = batches
            .iter()
            .flat_map(|(lane, batch)| batch.iter().map(move |one| (*lane, one.id.as_str(), one.receives)))
            .collect();
        assert_eq!(shown, [(Lane::Fast, "a", 1), (Lane::Bulk, "b", 3)]);
    }

    #[test]
    fn only_what_failed_is_reported() {
        let response = failures(vec![("a".to_owned(), Ok(())), ("b".to_owned(), Err("no".to_owned()))]);
        let shown = serde_json::to_value(response).unwrap();
        assert_eq!(shown, json!({ "batchItemFailures": [{ "itemIdentifier": "b" }] }));
    }
}
