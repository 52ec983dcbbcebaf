//! The doors of the functions: what the Lambda runtime hands over, into use cases. Each function serves one of them for
//! as long as its process lives.

mod feedback;
mod gateway;
mod http;
mod queues;
mod summary;
mod wake;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use lambda_http::Adapter;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

pub use lambda_runtime::Error;

use crate::Options;
use crate::app::App;
use crate::app::table::Row;

/// Serves what visitors of the public addresses ask: forms and pages.
pub async fn visitors(app: App, stage: &str) -> Result<(), Error> {
    http(app, stage, |app| crate::visitors_router(app, Options::default())).await
}

/// Serves what the API has of one person, to machines and to people. While there is no owner, whoever signs in with the
/// address `first_owner` is one.
pub async fn contacts(app: App, stage: &str, first_owner: Option<&str>) -> Result<(), Error> {
    http(app, stage, |app| crate::contacts_router(app, owned(first_owner))).await
}

/// Serves what the API has of many people, in the same way.
pub async fn audience(app: App, stage: &str, first_owner: Option<&str>) -> Result<(), Error> {
    http(app, stage, |app| crate::audience_router(app, owned(first_owner))).await
}

/// Serves the rest of the API, in the same way.
pub async fn api(app: App, stage: &str, first_owner: Option<&str>) -> Result<(), Error> {
    http(app, stage, |app| crate::admin_router(app, owned(first_owner))).await
}

fn owned(first_owner: Option<&str>) -> Options {
    Options { first_owner: first_owner.map(Into::into), ..Options::default() }
}

/// Serves HTTP requests by the routes of `router`: of all, those that the gateway lets through to this function.
async fn http(app: App, stage: &str, router: impl FnOnce(Arc<App>) -> Router) -> Result<(), Error> {
    log();
    let app = Arc::new(app);
    let router = router(app.clone());
    let door = Adapter::from(http::Summed { router, app, stage: stage.into() });
    lambda_runtime::run(service_fn(move |event| gateway::answer(door.clone(), event))).await
}

/// Serves the events queues.
pub async fn events(app: App, stage: &str) -> Result<(), Error> {
    serve(app, stage, queues::events).await
}

/// Serves the steps queues.
pub async fn steps(app: App, stage: &str) -> Result<(), Error> {
    serve(app, stage, queues::steps).await
}

/// Serves the queue of jobs.
pub async fn jobs(app: App, stage: &str) -> Result<(), Error> {
    serve(app, stage, queues::jobs).await
}

/// Serves the schedules: minutes to ring, and the sweep.
pub async fn wake(app: App, stage: &str) -> Result<(), Error> {
    serve(app, stage, wake::wake).await
}

/// Serves the notifications of the mail provider.
pub async fn feedback(app: App, stage: &str) -> Result<(), Error> {
    serve(app, stage, feedback::feedback).await
}

/// Serves the table's stream, of which `read` knows the form: a shard, and the rows that were committed in it.
pub async fn stats<R>(
    app: App,
    stage: &str,
    read: impl Fn(Value) -> Result<(String, Vec<(u128, Row)>), R>,
) -> Result<(), Error>
where
    R: Into<Error>,
{
    serve(app, stage, |app: Arc<App>, event: Value| {
        let committed = read(event).map_err(Into::into);
        async move {
            let (shard, rows) = committed?;
            // All of a batch is counted or none of it: what fails comes again whole.
            app.handle_changes(&shard, &rows).await?;
            Ok(json!({ "state": {}, "batchItemFailures": [] }))
        }
    })
    .await
}

/// Serves one kind of invocation.
async fn serve<I, O, F>(app: App, stage: &str, handle: impl Fn(Arc<App>, I) -> F) -> Result<(), Error>
where
    I: DeserializeOwned,
    O: Serialize,
    F: Future<Output = Result<O, Error>>,
{
    log();
    let (app, handle) = (Arc::new(app), &handle);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<I>| {
        let app = app.clone();
        async move {
            app.refresh_clock().await?;
            let answer = handle(app.clone(), event.payload).await;
            summary::print(&app, stage);
            answer
        }
    }))
    .await
}

/// JSON lines, warnings and worse unless the environment says otherwise.
fn log() {
    // By targets and levels alone: filters that look into spans would bring the tables of regular expressions along.
    let named = std::env::var("RUST_LOG").ok().and_then(|named| named.parse::<Targets>().ok());
    let filter = named.unwrap_or_else(|| Targets::new().with_default(LevelFilter::WARN));
    let lines = tracing_subscriber::fmt::layer().json().with_current_span(false);
    // A second subscriber in one process is a test's: the first one stays.
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
}
