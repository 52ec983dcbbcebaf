//! API Gateway: the rest of the API.

use flusso_aws::start::start;
use flusso_entrypoints::lambda::{self, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (app, config) = start().await?.checking().app();
    lambda::api(app, &config.stage, config.first_owner.as_deref()).await
}
