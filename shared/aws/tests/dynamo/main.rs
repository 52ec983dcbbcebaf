//! The table on DynamoDB: the contract and what goes wrong on the wire, with the real SDK against a stand-in of
//! DynamoDB. `make tools` installs it.
#![expect(clippy::unwrap_used, reason = "a test")]

mod billed;
mod errors;
mod proxy;
mod stand_in;

use flusso_store::conformance::{CASES, random};
use flusso_store::model::Memory;

use crate::stand_in::StandIn;

#[tokio::test]
async fn every_case() {
    let stand_in = StandIn::start();
    let subject = stand_in.subject("cases").await;
    for (name, case) in CASES {
        println!("{name}");
        case(subject.clone()).await;
    }
}

#[tokio::test]
async fn random_operations_agree_with_the_model() {
    let stand_in = StandIn::start();
    let subject = stand_in.subject("random").await;
    let model = Memory::new(subject.clock.clone());
    for seed in 0..20 {
        random(seed, 200, &subject, &model).await;
    }
}
