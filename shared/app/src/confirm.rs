//! Double opt-in: the signed address by which the sender of a form confirms it. The submission itself stands in the
//! timeline; confirming has it happen once more, and now it counts (SH-09, SEM-13, SEM-19).

use flusso_engine::contact::Contact;
use flusso_engine::contact::consent::Suppression;
use flusso_engine::event::{Event, Trust};
use flusso_engine::ids::{ContactId, SendId};
use flusso_engine::react::Input;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::triggers::form::{REQUESTED, SUBMITTED};
use subtle::ConstantTimeEq as _;

use crate::ports::queue::Lane;
use crate::ports::secrets::SecretName;
use crate::queued::Message;
use crate::unsubscribe::sign;
use crate::{App, AppError, auth};

/// Where the page lies below the public address.
pub const PATH: &str = "/c";
/// How long a form can be confirmed.
const KEPT: Millis = Millis::hours(30 * 24);
/// The source of what is confirmed.
const SOURCE: &str = "confirmation";
/// Further than this no two clocks are apart.
const SKEWS: Millis = Millis::hours(1);
/// Records that are read at once.
const PAGE: usize = 50;

/// What an address lets confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirming {
    contact: ContactId,
    address_hash: String,
    asked_at: Instant,
}

impl App {
    /// The address by which the recipient of a message confirms the form that they sent then; none if the public
    /// address is not known.
    pub(crate) fn confirm_url(&self, send: &SendId, address: &str, asked_at: Instant) -> Option<String> {
        let public = self.ports.public_url.trim_end_matches('/');
        let hash = auth::address_hash(self, address);
        let secret = self.ports.secrets.current(SecretName::Unsubscribe);
        let millis = asked_at.millis();
        let signature = sign(&secret, &signed(send.as_str(), &hash, millis))?;
        let key = secret.key_id;
        (!public.is_empty()).then(|| format!("{public}{PATH}/{key}.{send}.{hash}.{millis}.{signature}"))
    }

    /// Reads what stands behind the path of such an address.
    pub fn confirming(&self, token: &str) -> Result<Confirming, AppError> {
        let read = || {
            let mut parts = token.split('.');
            let (key, send, hash) = (parts.next()?, parts.next()?, parts.next()?);
            let millis: i64 = parts.next()?.parse().ok()?;
            let (signature, None) = (parts.next()?, parts.next()) else { return None };
            let secret = self.ports.secrets.by_id(SecretName::Unsubscribe, key)?;
            let expected = sign(&secret, &signed(send, hash, millis))?;
            let is_ours = bool::from(expected.as_bytes().ct_eq(signature.as_bytes()));
            let contact = SendId::new(send).contact().filter(|_| is_ours)?;
            let asked_at = Instant::from_millis(millis);
            Some(Confirming { contact, address_hash: hash.to_owned(), asked_at })
        };
        let confirming = read().ok_or_else(unknown)?;
        if self.now().since(confirming.asked_at) > KEPT {
            return Err(AppError::NotFound { what: "confirmation_expired", id: String::new() });
        }
        Ok(confirming)
    }

    /// Confirms the form. It holds once this returns; doing it again changes nothing.
    pub async fn confirm(&self, confirming: &Confirming) -> Result<(), AppError> {
        let Confirming { contact: id, address_hash, asked_at } = confirming;
        let contact = self.repository.contact(id).await?;
        let is_theirs = |email: &str| auth::address_hash(self, email) == *address_hash;
        if !contact.profile.email().is_some_and(is_theirs) {
            return Err(unknown());
        }
        let asked = self.asked(&contact, *asked_at).await?.ok_or_else(unknown)?;
        let now = self.now();
        let event = Event {
            source: SOURCE.into(),
            id: asked.mark(),
            kind: SUBMITTED.into(),
            occurred_at: now,
            received_at: now,
            trust: Trust::Public,
            data: asked.data,
            grants: asked.grants,
            ..Event::default()
        };
        let (receipts, _) = self.repository.lookup(&[(event.source.clone(), event.id.clone())], &[]).await?;
        if receipts.iter().all(Option::is_none) {
            // Nothing but a confirmed opt-in lifts an opt-out, and each of them once: who leaves afterwards has left.
            self.repository.lift_suppression(address_hash, Suppression::OptOut).await?;
        }
        let Err(error) = self.apply_now(id, &event).await else { return Ok(()) };
        tracing::warn!(%error, "a confirmation is applied later");
        let later = Message::Events { contact: Some(id.clone()), events: vec![event] };
        Ok(self.ports.queue.send(vec![later.to(Lane::Fast, Millis(0))]).await?)
    }

    /// The submission that the contact was asked to confirm.
    async fn asked(&self, contact: &Contact, at: Instant) -> Result<Option<Event>, AppError> {
        let mut cursor = None;
        loop {
            let page = self.repository.timeline(contact, cursor.as_deref(), PAGE).await?;
            for entry in &page.items {
                if at.since(entry.now) > SKEWS {
                    return Ok(None);
                }
                if let Input::Event { event, .. } = &entry.input
                    && &*event.kind == REQUESTED
                    && event.begins_at() == at
                {
                    return Ok(Some(event.clone()));
                }
            }
            cursor = page.cursor;
            if cursor.is_none() {
                return Ok(None);
            }
        }
    }
}

fn unknown() -> AppError {
    AppError::NotFound { what: "confirmation", id: String::new() }
}

/// What is signed: none of the three can have the separator in it.
fn signed(send: &str, address_hash: &str, millis: i64) -> String {
    format!("confirm.{send}.{address_hash}.{millis}")
}
