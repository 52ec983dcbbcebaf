//! What the local file keeps of people besides the rows: mails, messages that nobody could read, and pages that were
//! written over.

use std::sync::Arc;

use async_trait::async_trait;
use flusso_app::engine::ids::ContactId;
use flusso_app::ports::PortError;
use flusso_app::ports::traces::Traces;
use rusqlite::{Connection, params};

use crate::sqlite::Store;

const OF_MAILBOX: &str = "DELETE FROM mailbox WHERE send LIKE 'snd\\_' || ?1 || '\\_%' ESCAPE '\\'";
const MAILS_TO: &str = "DELETE FROM mailbox WHERE lower(recipient) LIKE '%' || ?1 || '%' ESCAPE '\\'";
const DEAD: &str = "DELETE FROM dead_letters WHERE lower(body) LIKE '%' || ?1 || '%' ESCAPE '\\'";

const UNCOUNTED: &str = "SELECT 1 FROM changes WHERE partition = 'con/con_' || ?1";

/// Forgets people in the local file.
pub struct LocalTraces(pub Arc<Store>);

#[async_trait]
impl Traces for LocalTraces {
    async fn forget(&self, contact: &ContactId, named: &[String]) -> Result<u64, PortError> {
        let unavailable =
            |error: crate::sqlite::StoreError| PortError { port: "traces", reason: error.to_string() };
        let own = contact.as_str().trim_start_matches("con_").to_owned();
        let named: Vec<String> = named.iter().map(|name| escaped(&name.to_lowercase())).collect();
        let pending = self.0.submit(0, move |connection| forget(connection, &own, &named));
        let removed = pending.answer().await.map_err(unavailable)?;
        let Some(removed) = removed else {
            return Err(PortError {
                port: "traces",
                reason: "its last changes are not counted yet".to_owned(),
            });
        };
        let store = Arc::clone(&self.0);
        let emptied = tokio::task::spawn_blocking(move || store.checkpoint()).await;
        emptied
            .map_err(|error| PortError { port: "traces", reason: error.to_string() })?
            .map_err(unavailable)?;
        Ok(removed as u64)
    }
}

/// How many were removed; none if images of the contact's row still wait to be counted, which can't be dropped.
fn forget(connection: &Connection, own: &str, named: &[String]) -> rusqlite::Result<Option<usize>> {
    if connection.prepare_cached(UNCOUNTED)?.exists(params![own])? {
        return Ok(None);
    }
    let mut removed = connection.prepare_cached(OF_MAILBOX)?.execute(params![own])?;
    for name in named.iter().filter(|name| !name.is_empty()) {
        removed += connection.prepare_cached(MAILS_TO)?.execute(params![name])?;
        removed += connection.prepare_cached(DEAD)?.execute(params![name])?;
    }
    Ok(Some(removed))
}

/// A text as a pattern that is found only where it stands itself.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
