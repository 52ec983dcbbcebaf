//! Files in the bucket.

use async_trait::async_trait;
use aws_config::SdkConfig;
use flusso_app::ports::PortError;
use flusso_app::ports::blobs::{Blobs, is_name};

use crate::signed::{Ask, Failed, S3, Signed, host};

/// The bucket.
pub struct S3Blobs(Signed);

impl S3Blobs {
    /// With what all clients share. An address of one's own (a local AWS) is asked by path, for names below it resolve
    /// nowhere.
    pub fn new(sdk: &SdkConfig, bucket: &str) -> Self {
        let address = match S3.set(sdk) {
            Some(own) => format!("{own}/{bucket}"),
            None => host(sdk, &format!("{bucket}.{}", S3.host)),
        };
        Self(Signed::at(sdk, S3, address))
    }

    async fn ask(&self, method: &'static str, name: &str, body: Vec<u8>) -> Result<Vec<u8>, Failed> {
        if !is_name(name) {
            return Err(Failed::Silent(format!("`{name}` is no name")));
        }
        self.0.ask(Ask { method, path: &format!("/{name}"), body, ..Ask::default() }).await
    }
}

fn failed(why: Failed) -> PortError {
    PortError { port: "blobs", reason: format!("S3: {why}") }
}

#[async_trait]
impl Blobs for S3Blobs {
    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), PortError> {
        self.ask("PUT", name, bytes).await.map_err(failed)?;
        Ok(())
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        match self.ask("GET", name, Vec::new()).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Failed::Answered(refused)) if refused.code() == "NoSuchKey" => Ok(None),
            Err(why) => Err(failed(why)),
        }
    }

    async fn remove(&self, name: &str) -> Result<(), PortError> {
        self.ask("DELETE", name, Vec::new()).await.map_err(failed)?;
        Ok(())
    }
}
