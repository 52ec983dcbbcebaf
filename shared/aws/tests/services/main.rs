//! The ports on SQS, EventBridge Scheduler, S3 and SSM, with the real SDK: against the local AWS, which each test starts for
//! itself, or against the one that `FLUSSO_TEST_ENDPOINT` names (`make test-localstack`).
#![expect(clippy::unwrap_used, reason = "a test")]

mod blobs;
mod local_aws;
mod queue;
mod secrets;
mod timer;
