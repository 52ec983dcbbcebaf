//! A deployment without `TestClock=on`: the row that moves the others' clock stands in its table, and moves nothing.

use std::sync::Arc;

use flusso_aws::clock::SystemClock;
use flusso_aws::table::DynamoTable;
use flusso_engine::time::{Instant, Millis};
use flusso_store::clock::Clock as _;
use serde_json::Value;

use crate::stack::{Api, Stack};

pub fn stands_still(stack: &Stack) {
    assert!(stack.place.deploy_stage("fixed", &["TestClock=off"]), "the stage is deployed");
    let config = stack.config_of("flusso-fixed-wake");
    assert!(!config.test_clock && stack.config.test_clock);
    let api = stack.runtime.block_on(Api::begin(&stack.sdk, &config));
    let rows = aws_sdk_dynamodb::Client::new(&stack.sdk);
    let rows = DynamoTable::new(rows, &config.table, Arc::new(SystemClock));
    stack.put_offset(&rows, Millis::hours(48));
    let off = |clock: &Value| {
        let now = Instant::parse(clock["now"]["utc"].as_str().unwrap()).unwrap();
        now.since(SystemClock.now())
    };
    let there = off(&api.ask("GET", "/v1/clock", ""));
    assert!(there <= Millis(0) && there > Millis::seconds(-10), "{there:?}");

    // The very same row where it counts.
    stack.settle();
    let before = stack.now();
    stack.set_clock(before.max(SystemClock.now() + Millis::hours(48)));
    let here = off(&stack.api("GET", "/v1/clock", ""));
    assert!(here > Millis::hours(47), "{here:?}");
}
