//! What stays here instead of going out: handed over to a table of the local file and shown by the local pages. Mail, if
//! there is no server for it, and SMS, WhatsApp messages and audiences.

use std::sync::Arc;

use async_trait::async_trait;
use flusso_app::ports::channel::{Channel, Detail, HandedOver, Handover, Permit, Settled, Via};
use flusso_store::clock::Clock;
use flusso_store::time::Instant;
use rusqlite::{Connection, OptionalExtension, Params, params};
use serde::Serialize;

use crate::sqlite::{Store, StoreError};

const COLUMNS: &str = "seq, send, attempt, at, recipient, sender, subject, text, html, headers, via, detail";
const INSERT: &str = "INSERT INTO mailbox
    (send, attempt, at, recipient, sender, subject, text, html, headers, via, detail)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
const FENCE: &str = "INSERT OR IGNORE INTO mailbox_fences (send, attempt) VALUES (?1, ?2)";
const FENCED: &str = "SELECT 1 FROM mailbox_fences WHERE send = ?1 AND attempt = ?2";
const FIND: &str = "SELECT seq, at FROM mailbox WHERE send = ?1 AND attempt = ?2";

/// A channel that never loses a message and knows of each attempt what became of it.
pub struct Mailbox {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
}

/// A message that was handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// Its number, in the order of arrival.
    pub seq: u64,
    /// The id of the send.
    pub send: String,
    /// Which attempt of the send.
    pub attempt: u32,
    /// When it arrived.
    pub at: Instant,
    /// The recipient's address.
    pub to: String,
    /// The sender, as in the From header.
    pub from: String,
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML part, if there is one.
    pub html: Option<String>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// By what it would have gone out.
    pub via: Via,
    /// What it is besides its text.
    pub detail: Detail,
}

impl Mailbox {
    /// The mailbox in `store`.
    pub fn new(store: Arc<Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// At most `limit` mails, the latest first; with `before`, those that came before that number.
    pub fn page(&self, before: Option<u64>, limit: usize) -> Result<Vec<Mail>, StoreError> {
        let before = before.map_or(i64::MAX, u64::cast_signed);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.select("WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2", [before, limit])
    }

    /// The mails of one send, its attempts in order of arrival.
    pub fn by_send(&self, send: &str) -> Result<Vec<Mail>, StoreError> {
        self.select("WHERE send = ?1 ORDER BY seq", [send])
    }

    /// How many mails there are.
    pub fn count(&self) -> Result<u64, StoreError> {
        self.store.read(|connection| {
            let count: i64 =
                connection.prepare_cached("SELECT count(*) FROM mailbox")?.query_row([], |row| row.get(0))?;
            Ok(count.cast_unsigned())
        })
    }

    fn select(&self, rest: &str, params: impl Params) -> Result<Vec<Mail>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM mailbox {rest}");
        self.store.read(|connection| connection.prepare_cached(&sql)?.query_map(params, mail)?.collect())
    }
}

#[async_trait]
impl Channel for Mailbox {
    async fn permit(&self) -> Permit {
        Permit::Granted
    }

    async fn hand_over(&self, message: &Handover) -> HandedOver {
        let message = message.clone();
        let at = self.clock.now();
        let bytes = message.text.len() + message.html.as_ref().map_or(0, String::len);
        let pending = self.store.submit(bytes, move |connection| deliver(connection, &message, at));
        match pending.answer().await {
            Ok(handed_over) => handed_over,
            Err(StoreError::Unknown(_)) => HandedOver::Unknown { reason: "unknown_outcome".to_owned() },
            Err(_) => HandedOver::Refused { permanent: false, reason: "unavailable".to_owned() },
        }
    }

    async fn settle(&self, send: &str, attempt: u32) -> Settled {
        let send = send.to_owned();
        let pending = self.store.submit(0, move |connection| settle(connection, &send, attempt));
        pending.answer().await.unwrap_or(Settled::Unknown)
    }
}

fn deliver(connection: &Connection, message: &Handover, at: Instant) -> rusqlite::Result<HandedOver> {
    let Handover { send, attempt, via, class: _, to, from, subject, text, html, headers, detail } = message;
    if let Some((seq, _)) = find(connection, send, *attempt)? {
        return Ok(HandedOver::Accepted { provider_id: provider_id(seq) });
    }
    if connection.prepare_cached(FENCED)?.exists(params![send, attempt])? {
        return Ok(HandedOver::Refused { permanent: false, reason: "fenced".to_owned() });
    }
    let unfit = |error: serde_json::Error| rusqlite::Error::ToSqlConversionFailure(Box::new(error));
    let headers = serde_json::to_string(headers).map_err(unfit)?;
    let detail = serde_json::to_string(detail).map_err(unfit)?;
    let via = via.as_str();
    let values = params![send, attempt, at.millis(), to, from, subject, text, html, headers, via, detail];
    let seq = connection.prepare_cached(INSERT)?.insert(values)?;
    Ok(HandedOver::Accepted { provider_id: provider_id(seq) })
}

fn settle(connection: &Connection, send: &str, attempt: u32) -> rusqlite::Result<Settled> {
    if let Some((seq, at)) = find(connection, send, attempt)? {
        return Ok(Settled::Accepted { provider_id: provider_id(seq), at });
    }
    // From here on a performer that only stalled is refused: that makes the answer a proof.
    connection.prepare_cached(FENCE)?.execute(params![send, attempt])?;
    Ok(Settled::NotAccepted)
}

fn find(connection: &Connection, send: &str, attempt: u32) -> rusqlite::Result<Option<(i64, Instant)>> {
    connection
        .prepare_cached(FIND)?
        .query_row(params![send, attempt], |row| Ok((row.get(0)?, Instant::from_millis(row.get(1)?))))
        .optional()
}

fn provider_id(seq: i64) -> String {
    format!("mailbox-{seq}")
}

fn mail(row: &rusqlite::Row<'_>) -> rusqlite::Result<Mail> {
    let (headers, via, detail): (String, String, Option<String>) = (row.get(9)?, row.get(10)?, row.get(11)?);
    Ok(Mail {
        seq: row.get::<_, i64>(0)?.cast_unsigned(),
        send: row.get(1)?,
        attempt: row.get(2)?,
        at: Instant::from_millis(row.get(3)?),
        to: row.get(4)?,
        from: row.get(5)?,
        subject: row.get(6)?,
        text: row.get(7)?,
        html: row.get(8)?,
        headers: serde_json::from_str(&headers).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(9, rusqlite::types::Type::Text, Box::new(error))
        })?,
        via: Via::parse(&via).unwrap_or(Via::Email),
        detail: detail.and_then(|detail| serde_json::from_str(&detail).ok()).unwrap_or_default(),
    })
}
