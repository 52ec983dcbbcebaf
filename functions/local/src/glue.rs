//! Fits the platform to the program: each side has a trait of its own, and neither knows the other.

use std::sync::Arc;

use async_trait::async_trait;
use flusso_entrypoints::app::App;
use flusso_entrypoints::app::engine::time::Millis;
use flusso_entrypoints::app::ports::queue::{Delivery, Lane};
use flusso_entrypoints::app::table::Row;
use flusso_entrypoints::options::{ClockControl, Mail, MailboxView, Moved};
use flusso_local::clock::LocalClock;
use flusso_local::mailbox::{self, Mailbox};
use flusso_local::runtime::{Handlers, Outcomes};

/// The one shard of this platform's changes.
const SHARD: &str = "local";

/// The program, as the platform's loops call it.
pub(crate) struct Program(pub(crate) Arc<App>);

#[async_trait]
impl Handlers for Program {
    async fn events(&self, lane: Lane, batch: Vec<Delivery>) -> Outcomes {
        self.0.handle_events(lane, batch).await
    }

    async fn steps(&self, lane: Lane, batch: Vec<Delivery>) -> Outcomes {
        self.0.handle_steps(lane, batch).await
    }

    async fn jobs(&self, batch: Vec<Delivery>) -> Outcomes {
        self.0.handle_jobs(batch).await
    }

    async fn ring_minute(&self, minute: i64) -> Result<(), String> {
        self.0.ring_minute(minute).await.map_err(|error| error.to_string())
    }

    async fn sweep(&self) -> Result<(), String> {
        self.0.sweep().await.map_err(|error| error.to_string())
    }

    async fn changes(&self, rows: Vec<(u64, Row)>) -> Result<u64, String> {
        let batch: Vec<_> = rows.into_iter().map(|(sequence, row)| (u128::from(sequence), row)).collect();
        let through = self.0.handle_changes(SHARD, &batch).await.map_err(|error| error.to_string())?;
        u64::try_from(through).map_err(|error| error.to_string())
    }
}

/// The platform's clock, as the door moves it.
pub(crate) struct Movable(pub(crate) Arc<LocalClock>);

impl ClockControl for Movable {
    fn advance(&self, by: Millis) -> Moved<'_> {
        Box::pin(async move { self.0.advance(by).await.map_err(|error| error.to_string()) })
    }
}

/// The platform's mailbox, as the door shows it.
pub(crate) struct Shown(pub(crate) Arc<Mailbox>);

impl MailboxView for Shown {
    fn page(&self, before: Option<u64>, limit: usize) -> Result<Vec<Mail>, String> {
        let mails = self.0.page(before, limit).map_err(|error| error.to_string())?;
        Ok(mails.into_iter().map(shown).collect())
    }

    fn mail(&self, seq: u64) -> Result<Option<Mail>, String> {
        let mails = self.page(Some(seq.saturating_add(1)), 1)?;
        Ok(mails.into_iter().find(|mail| mail.seq == seq))
    }
}

fn shown(mail: mailbox::Mail) -> Mail {
    let mailbox::Mail { seq, send, at, to, from, subject, text, html, headers, via, detail, .. } = mail;
    Mail { seq, send, at, via, to, from, subject, text, html, headers, detail }
}
