//! The queue of jobs: what is done to many contacts, chunk by chunk.

use flusso_aws::start::start;
use flusso_entrypoints::lambda::{self, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (app, config) = start().await?.filing().app();
    lambda::jobs(app, &config.stage).await
}
