//! Every function in one binary, for the local AWS: Lambda tells it by its name which one it is. What is delivered are
//! the binaries of `functions/`; this one is built quickly, and has failpoints.

use flusso_aws::start::start;
use flusso_aws::stream;
use flusso_entrypoints::lambda::{self, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let name = std::env::var("AWS_LAMBDA_FUNCTION_NAME")?;
    let role = name.rsplit('-').next().unwrap_or_default();
    let (app, config) = start().await?.sending().checking().filing().app();
    let stage = &config.stage;
    match role {
        "intake" => lambda::visitors(app, stage).await,
        "contacts" => lambda::contacts(app, stage, config.first_owner.as_deref()).await,
        "audience" => lambda::audience(app, stage, config.first_owner.as_deref()).await,
        "admin" => lambda::api(app, stage, config.first_owner.as_deref()).await,
        "triggers" => lambda::events(app, stage).await,
        "steps" => lambda::steps(app, stage).await,
        "jobs" => lambda::jobs(app, stage).await,
        "wake" => lambda::wake(app, stage).await,
        "feedback" => lambda::feedback(app, stage).await,
        "stats" => lambda::stats(app, stage, |event| stream::read(event, config.single_shard)).await,
        _ => Err(format!("`{name}` is no function of ours").into()),
    }
}
