//! Leaving: the signed address that each marketing message carries, and what it does. It is good for ever, also when
//! its contact is no more.

use std::sync::Arc;

use flusso_engine::contact::consent::Suppression;
use flusso_engine::event::{Event, Trust};
use flusso_engine::ids::{ContactId, SendId, base32};
use flusso_engine::react::ADDRESS_HASH;
use flusso_engine::time::Millis;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, json};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::ports::queue::Lane;
use crate::ports::secrets::{Secret, SecretName};
use crate::queued::Message;
use crate::{App, AppError, auth};

/// Where the page lies below the public address.
pub const PATH: &str = "/u";
/// The source of what a recipient says by it.
const SOURCE: &str = "unsubscribe";
/// Characters of a signature, 5 bits each.
const SIGNATURE: usize = 32;

/// Whom an address lets leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving {
    send: SendId,
    contact: ContactId,
    address_hash: String,
}

impl App {
    /// The address by which the recipient of a message leaves; none if the public address is not known.
    pub(crate) fn unsubscribe_url(&self, send: &SendId, address: &str) -> Option<String> {
        let public = self.ports.public_url.trim_end_matches('/');
        let hash = auth::address_hash(self, address);
        let secret = self.ports.secrets.current(SecretName::Unsubscribe);
        let signature = sign(&secret, &signed(send.as_str(), &hash))?;
        let key = secret.key_id;
        (!public.is_empty()).then(|| format!("{public}{PATH}/{key}.{send}.{hash}.{signature}"))
    }

    /// Reads what stands behind the path of such an address.
    pub fn leaving(&self, token: &str) -> Result<Leaving, AppError> {
        let read = || {
            let mut parts = token.split('.');
            let (key, send, hash) = (parts.next()?, parts.next()?, parts.next()?);
            let (signature, None) = (parts.next()?, parts.next()) else { return None };
            let secret = self.ports.secrets.by_id(SecretName::Unsubscribe, key)?;
            let expected = sign(&secret, &signed(send, hash))?;
            let is_ours = bool::from(expected.as_bytes().ct_eq(signature.as_bytes()));
            let send = SendId::new(send);
            let contact = send.contact().filter(|_| is_ours)?;
            Some(Leaving { send, contact, address_hash: hash.to_owned() })
        };
        read().ok_or_else(|| AppError::NotFound { what: "unsubscribe", id: String::new() })
    }

    /// Takes a recipient out of marketing mail. It holds once this returns; doing it again changes nothing.
    pub async fn unsubscribe(&self, leaving: &Leaving) -> Result<(), AppError> {
        let Leaving { send, contact, address_hash } = leaving;
        let now = self.now();
        self.repository.suppress(address_hash, Suppression::OptOut, now).await?;
        if !self.repository.contact(contact).await?.is_there() {
            return Ok(());
        }
        let data = Map::from_iter([
            ("send".to_owned(), json!(send.as_str())),
            (ADDRESS_HASH.to_owned(), json!(address_hash)),
        ]);
        let event = Event {
            source: SOURCE.into(),
            id: send.as_str().into(),
            kind: Arc::from("email.unsubscribed"),
            occurred_at: now,
            received_at: now,
            data,
            trust: Trust::Public,
            ..Event::default()
        };
        // In the contact's own order, so that a claim which is under way loses against it.
        let Err(error) = self.apply_now(contact, &event).await else { return Ok(()) };
        tracing::warn!(%error, "an opt-out is applied later; its address is suppressed already");
        let later = Message::Events { contact: Some(contact.clone()), events: vec![event] };
        Ok(self.ports.queue.send(vec![later.to(Lane::Fast, Millis(0))]).await?)
    }
}

/// What is signed: neither of the two can have the separator in it.
fn signed(send: &str, address_hash: &str) -> String {
    format!("unsubscribe.{send}.{address_hash}")
}

/// The signature of the address of a page, which begins with what the page is for.
pub(crate) fn sign(secret: &Secret, text: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret.bytes).ok()?;
    mac.update(text.as_bytes());
    Some(base32(&mac.finalize().into_bytes().into(), SIGNATURE))
}
