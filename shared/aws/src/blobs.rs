//! Files in the bucket. Three requests are all that is asked of S3. They are signed and sent by what every client of the
//! SDK stands on: its own client of S3 would be a tenth of each function that has files (decision 34).

use std::time::SystemTime;

use async_trait::async_trait;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use flusso_app::ports::PortError;
use flusso_app::ports::blobs::{Blobs, is_name};

/// The bucket.
pub struct S3Blobs {
    operation: Operation<HttpRequest, Vec<u8>, Refused>,
    credentials: Option<SharedCredentialsProvider>,
    region: String,
    /// The address of the bucket, to which `/<name>` is put.
    address: String,
}

/// S3 did not do it.
#[derive(Debug, thiserror::Error)]
#[error("S3 answered {status} {code}")]
struct Refused {
    status: u16,
    code: String,
}

impl S3Blobs {
    /// With what all clients share. An address of one's own (a local AWS) is asked by path, for names below it resolve
    /// nowhere.
    pub fn new(sdk: &SdkConfig, bucket: &str) -> Self {
        let region = sdk.region().map(ToString::to_string).unwrap_or_default();
        let address = match sdk.endpoint_url() {
            Some(own) => format!("{}/{bucket}", own.trim_end_matches('/')),
            None if region.starts_with("cn-") => format!("https://{bucket}.s3.{region}.amazonaws.com.cn"),
            None => format!("https://{bucket}.s3.{region}.amazonaws.com"),
        };
        let retry = sdk.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
        let timeouts = sdk.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled);
        let mut operation = Operation::builder()
            .service_name("S3")
            .operation_name("Object")
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&address)
            .no_auth()
            .standard_retry(&retry)
            .timeout_config(timeouts)
            .retry_classifier(TransientErrorClassifier::<Refused>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .with_connection_poisoning();
        if let Some(http) = sdk.http_client() {
            operation = operation.http_client(http);
        }
        let operation = operation.serializer(Ok).deserializer(answered).build();
        Self { operation, credentials: sdk.credentials_provider(), region, address }
    }

    async fn ask(&self, method: &'static str, name: &str, body: Vec<u8>) -> Result<Vec<u8>, Failed> {
        if !is_name(name) {
            return Err(Failed::Said(format!("`{name}` is no name")));
        }
        let request =
            self.signed(method, name, body).await.map_err(|error| Failed::Said(error.to_string()))?;
        self.operation.invoke(request).await.map_err(|error| match error {
            SdkError::ServiceError(answer) => Failed::Answered(answer.into_err()),
            error => Failed::Said(DisplayErrorContext(error).to_string()),
        })
    }

    async fn signed(
        &self,
        method: &'static str,
        name: &str,
        body: Vec<u8>,
    ) -> Result<HttpRequest, Box<dyn std::error::Error + Send + Sync>> {
        let credentials = self.credentials.as_ref().ok_or("there are no credentials")?;
        let identity = credentials.provide_credentials().await?.into();
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let how = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(SystemTime::now())
            .settings(settings)
            .build()?
            .into();
        let address = format!("{}/{name}", self.address);
        let asked = SignableRequest::new(method, address, std::iter::empty(), SignableBody::Bytes(&body))?;
        let (headers, _) = sign(asked, &how)?.into_parts().0.into_parts();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(method)?;
        request.set_uri(format!("/{name}"))?;
        for header in headers {
            request.headers_mut().insert(header.name(), header.value().to_owned());
        }
        Ok(request)
    }
}

/// The body of a good answer.
fn answered(answer: &HttpResponse) -> Result<Vec<u8>, OrchestratorError<Refused>> {
    let status = answer.status().as_u16();
    let body = answer.body().bytes().unwrap_or_default();
    if (200..300).contains(&status) {
        return Ok(body.to_vec());
    }
    let text = String::from_utf8_lossy(body);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    let code = code.map(|(code, _)| code.to_owned()).unwrap_or_default();
    Err(OrchestratorError::operation(Refused { status, code }))
}

/// Why a request came to nothing.
enum Failed {
    Answered(Refused),
    Said(String),
}

impl From<Failed> for PortError {
    fn from(failed: Failed) -> Self {
        let reason = match failed {
            Failed::Answered(refused) => refused.to_string(),
            Failed::Said(reason) => reason,
        };
        Self { port: "blobs", reason }
    }
}

#[async_trait]
impl Blobs for S3Blobs {
    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), PortError> {
        self.ask("PUT", name, bytes).await?;
        Ok(())
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        match self.ask("GET", name, Vec::new()).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Failed::Answered(refused)) if refused.code == "NoSuchKey" => Ok(None),
            Err(failed) => Err(failed.into()),
        }
    }

    async fn remove(&self, name: &str) -> Result<(), PortError> {
        self.ask("DELETE", name, Vec::new()).await?;
        Ok(())
    }
}
