//! API keys, and the keyed hash under which an address is suppressed.

use flusso_engine::ids::base32;
use flusso_store::keys::api_key::ApiKey;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::ports::secrets::SecretName;
use crate::{App, AppError};

impl App {
    /// Makes a new API key under a name; the key is shown once and stored nowhere.
    pub async fn create_api_key(&self, name: &str) -> Result<String, AppError> {
        let secret = format!("flk_{}{}", self.ports.tokens.token(), self.ports.tokens.token());
        let key = ApiKey { name: name.to_owned(), created_at: self.now() };
        self.repository.put_api_key(&secret, &key).await?;
        Ok(secret)
    }

    /// The name of an API key; none if it is not good. The key is looked up by its hash, so the time that this takes
    /// tells nothing about it.
    pub async fn authenticate(&self, secret: &str) -> Result<Option<String>, AppError> {
        if !secret.starts_with("flk_") || secret.len() > 200 {
            return Ok(None);
        }
        Ok(self.repository.api_key(secret).await?.map(|key| key.name))
    }
}

/// The keyed hash of an address, by which its suppression is found.
pub(crate) fn address_hash(app: &App, address: &str) -> String {
    let secret = app.ports.secrets.current(SecretName::Suppression);
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&secret.bytes) else { return String::new() };
    mac.update(address.to_lowercase().as_bytes());
    base32(&mac.finalize().into_bytes().into(), 40)
}
