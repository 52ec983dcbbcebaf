//! Counts the requests of the SDK's clients, each try by itself, by service and operation: what the bill counts.

use std::sync::Arc;

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use flusso_app::metrics::Metrics;

/// Counts into the metrics of the program.
#[derive(Clone, Debug)]
pub struct CountRequests(pub Arc<Metrics>);

#[dyn_dispatch_hint]
impl Intercept for CountRequests {
    fn name(&self) -> &'static str {
        "CountRequests"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(operation) = config.load::<Metadata>() {
            self.0.asked.add(&format!("{}.{}", operation.service(), operation.name()), 1.0);
        }
        Ok(())
    }
}
