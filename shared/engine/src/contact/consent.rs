//! Consents per channel and purpose. No record means no.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

use crate::time::Instant;

/// A way to reach a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// E-mail.
    Email,
    /// Text message.
    Sms,
    /// WhatsApp.
    Whatsapp,
    /// Telephone calls.
    Calls,
    /// Voicemail.
    Voicemail,
}

impl Channel {
    /// All channels.
    pub const ALL: [Self; 5] = [Self::Email, Self::Sms, Self::Whatsapp, Self::Calls, Self::Voicemail];

    /// The name in files and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Whatsapp => "whatsapp",
            Self::Calls => "calls",
            Self::Voicemail => "voicemail",
        }
    }

    /// By its name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == name)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a consent is for: `marketing`, or a purpose that the account names.
pub type Purpose = Arc<str>;

/// The purpose that marketing messages need.
pub const MARKETING: &str = "marketing";

/// The purpose without which nobody is put on an advertiser's list of people.
pub const ADVERTISING: &str = "advertising";

/// A consent as a person gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// For which channel.
    pub channel: Channel,
    /// For which purpose.
    pub purpose: Purpose,
    /// The lawful basis: `consent`, `contract`, `legitimate interest`, …
    pub basis: Arc<str>,
    /// The text that was shown.
    pub text: Arc<str>,
    /// The version of that text.
    pub version: Arc<str>,
}

/// Where a consent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Given.
    Granted,
    /// Taken back.
    Withdrawn,
    /// Asked for, and to be confirmed by the person.
    Pending,
}

/// The present consent for a channel and purpose; the history is the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// For which channel.
    pub channel: Channel,
    /// For which purpose.
    pub purpose: Purpose,
    /// Where it stands.
    pub standing: Standing,
    /// Since when (the event's own time).
    pub at: Instant,
    /// The source of the event.
    pub source: Arc<str>,
    /// The lawful basis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Arc<str>>,
    /// Hash of the text that was shown; the text itself is in the timeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_hash: Option<Arc<str>>,
    /// The version of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Arc<str>>,
}

/// Why an address must not be written to, kept by address and not by contact, so that it outlives the contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suppression {
    /// The person opted out: blocks marketing.
    OptOut,
    /// The mailbox does not exist: blocks everything.
    Bounce,
    /// The person complained: blocks everything.
    Complaint,
}

/// What stands for an address or a number where it is suppressed: a number by its channel, for a STOP of one need not
/// be one of the other.
pub fn address(channel: Channel, to: &str) -> String {
    if channel == Channel::Email { to.to_owned() } else { format!("{channel}:{to}") }
}

/// Whose address is suppressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// The contact's own, as it is now: see [`address`].
    Address(String),
    /// The one to which a message went, by the keyed hash under which it is suppressed.
    Hashed(String),
}

impl Consent {
    /// How strictly it keeps messages away.
    const fn strictness(&self) -> u8 {
        match self.standing {
            Standing::Granted => 0,
            Standing::Pending => 1,
            Standing::Withdrawn => 2,
        }
    }
}

/// Takes the consents of another contact: of two for one channel and purpose the stricter, else the newer one.
pub(crate) fn harden(own: &mut Vec<Consent>, other: &[Consent]) {
    for consent in other {
        let known =
            own.iter_mut().find(|known| known.channel == consent.channel && known.purpose == consent.purpose);
        match known {
            None => own.push(consent.clone()),
            Some(known) if (consent.strictness(), consent.at) > (known.strictness(), known.at) => {
                known.clone_from(consent);
            }
            Some(_) => {}
        }
    }
}

impl Suppression {
    /// The code in timelines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OptOut => "opt_out",
            Self::Bounce => "bounce",
            Self::Complaint => "complaint",
        }
    }
}
