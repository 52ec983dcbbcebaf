//! The mailbox: what was sent, and buttons for what its recipient might do.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{Html, Redirect};
use flusso_app::accept::EventDraft;
use flusso_app::engine::calendar::{Duration, Unit};
use flusso_app::engine::definitions::Definitions;
use flusso_app::engine::ids::SendId;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{foot, page};
use crate::api;
use crate::input::{Asked, Id};
use crate::negotiate::language;
use crate::options::Mail;
use crate::words::Words;
use crate::{Door, Problem};

/// Mails on a page.
const PAGE: usize = 20;
/// The source of what is done by the buttons.
const SOURCE: &str = "mailbox";

/// Which page of the mailbox, and what was just done.
#[derive(Deserialize)]
pub(super) struct Query {
    before: Option<u64>,
    done: Option<String>,
}

pub(super) async fn list(
    State(door): State<Door>,
    Asked(asked): Asked<Query>,
    headers: HeaderMap,
) -> Result<Html<String>, Problem> {
    let language = language(&headers);
    let mut mails = match &door.options.mailbox {
        Some(mailbox) => mailbox.page(asked.before, PAGE + 1).map_err(Problem::unavailable)?,
        None => Vec::new(),
    };
    let more = mails.len() > PAGE;
    mails.truncate(PAGE);
    let definitions = door.app.definitions().await?;
    let older = mails.last().filter(|_| more).map(|mail| mail.seq);
    let elsewhere = door.options.local.as_ref().and_then(|local| local.mail_goes_to.clone());
    let context = json!({
        "mails": mails.iter().map(|mail| parts(mail, language.words(), &definitions)).collect::<Vec<_>>(),
        "older": older,
        "latest": asked.before.is_some(),
        "elsewhere": elsewhere,
        "done": done(asked.done.as_deref(), language.words()),
        "foot": foot(&door, language, &definitions),
    });
    Ok(page("mailbox.html", language, context))
}

pub(super) async fn show(
    State(door): State<Door>,
    Id(seq): Id,
    Asked(asked): Asked<Query>,
    headers: HeaderMap,
) -> Result<Html<String>, Problem> {
    let language = language(&headers);
    let mail = api::mail(&door, &seq)?;
    let definitions = door.app.definitions().await?;
    let contact = SendId::new(mail.send.as_str()).contact();
    let context = json!({
        "mail": parts(&mail, language.words(), &definitions),
        "contact": contact.map(|contact| contact.to_string()),
        "movable": door.options.clock.is_some(),
        "done": done(asked.done.as_deref(), language.words()),
        "foot": foot(&door, language, &definitions),
    });
    Ok(page("mail.html", language, context))
}

pub(super) async fn open(State(door): State<Door>, Id(seq): Id) -> Result<Redirect, Problem> {
    happen(&door, &seq, "email.opened").await?;
    Ok(Redirect::to(&format!("/mailbox/{seq}?done=opened")))
}

pub(super) async fn reply(State(door): State<Door>, Id(seq): Id) -> Result<Redirect, Problem> {
    happen(&door, &seq, "email.replied").await?;
    Ok(Redirect::to(&format!("/mailbox/{seq}?done=replied")))
}

pub(super) async fn later(State(door): State<Door>, Id(_): Id) -> Result<Redirect, Problem> {
    let day = Duration::new(1, Unit::Days).map_err(|problem| Problem::unavailable(problem.to_string()))?;
    api::advance(&door, day).await?;
    Ok(Redirect::to("/mailbox?done=later"))
}

/// Tells the program what the recipient of a mail did.
async fn happen(door: &Door, seq: &str, kind: &str) -> Result<(), Problem> {
    let mail = api::mail(door, seq)?;
    let data = Map::from_iter([("send".to_owned(), Value::from(mail.send))]);
    let draft = EventDraft { kind: kind.to_owned(), data, ..EventDraft::default() };
    door.app.accept_events(SOURCE, vec![draft], None).await?;
    Ok(())
}

fn parts(mail: &Mail, words: &Words, definitions: &Definitions) -> Value {
    let Mail { seq, send: _, at, to, from, subject, text, headers: _ } = mail;
    let at = words.moment(*at, definitions);
    json!({ "seq": seq, "at": at, "to": to, "from": from, "subject": subject, "text": text })
}

fn done(what: Option<&str>, words: &Words) -> Option<&'static str> {
    match what? {
        "opened" => Some(words.pages.done_opened),
        "replied" => Some(words.pages.done_replied),
        "later" => Some(words.pages.done_later),
        _ => None,
    }
}
