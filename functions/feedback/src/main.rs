//! SES notifications.

use flusso_aws::start::start;
use flusso_entrypoints::lambda::{self, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (app, config) = start().await?.app();
    lambda::feedback(app, &config.stage).await
}
