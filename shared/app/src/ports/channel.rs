//! A channel hands messages to a provider. It never tries again by itself where the outcome is unknown.

use async_trait::async_trait;
pub use flusso_engine::contact::send::{Class, Via};
pub use flusso_engine::message::Detail;
use flusso_engine::time::{Instant, Millis};
use serde::{Deserialize, Serialize};

/// The tag that carries the id of the send to the provider, and comes back with everything that it says of it.
pub const SEND_TAG: &str = "flusso_send";
/// The tag that carries the number of the attempt.
pub const ATTEMPT_TAG: &str = "flusso_attempt";

/// A message to hand over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// The id of the send (`snd_…`): carried as a tag, so that every notification can be matched.
    pub send: String,
    /// Which attempt of the send this is, from 1.
    pub attempt: u32,
    /// By what it goes out.
    pub via: Via,
    /// What it is for.
    pub class: Class,
    /// The recipient: an address, a number; where a webhook goes; the name of an audience.
    pub to: String,
    /// The sender, as in the From header.
    pub from: String,
    /// The subject.
    pub subject: String,
    /// The plain text; of a webhook the body.
    pub text: String,
    /// The HTML part, if there is one.
    pub html: Option<String>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// What it is besides its text.
    pub detail: Detail,
}

/// What came of a hand-over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandedOver {
    /// The provider took it.
    Accepted {
        /// The provider's id of the message.
        provider_id: String,
    },
    /// Whoever was called answered.
    Answered {
        /// With which status (RFC 9110).
        status: u16,
        /// The body, as far as it was read.
        body: Vec<u8>,
    },
    /// Proof that the provider did not take it: no connection, or a refusal.
    Refused {
        /// Whether another attempt is pointless.
        permanent: bool,
        /// A code such as `address_rejected`; no personal data.
        reason: String,
    },
    /// No answer: taken or not, nobody knows.
    Unknown {
        /// A code such as `timeout`.
        reason: String,
    },
}

/// What is known of an attempt whose performer died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The provider took it.
    Accepted {
        /// The provider's id of the message.
        provider_id: String,
        /// When.
        at: Instant,
    },
    /// Proof that the provider did not take this attempt and never will.
    NotAccepted,
    /// It can't be told.
    Unknown,
}

/// Leave to hand over, at the provider's rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// Go on.
    Granted,
    /// Come back after this.
    After(Millis),
}

/// A way to people.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Takes a token of the provider's rate. An unused one is lost.
    async fn permit(&self) -> Permit;
    /// Hands one message over, once.
    async fn hand_over(&self, message: &Handover) -> HandedOver;
    /// Asks what became of an attempt. May make sure that a late performer of it can no longer hand it over:
    /// only then `NotAccepted` is a proof.
    async fn settle(&self, send: &str, attempt: u32) -> Settled;
    /// Whether there is a provider at all: without one, everything is refused.
    fn has_provider(&self) -> bool {
        true
    }
}

/// The reason why nothing goes out by a channel that has no provider.
pub const NO_PROVIDER: &str = "no_provider";

/// A channel by which nothing goes out yet.
pub struct NoProvider;

#[async_trait]
impl Channel for NoProvider {
    async fn permit(&self) -> Permit {
        Permit::Granted
    }

    async fn hand_over(&self, _: &Handover) -> HandedOver {
        HandedOver::Refused { permanent: true, reason: NO_PROVIDER.to_owned() }
    }

    async fn settle(&self, _: &str, _: u32) -> Settled {
        Settled::NotAccepted
    }

    fn has_provider(&self) -> bool {
        false
    }
}
