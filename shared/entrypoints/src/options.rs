//! What a platform may add to the door.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use flusso_app::engine::time::{Instant, Millis};

/// What only some platforms have.
#[derive(Clone, Default)]
pub struct Options {
    /// A clock that can be moved; none refuses to.
    pub clock: Option<Arc<dyn ClockControl>>,
    /// A mailbox that can be read; none has no mail to show.
    pub mailbox: Option<Arc<dyn MailboxView>>,
    /// The pages of the program on one machine; none leaves them out.
    pub local: Option<LocalPages>,
}

/// What the pages of the program on one machine need to know.
#[derive(Clone, Debug, Default)]
pub struct LocalPages {
    /// Where messages go if not to the mailbox, in words: `smtp://mail.example.org`.
    pub mail_goes_to: Option<String>,
}

/// The answer of a platform that may have to wait.
pub type Moved<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// A clock that can be moved.
pub trait ClockControl: Send + Sync {
    /// Moves it ahead. `Err` says why it stayed where it was.
    fn advance(&self, by: Millis) -> Moved<'_>;
}

/// The mail that was handed over on this machine. `Err` says why it can't be read.
pub trait MailboxView: Send + Sync {
    /// At most `limit` mails, the latest first; with `before`, those that came before that number.
    fn page(&self, before: Option<u64>, limit: usize) -> Result<Vec<Mail>, String>;
    /// One mail by its number.
    fn mail(&self, seq: u64) -> Result<Option<Mail>, String>;
}

/// A mail in the mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Its number, in the order of arrival.
    pub seq: u64,
    /// The id of the send (`snd_…`).
    pub send: String,
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
    /// Further headers.
    pub headers: Vec<(String, String)>,
}
