//! The steps queues: perform one outside action, report its outcome.

use flusso_aws::start::start;
use flusso_entrypoints::lambda::{self, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (app, config) = start().await?.sending().app();
    lambda::steps(app, &config.stage).await
}
