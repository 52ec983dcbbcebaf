//! What SES says of messages, by SNS and SQS with raw delivery: each notification becomes an event of the contact to
//! whom the message went, named by the tag that it carries
//! (<https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>).

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::Error;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::queues::failures;
use crate::app::accept::EventDraft;
use crate::app::ports::channel::SEND_TAG;
use crate::app::{App, AppError};

/// Apple's Mail Privacy Protection loads the pictures of every message, under this name alone.
const PREFETCHER: &str = "Mozilla/5.0";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    event_type: String,
    mail: Mail,
    #[serde(flatten)]
    details: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    message_id: String,
    #[serde(default)]
    destination: Vec<String>,
    #[serde(default)]
    tags: BTreeMap<String, Vec<String>>,
}

pub(super) async fn feedback(app: Arc<App>, event: SqsEvent) -> Result<SqsBatchResponse, Error> {
    let mut outcomes = Vec::new();
    for message in event.records {
        let id = message.message_id.unwrap_or_default();
        let outcome = match draft(&message.body.unwrap_or_default()) {
            Ok(Some(draft)) => app.accept_feedback(vec![draft]).await.map(drop),
            // Not of this program, or nothing that anybody waits for.
            Ok(None) => Ok(()),
            Err(why) => Err(AppError::invalid("notification", "feedback.unreadable", why)),
        };
        outcomes.push((id, outcome.map_err(|error| error.to_string())));
    }
    Ok(failures(outcomes))
}

/// The event that a notification is; none if it is of no interest.
fn draft(body: &str) -> Result<Option<EventDraft>, String> {
    let Notification { event_type, mail, details } =
        serde_json::from_str(body).map_err(|error| format!("not a notification of SES: {error}"))?;
    let Some(send) = mail.tags.get(SEND_TAG).and_then(|values| values.first()) else { return Ok(None) };
    let (kind, member) = match event_type.as_str() {
        "Delivery" => ("email.delivered", "delivery"),
        "DeliveryDelay" => ("email.delayed", "deliveryDelay"),
        "Bounce" => ("email.bounced", "bounce"),
        "Complaint" => ("email.complained", "complaint"),
        "Reject" => ("email.rejected", "reject"),
        "Open" => ("email.opened", "open"),
        "Click" => ("email.clicked", "click"),
        // "Send" says what the answer said; templates of SES are not used.
        _ => return Ok(None),
    };
    let detail = details.get(member).cloned().unwrap_or_default();
    let text = |name: &str| detail.get(name).and_then(Value::as_str);
    let mut data = Map::from_iter([("send".to_owned(), json!(send))]);
    match kind {
        "email.bounced" => {
            let kind = if text("bounceType") == Some("Permanent") { "hard" } else { "soft" };
            data.insert("kind".to_owned(), json!(kind));
        }
        "email.opened" | "email.clicked" => {
            let class = if text("userAgent") == Some(PREFETCHER) { "machine" } else { "human" };
            data.insert("class".to_owned(), json!(class));
            data.extend(text("link").map(|link| ("url".to_owned(), json!(link))));
        }
        _ => {}
    }
    // Delivered and bounced happen once; opened and clicked each time, told apart by their instant.
    let again = matches!(kind, "email.opened" | "email.clicked" | "email.delayed")
        .then(|| text("timestamp"))
        .flatten();
    let id = format!("{kind}:{}{}", mail.message_id, again.map(|at| format!(":{at}")).unwrap_or_default());
    let occurred_at = text("timestamp").map(str::to_owned);
    Ok(Some(EventDraft {
        id: Some(id),
        kind: kind.to_owned(),
        occurred_at,
        data,
        recipient: mail.destination.into_iter().next(),
        ..EventDraft::default()
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use serde_json::{Value, json};

    use super::draft;

    fn notification(kind: &str, member: &str, detail: Value) -> String {
        json!({
            "eventType": kind,
            "mail": {
                "timestamp": "2026-11-22T09:00:00.000Z", "messageId": "0100-abc",
                "destination": ["anna@example.com"],
                "tags": {
                    "flusso_send": ["snd_cygw2y2a91bsr3cv8qgn_b376cckxxggkven6"], "flusso_attempt": ["1"],
                    "ses:configuration-set": ["flusso-dev"]
                }
            },
            member: detail
        })
        .to_string()
    }

    fn shown(body: &str) -> String {
        let draft = draft(body).unwrap().unwrap();
        format!(
            "{} {} {} {} {}",
            draft.kind,
            draft.id.unwrap(),
            draft.occurred_at.unwrap_or_default(),
            json!(draft.data),
            draft.recipient.unwrap_or_default()
        )
    }

    #[test]
    fn each_notification_is_an_event_of_its_message() {
        let at = "2026-11-22T09:00:01.000Z";
        let bounce = |kind| json!({ "bounceType": kind, "bounceSubType": "General", "timestamp": at });
        assert_eq!(
            shown(&notification("Bounce", "bounce", bounce("Permanent"))),
            "email.bounced email.bounced:0100-abc 2026-11-22T09:00:01.000Z \
             {\"kind\":\"hard\",\"send\":\"snd_cygw2y2a91bsr3cv8qgn_b376cckxxggkven6\"} anna@example.com"
        );
        assert!(shown(&notification("Bounce", "bounce", bounce("Transient"))).contains("\"kind\":\"soft\""));
        let delivered = notification("Delivery", "delivery", json!({ "timestamp": at, "recipients": [] }));
        assert!(shown(&delivered).starts_with("email.delivered email.delivered:0100-abc 2026-11-22"));
    }

    #[test]
    fn every_open_is_an_event_and_says_whose_it_may_be() {
        let open = |agent| json!({ "timestamp": "2026-11-22T10:00:00.000Z", "userAgent": agent, "ipAddress": "192.0.2.1" });
        let opened = shown(&notification("Open", "open", open("Mozilla/5.0 (X11; Linux x86_64)")));
        assert!(
            opened.starts_with("email.opened email.opened:0100-abc:2026-11-22T10:00:00.000Z"),
            "{opened}"
        );
        assert!(opened.contains("\"class\":\"human\""), "{opened}");
        assert!(!opened.contains("192.0.2.1"), "addresses of the network are not kept");
        assert!(shown(&notification("Open", "open", open("Mozilla/5.0"))).contains("\"class\":\"machine\""));
    }

    #[test]
    fn what_is_of_no_interest_is_passed_over_and_what_is_broken_is_told() {
        assert_eq!(draft(&notification("Send", "send", json!({}))).unwrap(), None);
        let foreign =
            json!({ "eventType": "Delivery", "mail": { "messageId": "x", "tags": {} }, "delivery": {} });
        assert_eq!(draft(&foreign.to_string()).unwrap(), None);
        assert!(
            draft("Successfully validated SNS topic").unwrap_err().starts_with("not a notification of SES")
        );
    }
}
