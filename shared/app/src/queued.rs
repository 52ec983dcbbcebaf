//! What travels in the queues. Only an accepted event is state; everything else is a hint.

use flusso_engine::event::Event;
use flusso_engine::ids::{AskId, ContactId, JobId, SendId, WorkflowId};
use flusso_engine::time::{Instant, Millis};
use serde::{Deserialize, Serialize};

use crate::ports::queue::{LONGEST_DELAY, Lane, Outgoing, QueueName};

/// A message in a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub(crate) enum Message {
    /// Accepted events that name the same contact, in order.
    Events {
        /// The contact, if it was named by its id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<ContactId>,
        /// The events.
        events: Vec<Event>,
    },
    /// Look at this contact: it may have something due at `at`.
    Look {
        /// Which.
        contact: ContactId,
        /// For when it was announced.
        at: Instant,
    },
    /// Answer this ask.
    Answer {
        /// Whose.
        contact: ContactId,
        /// Which.
        ask: AskId,
    },
    /// Perform this send.
    Perform {
        /// Whose.
        contact: ContactId,
        /// Which.
        send: SendId,
        /// For which instant it was planned.
        #[serde(default)]
        at: Instant,
    },
    /// Go on with this job.
    Chunk {
        /// Which.
        job: JobId,
        /// The revision of its row for which this was sent: whoever finds another one has come too late.
        revision: u64,
    },
    /// Look whether a time of this workflow's schedules has come.
    Schedule {
        /// Which.
        workflow: WorkflowId,
    },
}

/// The number of the format that is written.
const FORMAT: u16 = 1;

#[derive(Serialize, Deserialize)]
struct Envelope<M> {
    f: u16,
    #[serde(flatten)]
    message: M,
}

/// Why a message can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is of a newer format: another deployment will read it.
    Newer,
    /// It is no message of ours.
    Broken,
}

impl Message {
    pub(crate) fn encode(&self) -> String {
        serde_json::to_string(&Envelope { f: FORMAT, message: self }).unwrap_or_default()
    }

    pub(crate) fn decode(body: &str) -> Result<Self, Unreadable> {
        #[derive(Deserialize)]
        struct Format {
            f: u16,
        }
        match serde_json::from_str::<Format>(body) {
            Ok(Format { f }) if f > FORMAT => Err(Unreadable::Newer),
            Ok(_) => serde_json::from_str::<Envelope<Self>>(body)
                .map(|read| read.message)
                .map_err(|_| Unreadable::Broken),
            Err(_) => Err(Unreadable::Broken),
        }
    }

    /// On its way in a lane, after a delay in whole seconds.
    pub(crate) fn to(&self, lane: Lane, delay: Millis) -> Outgoing {
        let queue = match self {
            Self::Events { .. } | Self::Look { .. } => QueueName::Events(lane),
            Self::Perform { .. } | Self::Answer { .. } => QueueName::Steps(lane),
            Self::Chunk { .. } | Self::Schedule { .. } => QueueName::Jobs,
        };
        let delay = Millis::seconds(delay.as_seconds_up().max(0)).min(LONGEST_DELAY);
        Outgoing { queue, body: self.encode(), delay }
    }
}
