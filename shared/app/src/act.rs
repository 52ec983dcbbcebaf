//! Acting after a commit: what the committed row shows as due is enqueued. Performers are idempotent, so a hint too
//! many does no harm.

use flusso_engine::contact::Contact;
use flusso_engine::contact::state::Due;
use flusso_engine::time::Millis;

use crate::ports::queue::Lane;
use crate::queued::Message;
use crate::{App, AppError};

/// How far ahead a look travels as a delayed message.
pub(crate) const NEAR: Millis = Millis::minutes(15);

impl App {
    /// Enqueues what a committed contact shows as due.
    pub(crate) async fn act(&self, contact: &Contact) -> Result<(), AppError> {
        self.act_by(Lane::Fast, contact).await
    }

    /// The same, by a lane.
    pub(crate) async fn act_by(&self, lane: Lane, contact: &Contact) -> Result<(), AppError> {
        let now = self.now();
        let id = || contact.id.clone();
        let due = contact.state.due(now).into_iter();
        let messages: Vec<_> = due
            .map(|due| match due {
                Due::Continue => (Message::Look { contact: id(), at: now }, Millis(0)),
                Due::Look { at } => (Message::Look { contact: id(), at }, Millis(at.since(now).0.max(0))),
                Due::Answer { ask } => (Message::Answer { contact: id(), ask }, Millis(0)),
                Due::Perform { send, at, .. } => {
                    (Message::Perform { contact: id(), send, at }, Millis(at.since(now).0.max(0)))
                }
            })
            .map(|(message, delay)| message.to(lane, delay))
            .collect();
        if messages.is_empty() { Ok(()) } else { Ok(self.ports.queue.send(messages).await?) }
    }
}
