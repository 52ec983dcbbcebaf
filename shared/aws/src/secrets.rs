//! Secrets as SecureStrings below the path of the stage. What is not there yet is drawn and put once, by whoever starts
//! first; nothing that is there is ever overwritten.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use flusso_app::ports::secrets::{KEY_BYTES, Keyring, Keyrings, SecretName};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::signed::{Ask, Failed, SSM, Signed};

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

impl From<Failed> for SecretsError {
    fn from(failed: Failed) -> Self {
        Self::Ssm(failed.to_string())
    }
}

/// A page of parameters, as far as anybody asks.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    #[serde(default)]
    parameters: Vec<Parameter>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    name: String,
    value: String,
}

/// Reads the secrets below `path`.
pub async fn load(sdk: &SdkConfig, path: &str) -> Result<Keyrings, SecretsError> {
    let (ssm, path) = (Signed::new(sdk, SSM), path.trim_end_matches('/'));
    let mut stored = read(&ssm, path).await?;
    let missing: Vec<SecretName> =
        SecretName::ALL.into_iter().filter(|name| !stored.contains_key(name.as_str())).collect();
    if !missing.is_empty() {
        for name in missing {
            put(&ssm, &format!("{path}/{}", name.as_str())).await?;
        }
        // Another process may have been first: what stands there counts.
        stored = read(&ssm, path).await?;
    }
    Keyrings::new(&stored).map_err(|name| SecretsError::Damaged(format!("{path}/{}", name.as_str())))
}

async fn read(ssm: &Signed, path: &str) -> Result<BTreeMap<String, Keyring>, SecretsError> {
    let (mut stored, mut next) = (BTreeMap::new(), None);
    loop {
        let mut asked = json!({ "Path": path, "WithDecryption": true });
        if let Some(token) = next {
            asked["NextToken"] = Value::String(token);
        }
        let answer = ask(ssm, "AmazonSSM.GetParametersByPath", &asked).await?;
        let page: Found =
            serde_json::from_slice(&answer).map_err(|error| SecretsError::Ssm(error.to_string()))?;
        for parameter in page.parameters {
            let short = parameter.name.rsplit('/').next().unwrap_or_default().to_owned();
            let ring = serde_json::from_str(&parameter.value);
            stored.insert(short, ring.map_err(|_| SecretsError::Damaged(parameter.name))?);
        }
        next = page.next_token;
        if next.is_none() {
            return Ok(stored);
        }
    }
}

async fn put(ssm: &Signed, name: &str) -> Result<(), SecretsError> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).map_err(SecretsError::Random)?;
    let value =
        serde_json::to_string(&Keyring::new(bytes)).map_err(|error| SecretsError::Ssm(error.to_string()))?;
    let put = json!({ "Name": name, "Value": value, "Type": "SecureString", "Overwrite": false });
    match ask(ssm, "AmazonSSM.PutParameter", &put).await {
        Ok(_) => Ok(()),
        Err(Failed::Answered(refused)) if refused.code() == "ParameterAlreadyExists" => Ok(()),
        Err(failed) => Err(failed.into()),
    }
}

async fn ask(ssm: &Signed, operation: &'static str, body: &Value) -> Result<Vec<u8>, Failed> {
    let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", operation)];
    let body = body.to_string().into_bytes();
    ssm.ask(Ask { method: "POST", path: "/", headers: &headers, body }).await
}
