//! Requests that are signed and sent by what every client of the SDK stands on, for services of which so little is asked
//! that a client of their own would be most of a function (decision 34).

use std::time::SystemTime;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
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
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::service_config::ServiceConfigKey;
use serde_json::Value;

/// A service, by its names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Service {
    /// In settings: `AWS_ENDPOINT_URL_<id>`.
    pub(crate) id: &'static str,
    /// In addresses.
    pub(crate) host: &'static str,
    /// In signatures.
    pub(crate) signs: &'static str,
}

pub(crate) const LAMBDA: Service = Service { id: "Lambda", host: "lambda", signs: "lambda" };
pub(crate) const S3: Service = Service { id: "S3", host: "s3", signs: "s3" };
pub(crate) const SES: Service = Service { id: "SESv2", host: "email", signs: "ses" };
pub(crate) const SSM: Service = Service { id: "SSM", host: "ssm", signs: "ssm" };

impl Service {
    /// The address that was set for it, without a slash at the end.
    pub(crate) fn set(self, sdk: &SdkConfig) -> Option<String> {
        let key = ServiceConfigKey::builder()
            .service_id(self.id)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build()
            .ok()?;
        let own = sdk.service_config().and_then(|settings| settings.load_config(key));
        let set = own.or_else(|| sdk.endpoint_url().map(ToOwned::to_owned))?;
        Some(set.trim_end_matches('/').to_owned())
    }
}

/// A service, as it is asked.
pub(crate) struct Signed {
    operation: Operation<HttpRequest, Vec<u8>, Refused>,
    credentials: Option<SharedCredentialsProvider>,
    region: String,
    service: Service,
    address: String,
}

/// What is asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask<'a> {
    pub(crate) method: &'static str,
    /// From the first slash on, with what must be escaped escaped.
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [(&'static str, &'static str)],
    pub(crate) body: Vec<u8>,
}

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// The service said no.
    #[error("{0}")]
    Answered(Refused),
    /// There is no answer.
    #[error("{0}")]
    Silent(String),
}

/// A service said no.
#[derive(Debug, thiserror::Error)]
#[error("{}", said(.0))]
pub(crate) struct Refused(ErrorMetadata);

fn said(error: &ErrorMetadata) -> String {
    let code = error.code().unwrap_or("an error without a code");
    error.message().map_or_else(|| code.to_owned(), |message| format!("{code}: {message}"))
}

impl Refused {
    /// The name of the error; empty where the answer has none.
    pub(crate) fn code(&self) -> &str {
        self.0.code().unwrap_or_default()
    }
}

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

impl Signed {
    /// A service where it is for all clients.
    pub(crate) fn new(sdk: &SdkConfig, service: Service) -> Self {
        let address = service.set(sdk).unwrap_or_else(|| host(sdk, service.host));
        Self::at(sdk, service, address)
    }

    /// A service at an address of its own.
    pub(crate) fn at(sdk: &SdkConfig, service: Service, address: String) -> Self {
        let retry = sdk.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
        let timeouts = sdk.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled);
        let mut operation = Operation::builder()
            .service_name(service.id)
            .operation_name("Ask")
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&address)
            .no_auth()
            .standard_retry(&retry)
            .timeout_config(timeouts)
            .retry_classifier(AwsErrorCodeClassifier::<Refused>::new())
            .retry_classifier(TransientErrorClassifier::<Refused>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .with_connection_poisoning();
        if let Some(http) = sdk.http_client() {
            operation = operation.http_client(http);
        }
        let operation = operation.serializer(Ok).deserializer(answered).build();
        let region = sdk.region().map(ToString::to_string).unwrap_or_default();
        Self { operation, credentials: sdk.credentials_provider(), region, service, address }
    }

    /// Asks; the body of a good answer.
    pub(crate) async fn ask(&self, ask: Ask<'_>) -> Result<Vec<u8>, Failed> {
        let request = self.sign(ask).await.map_err(|error| Failed::Silent(error.to_string()))?;
        self.operation.invoke(request).await.map_err(|error| match error {
            SdkError::ServiceError(answer) => Failed::Answered(answer.into_err()),
            error => Failed::Silent(DisplayErrorContext(error).to_string()),
        })
    }

    async fn sign(&self, ask: Ask<'_>) -> Result<HttpRequest, Box<dyn std::error::Error + Send + Sync>> {
        let Ask { method, path, headers, body } = ask;
        let credentials = self.credentials.as_ref().ok_or("there are no credentials")?;
        let identity = credentials.provide_credentials().await?.into();
        let how = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service.signs)
            .time(SystemTime::now())
            .settings(settings(self.service))
            .build()?
            .into();
        let address = format!("{}{path}", self.address);
        let asked =
            SignableRequest::new(method, address, headers.iter().copied(), SignableBody::Bytes(&body))?;
        let (signature, _) = sign(asked, &how)?.into_parts().0.into_parts();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(method)?;
        request.set_uri(path)?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, *value);
        }
        for header in signature {
            request.headers_mut().insert(header.name(), header.value().to_owned());
        }
        Ok(request)
    }
}

/// Where the service `name` is in the region that all clients share.
pub(crate) fn host(sdk: &SdkConfig, name: &str) -> String {
    let region = sdk.region().map(ToString::to_string).unwrap_or_default();
    let end = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://{name}.{region}.amazonaws.com{end}")
}

/// S3 takes paths as they are, and wants the hash of the body named.
fn settings(service: Service) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service.signs == S3.signs {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

/// The body of a good answer.
fn answered(answer: &HttpResponse) -> Result<Vec<u8>, OrchestratorError<Refused>> {
    let body = answer.body().bytes().unwrap_or_default();
    if answer.status().is_success() {
        return Ok(body.to_vec());
    }
    let error = match serde_json::from_slice::<Value>(body) {
        Ok(said) => told(answer.headers().get("x-amzn-errortype"), &said),
        Err(_) => marked(&String::from_utf8_lossy(body)),
    };
    Err(OrchestratorError::operation(Refused(error)))
}

/// What an error in JSON tells: `com.amazonaws.ssm#ParameterNotFound` and `ParameterNotFound:http://…` are both
/// `ParameterNotFound`.
fn told(header: Option<&str>, said: &Value) -> ErrorMetadata {
    let text = |names: [&str; 2]| names.into_iter().find_map(|name| said.get(name)?.as_str());
    let code = header.or_else(|| text(["__type", "code"])).unwrap_or_default();
    let code = code.split(':').next().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    let mut error = ErrorMetadata::builder();
    if !code.is_empty() {
        error = error.code(code);
    }
    if let Some(message) = text(["message", "Message"]) {
        error = error.message(message);
    }
    error.build()
}

/// What an error in XML tells.
fn marked(said: &str) -> ErrorMetadata {
    let within = |from, to| Some(said.split_once(from)?.1.split_once(to)?.0);
    let mut error = ErrorMetadata::builder();
    if let Some(code) = within("<Code>", "</Code>") {
        error = error.code(code);
    }
    if let Some(message) = within("<Message>", "</Message>") {
        error = error.message(message);
    }
    error.build()
}
