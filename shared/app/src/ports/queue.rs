//! The queue: accepted events are state in it until their commit; everything else in it is a hint.

use async_trait::async_trait;
use flusso_engine::time::Millis;

use super::PortError;

/// Two lanes, so that what one person just did never waits behind a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// What one person just did.
    Fast,
    /// Jobs, imports, and minutes with more than a hundred alarms.
    Bulk,
}

/// The queues of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueueName {
    /// Events to apply and contacts to look at.
    Events(Lane),
    /// Outside actions to perform.
    Steps(Lane),
    /// Jobs to go on with.
    Jobs,
}

impl QueueName {
    /// Every queue there is.
    pub const ALL: [Self; 5] = [
        Self::Events(Lane::Fast),
        Self::Events(Lane::Bulk),
        Self::Steps(Lane::Fast),
        Self::Steps(Lane::Bulk),
        Self::Jobs,
    ];

    /// The name in storage and in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Events(Lane::Fast) => "events-fast",
            Self::Events(Lane::Bulk) => "events-bulk",
            Self::Steps(Lane::Fast) => "steps-fast",
            Self::Steps(Lane::Bulk) => "steps-bulk",
            Self::Jobs => "jobs",
        }
    }

    /// The lane of what comes out of the queue.
    pub const fn lane(self) -> Lane {
        match self {
            Self::Events(lane) | Self::Steps(lane) => lane,
            Self::Jobs => Lane::Bulk,
        }
    }
}

/// The longest delay that a queue takes; further ahead is the timer's business.
pub const LONGEST_DELAY: Millis = Millis::minutes(15);

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Where to.
    pub queue: QueueName,
    /// The encoded message.
    pub body: String,
    /// Not to be delivered earlier than this from now; whole seconds, at most [`LONGEST_DELAY`].
    pub delay: Millis,
}

/// A message that arrived, perhaps for the second time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The platform's name for it, needed to report its outcome.
    pub id: String,
    /// The encoded message.
    pub body: String,
    /// How often it was delivered, this time included (from 1).
    pub receives: u32,
}

/// Sends messages. Delivery is at least once, in no promised order.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Durable once this returns. An error may have sent some of them.
    async fn send(&self, messages: Vec<Outgoing>) -> Result<(), PortError>;
}
