//! The use cases: load, decide, commit, act. What a platform must provide is in [`ports`]; nothing here knows which
//! platform it is.

pub mod accept;
mod act;
mod apply;
mod asks;
pub mod audit;
pub mod auth;
pub mod campaign;
pub mod check;
pub mod code;
pub mod confirm;
pub mod contacts;
pub mod cost;
pub mod coupons;
pub mod define;
mod defined;
mod definitions;
pub mod demo;
pub mod directory;
mod doctor;
pub mod documents;
pub mod erase;
mod error;
mod events;
pub mod exports;
mod failpoint;
pub mod fields;
pub mod filter;
pub mod hand;
pub mod hidden;
pub mod imports;
pub mod jobs;
pub mod labels;
pub mod loyalty;
pub mod merge;
pub mod metrics;
pub mod parked;
mod perform;
mod pipelines;
pub mod ports;
pub mod preview_mail;
pub mod properties;
mod provided;
mod queued;
pub mod ready;
pub mod rehearse;
pub mod replay;
mod request;
pub mod restore;
pub mod rights;
mod schedules;
pub mod search;
pub mod segments;
pub mod simulate;
pub mod stats;
pub mod templates;
mod test_contact;
pub mod tracking;
pub mod unsubscribe;
mod users;
pub mod view;
mod visits;
mod wake;
pub mod workflows;

use std::sync::Arc;

pub use error::AppError;
pub use flusso_engine as engine;
use flusso_store::repository::Repository;
use flusso_store::table::Table;
pub use flusso_store::{keys, repository, table};
pub use wake::VERIFIED_AFTER;

use definitions::DefinitionsCache;
use metrics::Metrics;
use ports::Clock;
use ports::blobs::Blobs;
use ports::channel::Channel;
use ports::checkup::Checkup;
use ports::queue::Queue;
use ports::secrets::Secrets;
use ports::timer::Timer;
use ports::tokens::Tokens;
use ports::traces::Traces;

/// What a platform provides.
#[derive(Clone)]
pub struct Ports {
    /// The rows.
    pub table: Arc<dyn Table>,
    /// The queues.
    pub queue: Arc<dyn Queue>,
    /// The timer.
    pub timer: Arc<dyn Timer>,
    /// E-mail.
    pub email: Arc<dyn Channel>,
    /// SMS, WhatsApp and audiences.
    pub outbox: Arc<dyn Channel>,
    /// Calls of addresses on the web.
    pub webhook: Arc<dyn Channel>,
    /// Files.
    pub blobs: Arc<dyn Blobs>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Names of commits and claims.
    pub tokens: Arc<dyn Tokens>,
    /// Secrets.
    pub secrets: Arc<dyn Secrets>,
    /// The address under which people reach the public pages; empty if there is none.
    pub public_url: Arc<str>,
    /// The sender with which an account begins, if the platform knows one.
    pub mail_from: Option<Arc<str>>,
    /// What is counted of this instance's work, by the platform too.
    pub metrics: Arc<Metrics>,
    /// What this installation is called: rows that another one wrote are a copy, and start on hold.
    pub installation: Arc<str>,
    /// After a restore, the rows as they were before it, if they can still be read.
    pub before: Option<Arc<dyn Table>>,
    /// What the platform keeps of people besides the rows.
    pub traces: Arc<dyn Traces>,
    /// What the platform can tell of itself.
    pub checkup: Arc<dyn Checkup>,
}

/// The program: every use case, above the ports. One instance of each function has one of these.
pub struct App {
    repository: Repository,
    ports: Ports,
    definitions: DefinitionsCache,
    metrics: Arc<Metrics>,
    most_filtered: u64,
}

impl App {
    /// Above the ports of a platform.
    pub fn new(ports: Ports) -> Self {
        Self {
            repository: Repository::new(ports.table.clone()),
            metrics: ports.metrics.clone(),
            ports,
            definitions: DefinitionsCache::default(),
            most_filtered: filter::SEEN,
        }
    }

    /// The same, with a filter looking at so many contacts at once at most, before it is a job.
    #[must_use]
    pub fn filtering_at_most(self, contacts: u64) -> Self {
        Self { most_filtered: contacts, ..self }
    }

    /// What was counted of this instance's work.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The repository, for what only reads.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// A fresh token, such as a page gives a form so that it is taken once.
    pub fn fresh_token(&self) -> String {
        self.ports.tokens.token()
    }

    /// A fresh token that nobody guesses: at least 128 random bits.
    pub fn secret_token(&self) -> String {
        format!("{}{}", self.ports.tokens.token(), self.ports.tokens.token())
    }

    /// The address under which people reach the public pages; empty if there is none.
    pub fn public_url(&self) -> &str {
        &self.ports.public_url
    }

    /// Has the clock look where it stands; before each invocation, where it can be moved from outside.
    pub async fn refresh_clock(&self) -> Result<(), AppError> {
        self.ports.clock.refresh().await.map_err(AppError::Unavailable)
    }

    /// The present instant.
    pub fn now(&self) -> engine::time::Instant {
        self.ports.clock.now()
    }
}
