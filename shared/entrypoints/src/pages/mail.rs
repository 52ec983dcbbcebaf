//! The mailbox: what was sent and stays here, and buttons for what its recipient might do.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{Html, Redirect};
use flusso_app::accept::EventDraft;
use flusso_app::engine::calendar::{Duration, Unit};
use flusso_app::engine::definitions::Definitions;
use flusso_app::engine::ids::SendId;
use flusso_app::ports::channel::{Detail, Via};
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
    happen(&door, &seq, Did::Opened).await
}

pub(super) async fn reply(State(door): State<Door>, Id(seq): Id) -> Result<Redirect, Problem> {
    happen(&door, &seq, Did::Replied).await
}

pub(super) async fn click(State(door): State<Door>, Id(seq): Id) -> Result<Redirect, Problem> {
    happen(&door, &seq, Did::Clicked).await
}

pub(super) async fn deliver(State(door): State<Door>, Id(seq): Id) -> Result<Redirect, Problem> {
    happen(&door, &seq, Did::Delivered).await
}

pub(super) async fn fail(State(door): State<Door>, Id(seq): Id) -> Result<Redirect, Problem> {
    happen(&door, &seq, Did::NotDelivered).await
}

pub(super) async fn stop(State(door): State<Door>, Id(seq): Id) -> Result<Redirect, Problem> {
    happen(&door, &seq, Did::Stopped).await
}

pub(super) async fn later(State(door): State<Door>, Id(_): Id) -> Result<Redirect, Problem> {
    let day = Duration::new(1, Unit::Days).map_err(|problem| Problem::unavailable(problem.to_string()))?;
    api::advance(&door, day).await?;
    Ok(Redirect::to("/mailbox?done=later"))
}

/// What may become of a message, or its recipient may do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Did {
    Opened,
    Clicked,
    Replied,
    Delivered,
    NotDelivered,
    Stopped,
}

impl Did {
    const ALL: [Self; 6] =
        [Self::Delivered, Self::NotDelivered, Self::Opened, Self::Clicked, Self::Replied, Self::Stopped];

    /// What is offered of a message.
    fn offered(via: Via) -> Vec<Self> {
        let fits = |did: &Self| match via {
            Via::Email => matches!(did, Self::Opened | Self::Clicked | Self::Replied),
            Via::Sms => *did != Self::Opened,
            Via::Whatsapp => true,
            Via::Audience | Via::Webhook => false,
        };
        Self::ALL.into_iter().filter(fits).collect()
    }

    /// The last part of its address.
    fn path(self) -> &'static str {
        match self {
            Self::Opened => "open",
            Self::Clicked => "click",
            Self::Replied => "reply",
            Self::Delivered => "deliver",
            Self::NotDelivered => "fail",
            Self::Stopped => "stop",
        }
    }

    /// The event, after the channel.
    fn verb(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Clicked => "clicked",
            Self::Replied => "replied",
            Self::Delivered => "delivered",
            Self::NotDelivered => "not_delivered",
            Self::Stopped => "stopped",
        }
    }

    /// The button, and what is said once it was pressed.
    fn words(self, words: &Words) -> (&'static str, &'static str) {
        let pages = &words.pages;
        match self {
            Self::Opened => (pages.open, pages.done_opened),
            Self::Clicked => (pages.click, pages.done_clicked),
            Self::Replied => (pages.reply, pages.done_replied),
            Self::Delivered => (pages.deliver, pages.done_delivered),
            Self::NotDelivered => (pages.fail, pages.done_failed),
            Self::Stopped => (pages.stop, pages.done_stopped),
        }
    }
}

/// Tells the program what became of a message.
async fn happen(door: &Door, seq: &str, did: Did) -> Result<Redirect, Problem> {
    let mail = api::mail(door, seq)?;
    if !Did::offered(mail.via).contains(&did) {
        return Err(Problem::not_found("mail.unknown", "nobody can do that with this message"));
    }
    let mut data = Map::from_iter([("send".to_owned(), Value::from(mail.send))]);
    if did == Did::Clicked {
        data.extend(first_link(&mail.text).map(|link| ("url".to_owned(), link.into())));
    }
    let kind = format!("{}.{}", mail.via, did.verb());
    let draft = EventDraft { kind, data, ..EventDraft::default() };
    door.app.accept_events(SOURCE, vec![draft], None).await?;
    Ok(Redirect::to(&format!("/mailbox/{seq}?done={}", did.verb())))
}

/// The first address in a text.
fn first_link(text: &str) -> Option<&str> {
    let mut words = text.split(|c: char| c.is_whitespace() || "<>()\"".contains(c));
    words.find(|word| word.starts_with("https://") || word.starts_with("http://"))
}

fn parts(mail: &Mail, words: &Words, definitions: &Definitions) -> Value {
    let Mail { seq, send: _, at, via, to, from, subject, text, html: _, headers: _, detail } = mail;
    let at = words.moment(*at, definitions);
    let (title, values) = match detail {
        Detail::Approved { name, language, values } => (format!("{name} ({language})"), json!(values)),
        Detail::Audience { joins, .. } => {
            (if *joins { words.pages.joins } else { words.pages.leaves }.to_owned(), Value::Null)
        }
        Detail::Plain | Detail::Request { .. } if subject.is_empty() => (text.clone(), Value::Null),
        Detail::Plain | Detail::Request { .. } => (subject.clone(), Value::Null),
    };
    let buttons = Did::offered(*via).into_iter();
    let buttons: Vec<_> =
        buttons.map(|did| json!({ "path": did.path(), "text": did.words(words).0 })).collect();
    json!({
        "seq": seq, "at": at, "to": to, "from": from, "subject": title, "text": text, "values": values,
        "channel": words.channel(via.as_str()), "buttons": buttons,
    })
}

fn done(what: Option<&str>, words: &Words) -> Option<&'static str> {
    let what = what?;
    if what == "later" {
        return Some(words.pages.done_later);
    }
    Did::ALL.into_iter().find(|did| did.verb() == what).map(|did| did.words(words).1)
}
