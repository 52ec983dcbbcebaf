//! Visits of browsers of which nobody knows whose they are: kept without any reaction, and attached to the contact when
//! that is known (P13, CL-09). Whoever keeps a visit looks afterwards whether the browser is known, and whoever makes it
//! known looks afterwards for visits: of two at the same time, at least one sees the other.

use std::collections::BTreeSet;
use std::sync::Arc;

use flusso_engine::contact::identity::Identity;
use flusso_engine::event::Event;
use flusso_engine::ids::ContactId;
use flusso_engine::limits;
use flusso_engine::time::Millis;

use crate::accept::split;
use crate::ports::queue::Lane;
use crate::queued::Message;
use crate::{App, AppError};

/// The hidden answer of a form that names the browser.
pub const VISITOR_ID: &str = "visitor_id";

/// Whether a text can be the name of a browser.
pub fn is_visitor(text: &str) -> bool {
    (8..=limits::VISITOR_LETTERS).contains(&text.len())
        && text.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"-_".contains(&letter))
}

/// Whether an event says no more than what happened in some browser.
pub(crate) fn is_visit(kind: &str) -> bool {
    kind.starts_with("page.")
}

impl App {
    /// Keeps a visit until it is known whose browser it is.
    pub(crate) async fn keep_visit(&self, visitor: &str, event: &Event) -> Result<(), AppError> {
        self.repository.keep_visit(visitor, event).await?;
        let identity = [Identity::Visitor(visitor.to_owned())];
        let (_, owners) = self.repository.lookup(&[], &identity).await?;
        match owners.into_iter().flatten().next() {
            Some(owner) => self.attach_visits(&owner, visitor).await,
            None => Ok(()),
        }
    }

    /// Gives a contact what happened in its browser before it was known to be its own. What is given twice counts once.
    pub(crate) async fn attach_visits(&self, contact: &ContactId, visitor: &str) -> Result<(), AppError> {
        let visits = self.repository.visits(visitor, limits::VISITS).await?;
        if visits.is_empty() {
            return Ok(());
        }
        let received_at = self.now();
        let attached = visits.iter().map(|visit| Event { before_known: true, received_at, ..visit.clone() });
        let messages = split(attached.collect()).into_iter().map(|events| {
            Message::Events { contact: Some(contact.clone()), events }.to(Lane::Bulk, Millis(0))
        });
        self.ports.queue.send(messages.collect()).await?;
        Ok(self.repository.forget_visits(visitor, &visits).await?)
    }

    /// Gives a contact the visits of each of these browsers that is its own.
    pub(crate) async fn attach_all(
        &self,
        contact: &ContactId,
        own: &BTreeSet<Arc<str>>,
        browsers: &BTreeSet<Arc<str>>,
    ) -> Result<(), AppError> {
        for visitor in browsers.intersection(own) {
            self.attach_visits(contact, visitor).await?;
        }
        Ok(())
    }
}
