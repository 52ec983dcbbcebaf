//! Contacts with whom workflows are tried out.

use flusso_engine::contact::test;
use flusso_engine::event::{Event, Trust};
use flusso_engine::ids::ContactId;

use crate::ports::queue::Lane;
use crate::{App, AppError};

impl App {
    /// Makes a contact a test, or one like all others again. Refused while it is inside a workflow or a message of it has
    /// not ended.
    pub async fn set_test(&self, contact: &str, test: bool, caller: &str) -> Result<(), AppError> {
        let mut definitions = self.definitions().await?;
        let (contact, now) = (ContactId::new(contact), self.now());
        let event = Event {
            source: caller.into(),
            id: self.ports.tokens.token().into(),
            kind: if test { test::STARTED } else { test::ENDED }.into(),
            occurred_at: now,
            received_at: now,
            trust: Trust::Trusted,
            ..Event::default()
        };
        let told = self.tell(Lane::Fast, &mut definitions, &contact, event, |_| true).await?;
        let Some((contact, _)) = told else {
            return Err(AppError::NotFound { what: "contact", id: contact.to_string() });
        };
        if contact.profile.test == test {
            return Ok(());
        }
        let message =
            "the contact is inside a workflow, or a message has not ended; try again when all is done";
        Err(AppError::Conflict { code: "contact_in_use", message: message.to_owned() })
    }
}
