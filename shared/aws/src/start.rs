//! Puts the program together on AWS: once, while a function starts.

use std::sync::Arc;

use aws_config::SdkConfig;
use flusso_app::metrics::Metrics;
use flusso_app::ports::channel::NoProvider;
use flusso_app::ports::tokens::RandomTokens;
use flusso_app::table::Table;
use flusso_app::{App, Ports};
use flusso_store::clock::Clock;
use flusso_webhook::{Reach, Webhook};

use crate::asked::CountRequests;
use crate::checkup::AwsCheckup;
use crate::clock::{SystemClock, TestClock};
use crate::config::{Config, ConfigError};
use crate::mail::SesMail;
use crate::queue::SqsQueue;
use crate::secrets::{SecretsError, load};
use crate::table::DynamoTable;
use crate::timer::Schedules;

/// Why a function can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its environment is not what the template gives.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its secrets can't be had.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

/// The program, and what it was told. The call to SSM also loads what TLS needs, while starting is all that happens.
pub async fn start() -> Result<(App, Config), StartError> {
    let config = Config::from_env()?;
    let app = app(&crate::sdk::load().await, &config).await?;
    Ok((app, config))
}

/// The program of a deployment, by clients that share what `sdk` says.
pub async fn app(sdk: &SdkConfig, config: &Config) -> Result<App, StartError> {
    let secrets = load(&aws_sdk_ssm::Client::new(sdk), &config.secrets_path).await?;
    let metrics: Arc<Metrics> = Arc::default();
    let count = || CountRequests(metrics.clone());
    let rows = aws_sdk_dynamodb::config::Builder::from(sdk).interceptor(count()).build();
    let rows = aws_sdk_dynamodb::Client::from_conf(rows);
    let queue = aws_sdk_sqs::config::Builder::from(sdk).interceptor(count()).build();
    let timer = aws_sdk_scheduler::config::Builder::from(sdk).interceptor(count()).build();
    let named =
        |name: &str, clock| Arc::new(DynamoTable::new(rows.clone(), name, clock).reporting(metrics.clone()));
    let table = |clock| named(&config.table, clock);
    let clock: Arc<dyn Clock> = if config.test_clock {
        // What moves it is no work of the program.
        let rows = DynamoTable::new(aws_sdk_dynamodb::Client::new(sdk), &config.table, Arc::new(SystemClock));
        Arc::new(TestClock::new(Arc::new(rows)))
    } else {
        Arc::new(SystemClock)
    };
    let before = config.table_before.as_deref().map(|name| named(name, clock.clone()));
    Ok(App::new(Ports {
        table: table(clock.clone()),
        queue: Arc::new(SqsQueue::new(aws_sdk_sqs::Client::from_conf(queue), config.queues.clone())),
        timer: Arc::new(Schedules::new(aws_sdk_scheduler::Client::from_conf(timer), clock.clone(), config)),
        email: Arc::new(SesMail::new(sdk, clock.clone(), config, count())),
        outbox: Arc::new(NoProvider),
        webhook: Arc::new(Webhook::new(Reach::Public)),
        clock,
        tokens: Arc::new(RandomTokens),
        secrets: Arc::new(secrets),
        public_url: config.public_url.as_str().into(),
        mail_from: Some(config.mail_from.as_str().into()),
        metrics: metrics.clone(),
        installation: config.table.as_str().into(),
        before: before.map(|table| table as Arc<dyn Table>),
        checkup: Arc::new(AwsCheckup::new(sdk, config)),
    }))
}
