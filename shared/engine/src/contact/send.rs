//! A send: one message to one recipient, from plan to proof. Within an attempt its phases only go up.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::consent::Channel;
use crate::ids::{EnrollmentId, StepId, VersionId, WorkflowId};
use crate::time::{Instant, Millis};

/// How long a claim is good: longer than the performer may take, so that an expired one means a dead process.
pub const LEASE: Millis = Millis::seconds(90);
/// A claimed send is handed over within this, or given back.
pub const HAND_OVER_WITHIN: Millis = Millis::seconds(10);
/// How long the enrollment waits for an unknown outcome before it goes on.
pub const UNKNOWN_HOLDS: Millis = Millis::minutes(15);
/// After so long without any proof, an unknown outcome is listed for a person.
pub const UNRESOLVED_AFTER: Millis = Millis::hours(24);
/// Later than this, a message is skipped rather than sent.
pub const MAX_LATENESS: Millis = Millis::hours(12);
/// Proven refusals after which a send has failed.
pub const MAX_REFUSALS: u32 = 5;

/// By what a send goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// An e-mail.
    Email,
    /// A text message.
    Sms,
    /// A WhatsApp message.
    Whatsapp,
    /// A call of an address on the web.
    Webhook,
    /// A list of people at an advertiser's.
    Audience,
}

impl Via {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Email, Self::Sms, Self::Whatsapp, Self::Webhook, Self::Audience];

    /// By its name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|via| via.as_str() == name)
    }

    /// The name in files and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Whatsapp => "whatsapp",
            Self::Webhook => "webhook",
            Self::Audience => "audience",
        }
    }

    /// The channel to the person; none where it reaches nobody.
    pub const fn channel(self) -> Option<Channel> {
        match self {
            Self::Email => Some(Channel::Email),
            Self::Sms => Some(Channel::Sms),
            Self::Whatsapp => Some(Channel::Whatsapp),
            Self::Webhook | Self::Audience => None,
        }
    }

    /// Whether it is handed over again where no answer came: whoever takes it knows it by its id, or twice is once.
    pub const fn repeats(self) -> bool {
        matches!(self, Self::Webhook | Self::Audience)
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a message is for; decides which checks apply to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Needs consent; do-not-disturb, windows and caps apply.
    Marketing,
    /// Part of a relationship.
    Service,
    /// The person is waiting for it.
    Transactional,
    /// To colleagues.
    Internal,
}

/// Where an open send stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Phase {
    /// To be claimed, not before this.
    Planned {
        /// Not earlier than this: after a refusal, or when a hold ends.
        not_before: Instant,
    },
    /// Its workflow is interrupted: it goes, or does not, when that goes on.
    Interrupted {
        /// Not earlier than this.
        not_before: Instant,
    },
    /// Claimed: the only one who may hand it over is the one whose token this is.
    Claimed {
        /// When.
        at: Instant,
        /// The token of the claim.
        by: Arc<str>,
    },
    /// Handed over or not, nobody knows.
    Unknown {
        /// When it was claimed.
        claimed_at: Instant,
        /// Since when it is unknown.
        since: Instant,
    },
    /// Unknown for a day: listed for a person, counted as possibly sent.
    Unresolved {
        /// When it was claimed.
        claimed_at: Instant,
    },
}

/// A send that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send {
    /// Whose step planned it.
    pub enrollment: EnrollmentId,
    /// The workflow of that enrollment.
    pub workflow: WorkflowId,
    /// The version whose step it is.
    pub version: VersionId,
    /// The step.
    pub step: StepId,
    /// The visit of that step, from 0.
    pub visit: u32,
    /// By what it goes out.
    pub channel: Via,
    /// What it is for.
    pub class: Class,
    /// The instant for which it was planned; lateness counts from here.
    pub planned_for: Instant,
    /// The opening of the send window for which it waits, or waited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Instant>,
    /// How often it was claimed.
    pub attempt: u32,
    /// How often the provider provably refused it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refusals: u32,
    /// Where it stands.
    pub phase: Phase,
    /// A notification's content, stored when its step was reached; a message to the contact renders at its claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<Fixed>,
}

/// Content that was fixed when the step was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fixed {
    /// The recipient: an address, a number, or where a webhook goes.
    pub to: Arc<str>,
    /// The subject.
    pub subject: Arc<str>,
    /// The plain text.
    pub text: Arc<str>,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

impl Phase {
    /// When it was claimed; none if it is not, or not any more.
    pub const fn claimed_at(&self) -> Option<Instant> {
        match self {
            Self::Claimed { at: claimed_at, .. }
            | Self::Unknown { claimed_at, .. }
            | Self::Unresolved { claimed_at } => Some(*claimed_at),
            Self::Planned { .. } | Self::Interrupted { .. } => None,
        }
    }
}

impl Send {
    /// Whether it is a notification that waits, or waited, for the end of its colleague's quiet hours. Its enrollment has
    /// gone on without it.
    pub fn waits_for_colleague(&self) -> bool {
        self.fixed.is_some() && self.opening.is_some()
    }

    /// When the present lease ends.
    pub fn lease_ends(&self) -> Option<Instant> {
        match self.phase {
            Phase::Claimed { at, .. } => Some(at + LEASE),
            _ => None,
        }
    }

    /// How long to wait after the latest refusal: a minute, then five, a quarter of an hour, an hour.
    pub fn backoff(&self) -> Millis {
        match self.refusals {
            0 | 1 => Millis::minutes(1),
            2 => Millis::minutes(5),
            3 => Millis::minutes(15),
            _ => Millis::hours(1),
        }
    }
}

/// A send that was accepted: a row of its own, since there is no bound to their number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Whose step planned it.
    pub enrollment: EnrollmentId,
    /// The workflow of that enrollment.
    pub workflow: WorkflowId,
    /// The version whose step it is.
    pub version: VersionId,
    /// The step.
    pub step: StepId,
    /// By what it went out.
    pub channel: Via,
    /// What it was for.
    pub class: Class,
    /// When the provider accepted it.
    pub accepted_at: Instant,
    /// The provider's id; none where the proof was a notification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<Arc<str>>,
    /// The first open by a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Instant>,
    /// The first open by a machine or by nobody knows whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_by_machine_at: Option<Instant>,
    /// The first reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replied_at: Option<Instant>,
    /// Which of the others of [`Once`] were counted, as bits.
    #[serde(default, skip_serializing_if = "is_none")]
    pub counted: u8,
    /// What counts once for each message, and was counted: `workflow/step`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub once: BTreeSet<String>,
    /// The marks of what its provider said of it and was applied: what comes again changes nothing.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub heard: BTreeSet<Arc<str>>,
}

impl Sent {
    /// The record of a send that was accepted.
    pub fn of(send: &Send, accepted_at: Instant, provider_id: Option<Arc<str>>) -> Self {
        Self {
            enrollment: send.enrollment.clone(),
            workflow: send.workflow.clone(),
            version: send.version.clone(),
            step: send.step.clone(),
            channel: send.channel,
            class: send.class,
            accepted_at,
            provider_id,
            opened_at: None,
            opened_by_machine_at: None,
            replied_at: None,
            counted: 0,
            once: BTreeSet::new(),
            heard: BTreeSet::new(),
        }
    }

    /// Notes that something came of the message; whether it is the first time.
    pub(crate) fn is_first(&mut self, what: Once, at: Instant) -> bool {
        let first = match what {
            Once::Opened => &mut self.opened_at,
            Once::OpenedByMachine => &mut self.opened_by_machine_at,
            Once::Replied => &mut self.replied_at,
            Once::Delivered | Once::Clicked | Once::ClickedByMachine | Once::Bounced | Once::Complained => {
                let bit = 1 << (what as u8);
                let is_first = self.counted & bit == 0;
                self.counted |= bit;
                return is_first;
            }
        };
        let is_first = first.is_none();
        first.get_or_insert(at);
        is_first
    }
}

/// What may come of a message, and counts once for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Once {
    /// It arrived.
    Delivered,
    /// A person followed a link.
    Clicked,
    /// A machine followed a link, or nobody knows who.
    ClickedByMachine,
    /// It did not arrive.
    Bounced,
    /// It was complained about.
    Complained,
    /// A person opened it.
    Opened,
    /// A machine opened it, or nobody knows who.
    OpenedByMachine,
    /// It was answered.
    Replied,
}

impl Once {
    /// The name of its counter.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Clicked => "clicked",
            Self::ClickedByMachine => "clicked.machine",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Opened => "opened",
            Self::OpenedByMachine => "opened.machine",
            Self::Replied => "replied",
        }
    }
}

fn is_none(bits: &u8) -> bool {
    *bits == 0
}
