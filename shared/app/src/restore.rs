//! After a restore: rows that are a copy of another installation's start on hold, and nothing is claimed. What was to
//! be sent as the copy knows it may have been sent since; opt-outs since then are read again where the rows of before
//! can still be had. Then a person lifts the hold.

use flusso_engine::contact::Contact;
use flusso_engine::contact::send::Phase;
use flusso_engine::react::Input;
use flusso_engine::time::Instant;
use flusso_store::repository::Repository;
use futures_util::future::try_join_all;

use crate::{App, AppError, auth};

/// Contacts that one step goes through.
const PAGE: usize = 50;
/// How often one contact is gone on with before the next step does it.
const ROUNDS: usize = 100;

/// What one step of a restore found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Contacts that were gone through.
    pub contacts: usize,
    /// Messages of which nobody knows whether they were sent; they are listed and not sent.
    pub sends: usize,
    /// Addresses that were suppressed after the backup was made, and are again.
    pub suppressed: usize,
    /// Where the next step begins; none after the last one.
    pub cursor: Option<String>,
}

impl App {
    /// Whether nothing is claimed because these rows are a copy.
    pub async fn on_hold(&self) -> Result<bool, AppError> {
        Ok(self.definitions().await?.on_hold)
    }

    /// Whether the rows of before the restore can be read, so that opt-outs since then come back.
    pub fn knows_before(&self) -> bool {
        self.ports.before.is_some()
    }

    /// One step through the contacts of a restored copy; `since` is when the backup was made. It may be repeated.
    pub async fn restore(&self, since: Instant, cursor: Option<&str>) -> Result<Restored, AppError> {
        self.must_hold().await?;
        if since > self.now() {
            return Err(AppError::invalid("since", "since.future", "the backup was made in the past"));
        }
        let page = self.contacts(cursor, PAGE).await?;
        let mut restored =
            Restored { contacts: page.items.len(), cursor: page.cursor, ..Restored::default() };
        let before = self.ports.before.clone().map(Repository::new);
        for contact in page.items {
            if let Some(before) = &before {
                restored.suppressed += self.suppress_again(before, &contact, since).await?;
            }
            restored.sends += self.unresolve(contact).await?;
        }
        Ok(restored)
    }

    /// From here on messages are sent again.
    pub async fn lift_hold(&self) -> Result<(), AppError> {
        self.must_hold().await?;
        let here = self.ports.installation.clone();
        self.change_head(|head| {
            head.installation = Some(here.clone());
            Ok(())
        })
        .await
    }

    async fn must_hold(&self) -> Result<(), AppError> {
        if self.on_hold().await? {
            return Ok(());
        }
        let message = "nothing is on hold: these rows are no copy of another installation's".to_owned();
        Err(AppError::Conflict { code: "not_on_hold", message })
    }

    /// Opt-outs, bounces and complaints that the rows of before know and these do not.
    async fn suppress_again(
        &self,
        before: &Repository,
        contact: &Contact,
        since: Instant,
    ) -> Result<usize, AppError> {
        let Some(address) = contact.profile.email() else { return Ok(0) };
        let hash = auth::address_hash(self, address);
        let standing = before.suppressions(&hash).await?;
        let newer = standing.into_iter().filter(|known| known.at >= since);
        let newer = newer.map(|known| self.repository.suppress(&hash, known.reason, known.at));
        Ok(try_join_all(newer).await?.len())
    }

    /// Marks what is still to be sent, and what follows from it, as unresolved; how many that were.
    async fn unresolve(&self, contact: Contact) -> Result<usize, AppError> {
        let unresolved = |contact: &Contact| {
            let sends = contact.state.sends.values();
            sends.filter(|send| matches!(send.phase, Phase::Unresolved { .. })).count()
        };
        let before = unresolved(&contact);
        let mut contact = contact;
        let mut definitions = self.definitions().await?;
        for _ in 0..ROUNDS {
            let revision = contact.state.revision;
            contact = self.drive(&mut definitions, contact, Input::Restored).await?;
            if contact.state.revision == revision || contact.state.agenda.is_empty() {
                break;
            }
        }
        Ok(unresolved(&contact).saturating_sub(before))
    }
}
