//! `/v1/mailbox`: what was handed over on this machine and stays there: mail, unless it goes to a server, and SMS,
//! WhatsApp messages and audiences.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use flusso_app::ports::channel::Detail;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Moment, Page, PageQuery};
use crate::input::{Asked, Id, page_size};
use crate::options::{self, MailboxView};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_mail)).routes(routes!(get_mail))
}

/// A message in the mailbox.
#[derive(Serialize, ToSchema)]
struct Mail {
    /// Its number, in the order of arrival.
    seq: u64,
    /// The id of the message: what an event names as `data.send`.
    send: String,
    /// When it arrived.
    at: Moment,
    /// By what it would have gone out: `email`, `sms`, `whatsapp` or `audience`.
    channel: String,
    /// The recipient: an address, a number, or the name of an audience.
    to: String,
    /// The sender.
    from: String,
    /// The subject.
    subject: String,
    /// The plain text.
    text: String,
    /// The HTML, of an e-mail; lists leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    /// Further headers, such as `List-Unsubscribe`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    /// Of a WhatsApp template its name, language and values; of an audience who joins or leaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    detail: Option<Value>,
}

/// The messages that stay here, the latest first
#[utoipa::path(
    get, path = "/v1/mailbox", tag = "local", params(PageQuery),
    responses(
        (status = 200, body = Page<Mail>),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "`mailbox.none`: nothing stays here"),
    ),
)]
async fn list_mail(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<Mail>>, Problem> {
    let limit = page_size(asked.limit)?;
    let unreadable =
        |_| Problem::invalid("cursor", "cursor.unreadable", "give the `cursor` of the page before");
    let before = asked.cursor.map(|cursor| cursor.parse()).transpose().map_err(unreadable)?;
    let mut mails = mailbox(&door)?.page(before, limit + 1).map_err(Problem::unavailable)?;
    let more = mails.len() > limit;
    mails.truncate(limit);
    let cursor = mails.last().filter(|_| more).map(|mail| mail.seq.to_string());
    let definitions = door.app.definitions().await?;
    let items = mails.into_iter().map(|mail| Mail { html: None, ..Mail::of(mail, &definitions) });
    Ok(Json(Page { items: items.collect(), cursor }))
}

/// One message of the mailbox
#[utoipa::path(
    get, path = "/v1/mailbox/{seq}", tag = "local",
    params(("seq" = u64, Path, description = "Its number")),
    responses((status = 200, body = Mail)),
)]
async fn get_mail(State(door): State<Door>, Id(seq): Id) -> Result<Json<Mail>, Problem> {
    let mail = mail(&door, &seq)?;
    Ok(Json(Mail::of(mail, &*door.app.definitions().await?)))
}

/// One mail by its number, as somebody wrote it.
pub(crate) fn mail(door: &Door, seq: &str) -> Result<options::Mail, Problem> {
    let mailbox = mailbox(door)?;
    let found = seq.parse().ok().map(|seq| mailbox.mail(seq)).transpose().map_err(Problem::unavailable)?;
    found.flatten().ok_or_else(|| Problem::not_found("mail.unknown", "there is no such mail in the mailbox"))
}

fn mailbox(door: &Door) -> Result<&dyn MailboxView, Problem> {
    let none = || Problem::not_found("mailbox.none", "nothing stays here: messages go to their providers");
    door.options.mailbox.as_deref().ok_or_else(none)
}

impl Mail {
    fn of(mail: options::Mail, definitions: &flusso_app::engine::definitions::Definitions) -> Self {
        let options::Mail { seq, send, at, via, to, from, subject, text, html, headers, detail } = mail;
        let (at, headers) = (Moment::of(at, definitions), headers.into_iter().collect());
        let detail = if detail == Detail::Plain { None } else { serde_json::to_value(detail).ok() };
        Self { seq, send, at, channel: via.to_string(), to, from, subject, text, html, headers, detail }
    }
}
