//! API Gateway: the API for people and programs.

use flusso_aws::start::start;
use flusso_entrypoints::lambda::{self, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (app, config) = start().await?.checking().filing().app();
    lambda::api(app, &config.stage, config.first_owner.as_deref()).await
}
