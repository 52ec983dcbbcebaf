//! The clients of the SDK: one HTTP client for all of them, opened while the function starts.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

/// A connection that is not there after this is given up.
const CONNECT: Duration = Duration::from_secs(2);
/// One try of a request. A lost answer must come back as Unknown while the function still has time to act on it.
const TRY: Duration = Duration::from_secs(5);
/// Tries of a request, the first included. (SES has its own: see `mail`.)
const TRIES: u32 = 3;

/// What all clients share: region, credentials and addresses from the environment, one HTTP client.
pub async fn load() -> SdkConfig {
    // ring: its start takes no entropy of its own, which the default provider pays for in each cold start.
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(TRY).build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
        .load()
        .await
}
