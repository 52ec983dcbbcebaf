//! Puts the program together on AWS: once, while a function starts.

use std::sync::Arc;

use aws_config::SdkConfig;
use flusso_app::metrics::Metrics;
use flusso_app::ports::blobs::NoBlobs;
use flusso_app::ports::channel::NoProvider;
use flusso_app::ports::checkup::NothingToTell;
use flusso_app::ports::tokens::RandomTokens;
use flusso_app::table::Table;
use flusso_app::{App, Ports};
use flusso_store::clock::Clock;
use flusso_webhook::{Reach, Webhook};

use crate::asked::CountRequests;
use crate::blobs::S3Blobs;
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

/// A function while it starts. What most functions have no use for comes in by name, so that the others are built
/// without it: their processes are smaller, and start sooner.
pub struct Start {
    sdk: SdkConfig,
    config: Config,
    ports: Ports,
}

/// A function that is told by its environment what to do. The call to SSM also loads what TLS needs, while starting is
/// all that happens.
pub async fn start() -> Result<Start, StartError> {
    let config = Config::from_env()?;
    Start::new(crate::sdk::load(), config).await
}

impl Start {
    /// By clients that share what `sdk` says.
    pub async fn new(sdk: SdkConfig, config: Config) -> Result<Self, StartError> {
        let secrets = load(&sdk, &config.secrets_path).await?;
        let metrics: Arc<Metrics> = Arc::default();
        let count = || CountRequests(metrics.clone());
        let rows = aws_sdk_dynamodb::config::Builder::from(&sdk).interceptor(count()).build();
        let rows = aws_sdk_dynamodb::Client::from_conf(rows);
        let queue = aws_sdk_sqs::config::Builder::from(&sdk).interceptor(count()).build();
        let queue = aws_sdk_sqs::Client::from_conf(queue);
        let timer = aws_sdk_scheduler::config::Builder::from(&sdk).interceptor(count()).build();
        let timer = aws_sdk_scheduler::Client::from_conf(timer);
        let table = |name: &str, clock| {
            Arc::new(DynamoTable::new(rows.clone(), name, clock).reporting(metrics.clone()))
        };
        let clock: Arc<dyn Clock> = if config.test_clock {
            // What moves it is no work of the program.
            let rows =
                DynamoTable::new(aws_sdk_dynamodb::Client::new(&sdk), &config.table, Arc::new(SystemClock));
            Arc::new(TestClock::new(Arc::new(rows)))
        } else {
            Arc::new(SystemClock)
        };
        let before = config.table_before.as_deref().map(|name| table(name, clock.clone()));
        let ports = Ports {
            table: table(&config.table, clock.clone()),
            queue: Arc::new(SqsQueue::new(queue, config.queues.clone())),
            timer: Arc::new(Schedules::new(timer, clock.clone(), &config)),
            email: Arc::new(NoProvider),
            outbox: Arc::new(NoProvider),
            webhook: Arc::new(NoProvider),
            blobs: Arc::new(NoBlobs),
            clock,
            tokens: Arc::new(RandomTokens),
            secrets: Arc::new(secrets),
            public_url: config.public_url.as_str().into(),
            mail_from: Some(config.mail_from.as_str().into()),
            metrics: metrics.clone(),
            installation: config.table.as_str().into(),
            before: before.map(|table| table as Arc<dyn Table>),
            traces: Arc::new(flusso_app::ports::traces::NoTraces),
            checkup: Arc::new(NothingToTell),
        };
        Ok(Self { sdk, config, ports })
    }

    /// It hands messages over: the steps queues come to it.
    #[must_use]
    pub fn sending(mut self) -> Self {
        let (clock, count) = (self.ports.clock.clone(), CountRequests(self.ports.metrics.clone()));
        self.ports.email = Arc::new(SesMail::new(&self.sdk, clock, &self.config, count));
        self.ports.webhook = Arc::new(Webhook::new(Reach::Public));
        self
    }

    /// It takes and gives files.
    #[must_use]
    pub fn filing(mut self) -> Self {
        self.ports.blobs = Arc::new(S3Blobs::new(&self.sdk, &self.config.bucket));
        self
    }

    /// It is asked how the installation is.
    #[must_use]
    pub fn checking(mut self) -> Self {
        self.ports.checkup = Arc::new(AwsCheckup::new(&self.sdk, &self.config));
        self
    }

    /// The program, and what it was told.
    pub fn app(self) -> (App, Config) {
        (App::new(self.ports), self.config)
    }
}
