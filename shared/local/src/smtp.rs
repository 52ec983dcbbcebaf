//! Mail by an SMTP server. SMTP tells nothing afterwards, so what was left open stays unknown.

use std::time::Duration;

use async_trait::async_trait;
use flusso_app::ports::channel::{Channel, Class, HandedOver, Handover, Permit, Settled};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::Error;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

/// Well below the lease of a claim (90 s), so that no performer outlives its claim.
const PATIENCE: Duration = Duration::from_secs(30);

/// A channel to an SMTP server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    domain: String,
    allowed: Option<Vec<String>>,
    patience: Duration,
}

/// The URL of the server can't be used.
#[derive(Debug, thiserror::Error)]
#[error("the SMTP URL can't be used: {0}")]
pub struct SmtpUrlError(String);

impl Smtp {
    /// A channel to the server at `url`: `smtp://user:password@host:port?tls=required` (STARTTLS), `smtps://…`
    /// (TLS from the beginning) or `smtp://host:port` (none).
    ///
    /// `domain` stands in the Message-ID, `flusso.invalid` if there is none. `allowed` holds the addresses and the
    /// domains (`@example.org`) that mail may go to; `None` is everyone.
    pub fn new(
        url: &str,
        domain: Option<String>,
        allowed: Option<Vec<String>>,
    ) -> Result<Self, SmtpUrlError> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url);
        let builder = builder.map_err(|error| SmtpUrlError(error.to_string()))?;
        Ok(Self {
            transport: builder.timeout(Some(PATIENCE)).build(),
            domain: domain.unwrap_or_else(|| "flusso.invalid".to_owned()),
            allowed: allowed.map(|allowed| allowed.iter().map(|entry| entry.trim().to_lowercase()).collect()),
            patience: PATIENCE,
        })
    }

    /// The same channel with another time after which the server's answer is no longer waited for.
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    fn is_allowed(&self, to: &str) -> bool {
        let Some(allowed) = &self.allowed else { return true };
        let to = to.trim().to_lowercase();
        allowed.iter().any(|entry| {
            if entry.starts_with('@') {
                to.rfind('@').is_some_and(|at| to[at..] == *entry)
            } else {
                to == *entry
            }
        })
    }
}

#[async_trait]
impl Channel for Smtp {
    async fn permit(&self) -> Permit {
        Permit::Granted
    }

    async fn hand_over(&self, message: &Handover) -> HandedOver {
        if !self.is_allowed(&message.to) {
            return refused(true, "recipient_not_allowed");
        }
        let can_leave = message.headers.iter().any(|(name, _)| name == "List-Unsubscribe");
        if message.class == Class::Marketing && !can_leave {
            // Without a public address there is no way to unsubscribe.
            return refused(true, "marketing_without_unsubscribe");
        }
        let id = format!("<{}.{}@{}>", message.send, message.attempt, self.domain);
        let mail = match compose(message, id.clone()) {
            Ok(mail) => mail,
            Err(reason) => return refused(true, reason),
        };
        match tokio::time::timeout(self.patience, self.transport.send(mail)).await {
            Ok(Ok(_)) => HandedOver::Accepted { provider_id: id },
            Ok(Err(error)) => outcome(&error),
            Err(_) => HandedOver::Unknown { reason: "timeout".to_owned() },
        }
    }

    async fn settle(&self, _send: &str, _attempt: u32) -> Settled {
        Settled::Unknown
    }
}

fn refused(permanent: bool, reason: &str) -> HandedOver {
    HandedOver::Refused { permanent, reason: reason.to_owned() }
}

/// What an error proves. An answer of 4xx or 5xx, at whatever stage, says that the server did not take the mail
/// (RFC 5321, 4.2.1); without a connection it never saw it.
fn outcome(error: &Error) -> HandedOver {
    if let Some(code) = error.status() {
        return refused(error.is_permanent(), &format!("smtp_{code}"));
    }
    if error.is_tls() {
        return refused(false, "tls");
    }
    // The library itself gave up before the mail: no STARTTLS, no way to log in, no 8BITMIME.
    if error.is_client() {
        return refused(false, "smtp_setup");
    }
    // The library knows a failed connection from one that broke, and says so only in words; a test holds it to them.
    if error.to_string().starts_with("Connection error") {
        return refused(false, "connection");
    }
    let reason = if error.is_timeout() { "timeout" } else { "no_answer" };
    HandedOver::Unknown { reason: reason.to_owned() }
}

/// The mail, or why there can be none.
fn compose(message: &Handover, id: String) -> Result<Message, &'static str> {
    let to: Mailbox = message.to.parse().map_err(|_| "address_rejected")?;
    let from: Mailbox = message.from.parse().map_err(|_| "sender_rejected")?;
    let mut builder = Message::builder();
    for (name, value) in &message.headers {
        builder = builder.raw_header(header(name, value)?);
    }
    // After the others, so that none of them takes the place of these.
    let builder = builder
        .from(from)
        .to(to)
        .subject(&message.subject)
        .message_id(Some(id))
        .raw_header(header("X-Flusso-Send", &format!("{}.{}", message.send, message.attempt))?);
    let mail = match &message.html {
        Some(html) => {
            builder.multipart(MultiPart::alternative_plain_html(message.text.clone(), html.clone()))
        }
        None => builder.singlepart(SinglePart::plain(message.text.clone())),
    };
    mail.map_err(|_| "message_rejected")
}

fn header(name: &str, value: &str) -> Result<HeaderValue, &'static str> {
    // A line break would begin another header.
    if value.chars().any(char::is_control) {
        return Err("header_rejected");
    }
    let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|_| "header_rejected")?;
    Ok(HeaderValue::new(name, value.to_owned()))
}
