//! API Gateway: forms that web sites post.

use flusso_aws::start::start;
use flusso_entrypoints::lambda::{self, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (app, config) = start().await?.filing().app();
    lambda::visitors(app, &config.stage).await
}
