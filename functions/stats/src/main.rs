//! The table's stream: the counters behind every number.

use flusso_aws::start::start;
use flusso_aws::stream;
use flusso_entrypoints::lambda::{self, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (app, config) = start().await?.app();
    lambda::stats(app, &config.stage, |event| stream::read(event, config.single_shard)).await
}
