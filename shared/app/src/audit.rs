//! Whether what is recorded of contacts is what was recorded: the chain of each is made once more from its records.

use flusso_engine::ids::ContactId;
use flusso_store::repository::next_link;

use crate::{App, AppError};

/// How often a contact is read anew that changes while it is read.
const TRIES: u32 = 5;

/// What came of going along a contact's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Which contact.
    pub contact: ContactId,
    /// How many records there are.
    pub records: usize,
    /// The end of the chain, as it is stored.
    pub end: Option<String>,
    /// What does not fit: a code; none if everything does.
    pub broken: Option<&'static str>,
}

/// What came of going along the chains of several contacts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many contacts.
    pub contacts: usize,
    /// How many records.
    pub records: usize,
    /// Those whose chain does not fit.
    pub broken: Vec<Checked>,
    /// Where the next page begins; none at the end.
    pub cursor: Option<String>,
}

impl App {
    /// Goes along the chain of a contact's own records.
    pub async fn verify_contact_chain(&self, id: &ContactId) -> Result<Checked, AppError> {
        let mut contact = self.repository.contact_itself(id).await?;
        if contact.is_unborn() {
            return Err(AppError::NotFound { what: "contact", id: id.to_string() });
        }
        let mut digests = self.repository.digests(id).await?;
        for _ in 0..TRIES {
            // While it was read, it may have reacted.
            let now = self.repository.contact_itself(id).await?;
            if now.state.revision == contact.state.revision {
                break;
            }
            (contact, digests) = (now, self.repository.digests(id).await?);
        }
        let dense = digests.iter().zip(1..).all(|((revision, _), place)| *revision == place);
        let complete = dense && digests.len() as u64 == contact.state.revision;
        // What was recorded before there were chains has no digest.
        let links = digests.iter().map(|(_, digest)| digest).filter(|digest| !digest.is_empty());
        let end = links.fold(None::<String>, |before, digest| Some(next_link(before.as_deref(), digest)));
        let broken = match () {
            () if !complete => Some("records_missing"),
            () if end.as_deref() != contact.state.chain.as_deref() => Some("records_changed"),
            () => None,
        };
        let end = contact.state.chain.as_deref().map(str::to_owned);
        Ok(Checked { contact: id.clone(), records: digests.len(), end, broken })
    }

    /// Goes along the chains of all contacts, and of those that were merged into them, one page.
    pub async fn verify_chains(&self, cursor: Option<&str>, limit: usize) -> Result<Verified, AppError> {
        let page = self.contacts(cursor, limit).await?;
        let mut verified = Verified { cursor: page.cursor, ..Verified::default() };
        for contact in page.items {
            for id in std::iter::once(&contact.id).chain(contact.state.joined.keys()) {
                let checked = self.verify_contact_chain(id).await?;
                verified.contacts += 1;
                verified.records += checked.records;
                if checked.broken.is_some() {
                    verified.broken.push(checked);
                }
            }
        }
        Ok(verified)
    }
}
