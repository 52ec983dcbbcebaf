//! Files in the bucket.

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::error::{DisplayErrorContext, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use flusso_app::ports::PortError;
use flusso_app::ports::blobs::{Blobs, is_name};

/// The bucket.
pub struct S3Blobs {
    client: Client,
    bucket: String,
}

impl S3Blobs {
    /// With what all clients share. An address of one's own (a local AWS) is asked by path, for names below it resolve
    /// nowhere.
    pub fn new(sdk: &aws_config::SdkConfig, bucket: &str) -> Self {
        let config = Builder::from(sdk).force_path_style(sdk.endpoint_url().is_some()).build();
        Self { client: Client::from_conf(config), bucket: bucket.to_owned() }
    }
}

#[async_trait]
impl Blobs for S3Blobs {
    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), PortError> {
        checked(name)?;
        let put = self.client.put_object().bucket(&self.bucket).key(name).body(ByteStream::from(bytes));
        put.send().await.map(drop).map_err(|error| failed(&error))
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        checked(name)?;
        match self.client.get_object().bucket(&self.bucket).key(name).send().await {
            Ok(found) => {
                let bytes = found.body.collect().await.map_err(|error| failed(&error))?;
                Ok(Some(bytes.into_bytes().to_vec()))
            }
            Err(SdkError::ServiceError(answer)) if matches!(answer.err(), GetObjectError::NoSuchKey(_)) => {
                Ok(None)
            }
            Err(error) => Err(failed(&error)),
        }
    }

    async fn remove(&self, name: &str) -> Result<(), PortError> {
        checked(name)?;
        let delete = self.client.delete_object().bucket(&self.bucket).key(name);
        delete.send().await.map(drop).map_err(|error| failed(&error))
    }
}

fn checked(name: &str) -> Result<(), PortError> {
    if is_name(name) { Ok(()) } else { Err(refused(format!("`{name}` is no name"))) }
}

fn failed(error: &(impl std::error::Error + 'static)) -> PortError {
    refused(DisplayErrorContext(error).to_string())
}

fn refused(reason: String) -> PortError {
    PortError { port: "blobs", reason }
}
