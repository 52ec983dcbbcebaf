//! API Gateway: what the API has of many contacts at once, and the numbers behind them.

use flusso_aws::start::start;
use flusso_entrypoints::lambda::{self, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (app, config) = start().await?.filing().app();
    lambda::audience(app, &config.stage, config.first_owner.as_deref()).await
}
