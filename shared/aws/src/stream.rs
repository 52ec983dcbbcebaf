//! The table's stream: what a batch says was committed, in the order of its shard. The function's filter lets through
//! rows of state only; what else might come is passed over.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flusso_store::keys::state;
use flusso_store::packed;
use flusso_store::table::{Key, Row};
use flusso_store::time::Instant;
use serde::Deserialize;
use serde_json::Value;

/// The one shard of a local AWS, which names none.
const ONLY_SHARD: &str = "only";

/// What was committed: the shard, and the rows, each under its sequence number, ascending.
pub type Committed = (String, Vec<(u128, Row)>);

/// Why a batch can't be read. Nothing of it may be counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// It does not say of which shard it is.
    #[error("the batch names no shard: its event source mapping needs a tumbling window")]
    NoShard,
    /// It is no event of a stream.
    #[error("the batch can't be read: {0}")]
    Unreadable(String),
    /// A row of ours is not as we write it.
    #[error("record {0} holds no row of ours")]
    NoRow(u128),
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Records", default)]
    records: Vec<Record>,
    #[serde(rename = "shardId")]
    shard: Option<String>,
}

#[derive(Deserialize)]
struct Record {
    dynamodb: Change,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    sequence_number: String,
    new_image: Option<BTreeMap<String, Attribute>>,
}

#[derive(Deserialize)]
enum Attribute {
    S(String),
    N(String),
    B(String),
    #[serde(untagged)]
    Other(serde::de::IgnoredAny),
}

/// Reads a batch. One without a shard is refused, unless there is only one.
pub fn read(event: Value, single_shard: bool) -> Result<Committed, StreamError> {
    let event: Event =
        serde_json::from_value(event).map_err(|error| StreamError::Unreadable(error.to_string()))?;
    let shard = event.shard.or_else(|| single_shard.then(|| ONLY_SHARD.to_owned()));
    let shard = shard.ok_or(StreamError::NoShard)?;
    let mut rows = Vec::new();
    for Record { dynamodb } in event.records {
        let number = dynamodb.sequence_number.parse().map_err(|_| {
            StreamError::Unreadable(format!("`{}` is no sequence number", dynamodb.sequence_number))
        })?;
        // What was deleted has no image.
        let Some(image) = dynamodb.new_image else { continue };
        let row = row(&image).ok_or(StreamError::NoRow(number))?;
        if state::is(&row.key) {
            rows.push((number, row));
        }
    }
    Ok((shard, rows))
}

fn row(image: &BTreeMap<String, Attribute>) -> Option<Row> {
    let text = |name: &str| match image.get(name)? {
        Attribute::S(text) => Some(text.as_str()),
        _ => None,
    };
    let number = |name: &str| match image.get(name)? {
        Attribute::N(number) => Some(number.as_str()),
        _ => None,
    };
    let bytes = |name: &str| match image.get(name)? {
        Attribute::B(bytes) => STANDARD.decode(bytes).ok(),
        _ => None,
    };
    let packed = || bytes("z").and_then(|packed| packed::unpack(&packed));
    Some(Row {
        key: Key::new(text("p")?, text("s")?),
        revision: number("r")?.parse().ok()?,
        expires_at: number("x").and_then(|at| at.parse().ok()).map(Instant::from_millis),
        body: bytes("b").or_else(packed)?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use flusso_store::packed;
    use flusso_store::table::Key;
    use serde_json::{Value, json};

    use super::{StreamError, read};

    fn record(number: &str, sort: &str) -> Value {
        json!({
            "eventID": "1", "eventName": "MODIFY", "eventSource": "aws:dynamodb",
            "dynamodb": {
                "Keys": { "p": { "S": "con/con_a" }, "s": { "S": sort } },
                "NewImage": {
                    "p": { "S": "con/con_a" }, "s": { "S": sort }, "r": { "N": "7" }, "b": { "B": "e30=" }
                },
                "SequenceNumber": number, "SizeBytes": 26, "StreamViewType": "NEW_IMAGE"
            }
        })
    }

    #[test]
    fn a_batch_has_the_states_that_were_committed() {
        let deleted =
            json!({ "eventName": "REMOVE", "dynamodb": { "SequenceNumber": "300000000000000000002" } });
        let event = json!({
            "Records": [record("300000000000000000001", "state"), deleted, record("300000000000000000003", "profile")],
            "shardId": "shardId-1", "window": {}, "state": {}, "isFinalInvokeForWindow": false
        });
        let (shard, rows) = read(event, false).unwrap();
        assert_eq!(shard, "shardId-1");
        let [(number, row)] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!((*number, row.revision, &*row.body), (300_000_000_000_000_000_001, 7, &b"{}"[..]));
        assert_eq!(row.key, Key::new("con/con_a", "state"));
    }

    #[test]
    fn a_body_that_was_packed_is_unpacked() {
        let mut event = json!({ "Records": [record("1", "state")], "shardId": "s" });
        let image = &mut event["Records"][0]["dynamodb"]["NewImage"];
        image["z"] = json!({ "B": STANDARD.encode(packed::pack(b"{\"revision\":7}").unwrap()) });
        image.as_object_mut().unwrap().remove("b");
        assert_eq!(&*read(event, false).unwrap().1[0].1.body, b"{\"revision\":7}");
    }

    #[test]
    fn a_batch_without_a_shard_is_refused_unless_there_is_only_one() {
        let event = || json!({ "Records": [record("1", "state")] });
        assert_eq!(read(event(), false), Err(StreamError::NoShard));
        assert_eq!(read(event(), true).unwrap().1.len(), 1);
    }

    #[test]
    fn a_row_that_is_none_of_ours_stops_the_batch() {
        let mut foreign = record("5", "state");
        foreign["dynamodb"]["NewImage"]["b"] = json!({ "L": [] });
        assert_eq!(read(json!({ "Records": [foreign], "shardId": "s" }), false), Err(StreamError::NoRow(5)));
    }

    #[test]
    fn the_last_invocation_of_a_window_may_be_empty() {
        let event = json!({ "shardId": "s", "isFinalInvokeForWindow": true, "state": {} });
        assert_eq!(read(event, false).unwrap().1, []);
    }
}
