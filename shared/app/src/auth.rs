//! API keys, and the keyed hash under which an address is suppressed.

use flusso_engine::ids::base32;
use flusso_engine::time::Instant;
use flusso_store::keys::api_key::ApiKey;
use flusso_store::table::TableError;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::ports::secrets::SecretName;
use crate::rights::Rights;
use crate::{App, AppError};

impl App {
    /// Makes a new API key under a name of its own, good for everything; the key is shown once and stored nowhere.
    pub async fn create_api_key(&self, name: &str) -> Result<String, AppError> {
        self.create_api_key_for(name, &Rights::everything()).await
    }

    /// The same, good for some things.
    pub async fn create_api_key_for(&self, name: &str, rights: &Rights) -> Result<String, AppError> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 50 || !name.bytes().all(fits) {
            let message = "a key's name has 1 to 50 of a-z, 0-9 and -, such as web-shop";
            return Err(AppError::invalid("name", "key.name", message));
        }
        let secret = format!("flk_{}", self.secret_token());
        let key = ApiKey { name: name.to_owned(), created_at: self.now(), scopes: rights.to_store() };
        match self.repository.put_api_key(&secret, &key).await {
            Ok(()) => Ok(secret),
            Err(TableError::Conflict(_)) => {
                let message =
                    format!("there is a key `{name}` already; revoke it first, or choose another name");
                Err(AppError::Conflict { code: "key.exists", message })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The names of the API keys, since when each is good, and for what.
    pub async fn api_keys(&self) -> Result<Vec<(String, Instant, Rights)>, AppError> {
        let keys = self.repository.api_keys().await?;
        Ok(keys.into_iter().map(|(name, key)| (name, key.created_at, Rights::stored(&key.scopes))).collect())
    }

    /// Ends an API key.
    pub async fn revoke_api_key(&self, name: &str) -> Result<(), AppError> {
        if self.repository.drop_api_key(name).await? {
            return Ok(());
        }
        Err(AppError::NotFound { what: "key", id: name.to_owned() })
    }

    /// The name of an API key and what may be done with it; none if it is not good. The key is looked up by its hash, so the time that this takes
    /// tells nothing about it.
    pub async fn authenticate(&self, secret: &str) -> Result<Option<(String, Rights)>, AppError> {
        if !secret.starts_with("flk_") || secret.len() > 200 {
            return Ok(None);
        }
        Ok(self.repository.api_key(secret).await?.map(|key| (key.name, Rights::stored(&key.scopes))))
    }
}

/// The keyed hash of an address, by which its suppression is found.
pub(crate) fn address_hash(app: &App, address: &str) -> String {
    let secret = app.ports.secrets.current(SecretName::Suppression);
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&secret.bytes) else { return String::new() };
    mac.update(address.to_lowercase().as_bytes());
    base32(&mac.finalize().into_bytes().into(), 40)
}
