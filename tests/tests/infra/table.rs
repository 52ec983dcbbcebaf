//! The table and its stream: names of keys, what expires, and which images are counted.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Config, Credentials, Region};
use flusso_aws::clock::SystemClock;
use flusso_aws::table::DynamoTable;
use flusso_engine::ids::ContactId;
use flusso_engine::time::Instant;
use flusso_store::keys::state;
use flusso_store::table::{Key, Row, Table as _, When, Write};
use flusso_tests::metered::CROWD;
use serde_json::{Value, json};

use crate::{Template, assert_caught, assert_none};

/// When the row that is written expires, in seconds.
const EXPIRES: i64 = 1_800_000_000;

#[test]
fn the_table_has_the_keys_that_are_written() {
    assert_none(&keys(&Template::of_the_repository(), &written()));
}

#[test]
fn another_name_is_caught() {
    let table = "Resources.Table.Properties";
    let item = written();
    assert_caught(
        |template| keys(template, &item),
        &[
            (&format!("{table}.TimeToLiveSpecification.AttributeName"), json!("x"), "expires by `x`"),
            (&format!("{table}.TimeToLiveSpecification.Enabled"), json!(false), "expires by"),
            (&format!("{table}.KeySchema.0.AttributeName"), json!("pk"), "its keys are"),
            (&format!("{table}.KeySchema.1.KeyType"), json!("HASH"), "its keys are"),
            (&format!("{table}.AttributeDefinitions.1.AttributeType"), json!("N"), "its keys are of"),
        ],
    );
}

#[test]
fn the_stream_is_read_as_it_is_counted() {
    assert_none(&stream(&Template::of_the_repository()));
}

#[test]
fn a_stream_that_miscounts_is_caught() {
    let source = "Resources.Stats.Properties.Events.Stream.Properties";
    let at = |path: &str| format!("{source}.{path}");
    let filter = |pattern: Value| json!({ "Filters": [{ "Pattern": pattern.to_string() }] });
    let of = |partition: &str, sort: &str| {
        filter(
            json!({ "dynamodb": { "Keys": { "p": { "S": [{ "prefix": partition }] }, "s": { "S": [sort] } } } }),
        )
    };
    assert_caught(
        stream,
        &[
            ("Resources.Table.Properties.StreamSpecification.StreamViewType", json!("KEYS_ONLY"), "no image"),
            ("Resources.Table.Properties.StreamSpecification", Value::Null, "no image"),
            (&at("TumblingWindowInSeconds"), Value::Null, "no shard"),
            (&at("TumblingWindowInSeconds"), json!(1), "no shard"),
            (&at("ParallelizationFactor"), json!(2), "one batch of a shard"),
            (&at("StartingPosition"), json!("LATEST"), "from its beginning"),
            (&at("BatchSize"), json!(1000), "100 images"),
            (&at("MaximumBatchingWindowInSeconds"), json!(10), "5 seconds"),
            (&at("FunctionResponseTypes"), Value::Null, "ReportBatchItemFailures"),
            (&at("MaximumRecordAgeInSeconds"), json!(86_400), "before the stream forgets"),
            (&at("DestinationConfig"), Value::Null, "before the stream forgets"),
            (&at("FilterCriteria"), of("ctc/", "state"), "passes a row of state over"),
            (&at("FilterCriteria"), of("con/", "profile"), "passes a row of state over"),
            (&at("FilterCriteria"), filter(json!({ "dynamodb": {} })), "passes a row of state over"),
            ("Resources.Stats.Properties.Events.Stream", Value::Null, "0 sources"),
        ],
    );
}

fn keys(template: &Template, item: &Value) -> Vec<String> {
    let table = template.properties("Table");
    let mut complaints = Vec::new();
    let expiry = &table["TimeToLiveSpecification"];
    let written = item[expiry["AttributeName"].as_str().unwrap_or_default()]["N"].as_str();
    // In seconds, rounded up.
    if expiry["Enabled"] != true || written != Some(&(EXPIRES + 1).to_string()) {
        complaints.push(format!(
            "the table expires by {}, a row is written as {item}",
            shown(&expiry["AttributeName"])
        ));
    }
    let names = [item_of(item, "one"), item_of(item, "two")];
    let schema = json!([
        { "AttributeName": names[0], "KeyType": "HASH" },
        { "AttributeName": names[1], "KeyType": "RANGE" },
    ]);
    if table["KeySchema"] != schema {
        complaints.push(format!("its keys are {}, a row is written by {names:?}", table["KeySchema"]));
    }
    let defined = names.map(|name| json!({ "AttributeName": name, "AttributeType": "S" }));
    if table["AttributeDefinitions"] != json!(defined) {
        complaints.push(format!("its keys are of {}, not text", table["AttributeDefinitions"]));
    }
    complaints
}

fn shown(name: &Value) -> String {
    format!("`{}`", name.as_str().unwrap_or_default())
}

/// The attribute that holds this text.
fn item_of(item: &Value, text: &str) -> String {
    let mut attributes = item.as_object().unwrap().iter();
    attributes.find(|(_, value)| value["S"] == text).map(|(name, _)| name.clone()).unwrap()
}

/// A row that expires, as the adapter sends it to DynamoDB.
fn written() -> Value {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heard = std::thread::spawn(move || hear(listener.accept().unwrap().0));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = runtime.block_on(async {
        // Without a provider of TLS: the address is not https.
        let sdk = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .http_client(flusso_aws::sdk::load().http_client().unwrap())
            .endpoint_url(format!("http://{address}"));
        Config::new(&sdk.load().await)
    });
    let table = DynamoTable::new(Client::from_conf(config), "flusso-test", Arc::new(SystemClock));
    let row = Row {
        key: Key::new("one", "two"),
        revision: 1,
        expires_at: Some(Instant::from_millis(EXPIRES * 1000)),
        body: b"{}".to_vec(),
    };
    runtime.block_on(table.commit(vec![Write::put(row, When::Absent)])).unwrap();
    heard.join().unwrap()["Item"].clone()
}

/// The body of one request, which is answered as if all went well.
fn hear(mut stream: TcpStream) -> Value {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).unwrap();
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request);
        let body = text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok());
        if let Some(body) = body {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").unwrap();
            return body;
        }
        assert!(read > 0, "the request ends: {text}");
    }
}

fn stream(template: &Template) -> Vec<String> {
    let mut complaints = Vec::new();
    let stats = &template.properties("Stats")["Events"];
    let sources: Vec<_> = stats.as_object().into_iter().flat_map(|sources| sources.values()).collect();
    let [source] = sources[..] else {
        return vec![format!("stats: {} sources, it needs the stream", sources.len())];
    };
    let source = &source["Properties"];
    let number = |name: &str| source[name].as_i64();
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            complaints.push(format!("the stream: {what}"));
        }
    };
    let view = &template.properties("Table")["StreamSpecification"]["StreamViewType"];
    expect(view == "NEW_IMAGE", "there is no image of what was committed in it, or more than that");
    let (window, waits) = (number("TumblingWindowInSeconds"), number("MaximumBatchingWindowInSeconds"));
    let has_window = window.is_some_and(|window| waits.is_none_or(|waits| waits <= window));
    expect(has_window, "no shard is named in an event without a tumbling window that holds a batch");
    expect(
        number("ParallelizationFactor").is_none_or(|many| many == 1),
        "only one batch of a shard at a time",
    );
    expect(source["StartingPosition"] == "TRIM_HORIZON", "it is read from its beginning");
    let is_counted_so = number("BatchSize") == i64::try_from(CROWD.images).ok();
    expect(is_counted_so, "a batch is 100 images, as the costs are counted");
    expect(waits.is_none_or(|waits| waits <= 5), "numbers are fresh within 5 seconds");
    let types = &source["FunctionResponseTypes"];
    expect(*types == json!(["ReportBatchItemFailures"]), "it answers with ReportBatchItemFailures");
    let is_named = !source["DestinationConfig"]["OnFailure"]["Destination"].is_null();
    let in_time = number("MaximumRecordAgeInSeconds").is_some_and(|age| age < 86_400);
    expect(is_named && in_time, "what can't be counted is named before the stream forgets it, after a day");
    expect(lets_through(source), "its filter passes a row of state over, or lets others through");
    complaints
}

/// Whether the filter lets through rows of state and nothing else of a contact.
fn lets_through(source: &Value) -> bool {
    let Some([filter]) = source["FilterCriteria"]["Filters"].as_array().map(Vec::as_slice) else {
        return false;
    };
    let pattern: Value =
        serde_json::from_str(filter["Pattern"].as_str().unwrap_or_default()).unwrap_or_default();
    let keys = &pattern["dynamodb"]["Keys"];
    let key = state::key(&ContactId::new("con_abc"));
    let partition = keys["p"]["S"][0]["prefix"].as_str();
    partition.is_some_and(|prefix| key.partition.starts_with(prefix) && prefix.ends_with('/'))
        && keys["s"]["S"] == json!([key.sort])
}
