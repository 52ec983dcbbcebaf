//! EventBridge Scheduler: ring the alarms of a minute; the sweep.

use flusso_aws::start::start;
use flusso_entrypoints::lambda::{self, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (app, config) = start().await?.app();
    lambda::wake(app, &config.stage).await
}
