//! The clients of the SDK: one HTTP client for all of them, opened while the function starts.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

/// A connection that is not there after this is given up.
const CONNECT: Duration = Duration::from_secs(2);
/// One try of a request. A lost answer must come back as Unknown while the function still has time to act on it.
const TRY: Duration = Duration::from_secs(5);
/// Tries of a request, the first included. (SES has its own: see `mail`.)
const TRIES: u32 = 3;

/// What all clients share: region, credentials and addresses from the environment, one HTTP client. A function has its
/// credentials there; the other places where a program may look for them would be half a megabyte of it.
pub fn load() -> SdkConfig {
    // ring: its start takes no entropy of its own, which the default provider pays for in each cold start.
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(TRY).build();
    let mut config = SdkConfig::builder();
    config.set_endpoint_url(variable("AWS_ENDPOINT_URL"));
    config
        .behavior_version(BehaviorVersion::latest())
        .region(variable("AWS_REGION").map(Region::new))
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .service_config(Environment)
        .http_client(http)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
        .build()
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Settings of one service: `AWS_ENDPOINT_URL_SESV2`.
#[derive(Debug)]
struct Environment;

impl LoadServiceConfig for Environment {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        variable(&format!("{}_{}", key.env(), key.service_id().replace(' ', "_").to_uppercase()))
    }
}
