//! What people do with their mail, as far as the account may note it: signed links, and a picture of one point. A link leads
//! only where we signed that it leads, and says nothing but which message it stood in.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flusso_engine::contact::Contact;
use flusso_engine::contact::consent::Channel;
use flusso_engine::contact::send::{Class, Send, Via};
use flusso_engine::definitions::Definitions;
use flusso_engine::event::{Event, Trust};
use flusso_engine::ids::{ContactId, SendId, base32, digest};
use flusso_engine::message::html::{before_end, escape, finish};
use flusso_engine::time::{Instant, Millis};
use serde_json::{Map, json};
use subtle::ConstantTimeEq as _;

use crate::ports::queue::Lane;
use crate::ports::secrets::SecretName;
use crate::queued::Message;
use crate::unsubscribe::sign;
use crate::{App, AppError};

/// Where links lie below the public address.
pub const LINK: &str = "/l";
/// Where pictures lie below the public address.
pub const PICTURE: &str = "/o";
/// The source of what is noted so: a word on a message, as a provider's.
const SOURCE: &str = "provider:tracking";
/// Longer addresses are not counted: they would not fit into a link.
const LONGEST: usize = 1_500;

/// A link of a message, or its picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    send: SendId,
    contact: ContactId,
    /// When the message went.
    pub sent_at: Instant,
    /// Where the link leads; none of the picture.
    pub url: Option<String>,
}

/// Who has done something, as far as it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A person.
    Human,
    /// A program.
    Machine,
    /// Nobody knows.
    Unknown,
}

impl Who {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Machine => "machine",
            Self::Unknown => "unknown",
        }
    }
}

impl App {
    /// The HTML of a message as it goes out: its links say where they come from and are counted, and its picture says that
    /// it was opened, as far as the account wants it and the contact agreed. `own` are links that stay as they are.
    pub(crate) fn tracked(
        &self,
        html: &str,
        definitions: &Definitions,
        contact: &Contact,
        (id, send): (&SendId, &Send),
        own: &[&str],
    ) -> String {
        let account = &definitions.account;
        let outside = send.channel == Via::Email && send.class != Class::Internal;
        let tracked = outside && account.tracking.allows(contact, Channel::Email);
        let at = contact.state.last_now;
        let html = finish(html, |url| {
            let is_page = url.starts_with("https://") || url.starts_with("http://");
            if !outside || !is_page || own.contains(&url) {
                return None;
            }
            let named = if account.tracking.utm { with_utm(url, send) } else { url.to_owned() };
            let counted = if tracked { self.link(LINK, id, at, Some(&named)) } else { None };
            Some(counted.unwrap_or(named))
        });
        let Some(picture) = self.link(PICTURE, id, at, None).filter(|_| tracked) else { return html };
        let mut image = "<img src=\"".to_owned();
        escape(&mut image, &picture);
        image.push_str("\" width=\"1\" height=\"1\" alt=\"\">");
        before_end(html, &image)
    }

    fn link(&self, path: &str, send: &SendId, at: Instant, url: Option<&str>) -> Option<String> {
        let public = self.ports.public_url.trim_end_matches('/');
        let url = url.unwrap_or_default();
        if public.is_empty() || url.len() > LONGEST {
            return None;
        }
        let secret = self.ports.secrets.current(SecretName::Unsubscribe);
        let (key, millis) = (&secret.key_id, at.millis());
        let signature = sign(&secret, &signed(path, send.as_str(), millis, url))?;
        let url = URL_SAFE_NO_PAD.encode(url);
        Some(format!("{public}{path}/{key}.{send}.{millis}.{url}.{signature}"))
    }

    /// Reads what stands behind the path of such an address.
    pub fn read_seen(&self, path: &str, token: &str) -> Result<Seen, AppError> {
        let read = || {
            let mut parts = token.split('.');
            let (key, send, millis) = (parts.next()?, parts.next()?, parts.next()?.parse::<i64>().ok()?);
            let (url, signature, None) = (parts.next()?, parts.next()?, parts.next()) else { return None };
            let url = String::from_utf8(URL_SAFE_NO_PAD.decode(url).ok()?).ok()?;
            let secret = self.ports.secrets.by_id(SecretName::Unsubscribe, key)?;
            let expected = sign(&secret, &signed(path, send, millis, &url))?;
            let is_ours = bool::from(expected.as_bytes().ct_eq(signature.as_bytes()));
            let send = SendId::new(send);
            let contact = send.contact().filter(|_| is_ours)?;
            let url = Some(url).filter(|url| !url.is_empty());
            Some(Seen { send, contact, sent_at: Instant::from_millis(millis), url })
        };
        read().ok_or_else(|| AppError::NotFound { what: "link", id: String::new() })
    }

    /// Notes that a message was opened, or a link of it followed: once for each link and sort of visitor. `rule` says by
    /// what it was told who did it.
    pub async fn note_seen(&self, seen: &Seen, who: Who, rule: &str) -> Result<(), AppError> {
        let Seen { send, contact, url, .. } = seen;
        let (now, class) = (self.now(), who.as_str());
        let mut data = Map::from_iter([
            ("send".to_owned(), json!(send.as_str())),
            ("class".to_owned(), json!(class)),
            ("rule".to_owned(), json!(rule)),
        ]);
        data.extend(url.as_ref().map(|url| ("url".to_owned(), json!(url))));
        let kind = if url.is_some() { "email.clicked" } else { "email.opened" };
        let which = base32(
            &digest(&["tracking", kind, send.as_str(), url.as_deref().unwrap_or_default(), class]),
            26,
        );
        let event = Event {
            source: SOURCE.into(),
            id: which.into(),
            kind: Arc::from(kind),
            occurred_at: now,
            received_at: now,
            data,
            trust: Trust::Public,
            ..Event::default()
        };
        let message = Message::Events { contact: Some(contact.clone()), events: vec![event] };
        Ok(self.ports.queue.send(vec![message.to(Lane::Fast, Millis(0))]).await?)
    }
}

/// What is signed: none but the last can have the separator in it.
fn signed(path: &str, send: &str, millis: i64, url: &str) -> String {
    format!("seen{path}.{send}.{millis}.{url}")
}

/// An address that says from which message it comes, unless it says so already.
fn with_utm(url: &str, send: &Send) -> String {
    let (page, fragment) = url.split_once('#').unwrap_or((url, ""));
    if page.contains("utm_source=") {
        return url.to_owned();
    }
    let part = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let (campaign, content) = (part(send.workflow.as_str()), part(send.step.as_str()));
    let joined = if page.contains('?') { '&' } else { '?' };
    let fragment = if fragment.is_empty() { String::new() } else { format!("#{fragment}") };
    format!(
        "{page}{joined}utm_source=flusso&utm_medium=email&utm_campaign={campaign}&utm_content={content}{fragment}"
    )
}
