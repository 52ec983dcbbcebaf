//! Secrets as SecureStrings below the path of the stage. What is not there yet is drawn and put once, by whoever starts
//! first; nothing that is there is ever overwritten.

use std::collections::BTreeMap;

use aws_sdk_ssm::Client;
use aws_sdk_ssm::error::{DisplayErrorContext, SdkError};
use aws_sdk_ssm::operation::put_parameter::PutParameterError;
use aws_sdk_ssm::types::ParameterType;
use flusso_app::ports::secrets::{KEY_BYTES, Keyring, Keyrings, SecretName};

/// Why the secrets can't be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// SSM did not answer as it should.
    #[error("SSM: {0}")]
    Ssm(String),
    /// A parameter is not what this program writes.
    #[error("the parameter {0} is damaged; restore the version before")]
    Damaged(String),
    /// The system gives no random bytes.
    #[error("no randomness: {0}")]
    Random(getrandom::Error),
}

/// Reads the secrets below `path`.
pub async fn load(client: &Client, path: &str) -> Result<Keyrings, SecretsError> {
    let path = path.trim_end_matches('/');
    let mut stored = read(client, path).await?;
    let missing: Vec<SecretName> =
        SecretName::ALL.into_iter().filter(|name| !stored.contains_key(name.as_str())).collect();
    if !missing.is_empty() {
        for name in missing {
            put(client, &format!("{path}/{}", name.as_str())).await?;
        }
        // Another process may have been first: what stands there counts.
        stored = read(client, path).await?;
    }
    Keyrings::new(&stored).map_err(|name| SecretsError::Damaged(format!("{path}/{}", name.as_str())))
}

async fn read(client: &Client, path: &str) -> Result<BTreeMap<String, Keyring>, SecretsError> {
    let mut stored = BTreeMap::new();
    let mut pages = client.get_parameters_by_path().path(path).with_decryption(true).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| SecretsError::Ssm(DisplayErrorContext(&error).to_string()))?;
        for parameter in page.parameters.unwrap_or_default() {
            let (Some(name), Some(value)) = (parameter.name, parameter.value) else { continue };
            let short = name.rsplit('/').next().unwrap_or_default().to_owned();
            let ring = serde_json::from_str(&value).map_err(|_| SecretsError::Damaged(name))?;
            stored.insert(short, ring);
        }
    }
    Ok(stored)
}

async fn put(client: &Client, name: &str) -> Result<(), SecretsError> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).map_err(SecretsError::Random)?;
    let value =
        serde_json::to_string(&Keyring::new(bytes)).map_err(|error| SecretsError::Ssm(error.to_string()))?;
    let put =
        client.put_parameter().name(name).value(value).r#type(ParameterType::SecureString).overwrite(false);
    match put.send().await {
        Ok(_) => Ok(()),
        Err(SdkError::ServiceError(answer))
            if matches!(answer.err(), PutParameterError::ParameterAlreadyExists(_)) =>
        {
            Ok(())
        }
        Err(error) => Err(SecretsError::Ssm(DisplayErrorContext(&error).to_string())),
    }
}
