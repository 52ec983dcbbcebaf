//! What a platform may add to the door.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use flusso_app::engine::time::{Instant, Millis};
use flusso_app::ports::channel::{Detail, Via};

pub use crate::sign_in::Sessions;

/// What only some platforms have.
#[derive(Clone, Default)]
pub struct Options {
    /// A clock that can be moved; none refuses to.
    pub clock: Option<Arc<dyn ClockControl>>,
    /// What stays here instead of going out; none has nothing to show.
    pub mailbox: Option<Arc<dyn MailboxView>>,
    /// The pages of the program on one machine; none leaves them out.
    pub local: Option<LocalPages>,
    /// Where people sign in by a link; none where their token is checked before a request comes here.
    pub sign_in: Option<Arc<Sessions>>,
    /// The address of the first owner, which makes one of whoever signs in with it while there is no other.
    pub first_owner: Option<Arc<str>>,
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

/// What was handed over on this machine and stays there. `Err` says why it can't be read.
pub trait MailboxView: Send + Sync {
    /// At most `limit` mails, the latest first; with `before`, those that came before that number.
    fn page(&self, before: Option<u64>, limit: usize) -> Result<Vec<Mail>, String>;
    /// One mail by its number.
    fn mail(&self, seq: u64) -> Result<Option<Mail>, String>;
}

/// A message in the mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Its number, in the order of arrival.
    pub seq: u64,
    /// The id of the send (`snd_…`).
    pub send: String,
    /// When it arrived.
    pub at: Instant,
    /// By what it would have gone out.
    pub via: Via,
    /// The recipient: an address, a number, or the name of an audience.
    pub to: String,
    /// The sender, as in the From header.
    pub from: String,
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML, of an e-mail.
    pub html: Option<String>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// What it is besides its text.
    pub detail: Detail,
}
