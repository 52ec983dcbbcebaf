//! Mail by SES v2. Our ids travel as tags, so that every notification can be matched. Nothing is tried again here: where
//! no answer came, nobody knows whether it was taken, and SES has no token that would make a second try the first.

use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::Builder;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::error::{BuildError, ProvideErrorMetadata as _, SdkError};
use aws_sdk_sesv2::operation::send_email::{SendEmailError, SendEmailOutput};
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag};
use flusso_app::ports::channel::{ATTEMPT_TAG, Channel, HandedOver, Handover, Permit, SEND_TAG, Settled};
use flusso_store::clock::Clock;
use flusso_store::time::{Instant, Millis};

use crate::asked::CountRequests;
use crate::config::Config;

/// SES.
pub struct SesMail {
    client: Client,
    clock: Arc<dyn Clock>,
    config: Config,
    /// The second of the last permit, and how many it gave.
    given: Mutex<(i64, u32)>,
}

impl SesMail {
    /// With what all clients share.
    pub fn new(
        sdk: &aws_config::SdkConfig,
        clock: Arc<dyn Clock>,
        config: &Config,
        count: CountRequests,
    ) -> Self {
        let once = Builder::from(sdk).retry_config(RetryConfig::disabled()).interceptor(count).build();
        Self { client: Client::from_conf(once), clock, config: config.clone(), given: Mutex::default() }
    }

    async fn send(&self, message: &Handover) -> Result<HandedOver, BuildError> {
        let content = |text: &str| Content::builder().data(text).charset("UTF-8").build();
        let mut body = Body::builder().text(content(&message.text)?);
        if let Some(html) = &message.html {
            body = body.html(content(html)?);
        }
        let mut simple = Message::builder().subject(content(&message.subject)?).body(body.build());
        for (name, value) in &message.headers {
            simple = simple.headers(MessageHeader::builder().name(name).value(value).build()?);
        }
        let tag = |name: &str, value: String| MessageTag::builder().name(name).value(value).build();
        let call = self
            .client
            .send_email()
            .from_email_address(&message.from)
            .destination(Destination::builder().to_addresses(&message.to).build())
            .content(EmailContent::builder().simple(simple.build()).build())
            .configuration_set_name(&self.config.configuration_set)
            .email_tags(tag(SEND_TAG, message.send.clone())?)
            .email_tags(tag(ATTEMPT_TAG, message.attempt.to_string())?);
        Ok(outcome(call.send().await))
    }
}

#[async_trait]
impl Channel for SesMail {
    async fn permit(&self) -> Permit {
        let now = self.clock.now();
        let second = now.millis().div_euclid(1000);
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if given.0 < second {
            *given = (second, 0);
        }
        if given.1 < self.config.mail_rate {
            given.1 += 1;
            return Permit::Granted;
        }
        Permit::After(Instant::from_millis((given.0 + 1) * 1000).since(now).max(Millis(1)))
    }

    async fn hand_over(&self, message: &Handover) -> HandedOver {
        if !self.config.may_mail(&message.to) {
            return refused(true, "recipient_not_allowed");
        }
        self.send(message).await.unwrap_or_else(|_| refused(true, "message_invalid"))
    }

    /// SES can't be asked: its notifications tell.
    async fn settle(&self, _: &str, _: u32) -> Settled {
        Settled::Unknown
    }
}

fn refused(permanent: bool, reason: &str) -> HandedOver {
    HandedOver::Refused { permanent, reason: reason.to_owned() }
}

fn outcome<R>(answer: Result<SendEmailOutput, SdkError<SendEmailError, R>>) -> HandedOver
where
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let unknown = |reason: &str| HandedOver::Unknown { reason: reason.to_owned() };
    match answer {
        Ok(output) => match output.message_id {
            Some(provider_id) => HandedOver::Accepted { provider_id },
            None => unknown("no_message_id"),
        },
        Err(SdkError::ConstructionFailure(_)) => refused(false, "request_not_made"),
        Err(SdkError::DispatchFailure(failure)) => {
            let refusal = failure.as_connector_error().is_some_and(|error| is_refused(error));
            if refusal { refused(false, "no_connection") } else { unknown("connection_lost") }
        }
        Err(SdkError::TimeoutError(_)) => unknown("timeout"),
        Err(SdkError::ServiceError(answer)) => {
            let code = answer.err().code().unwrap_or_default().to_owned();
            match answer.into_err() {
                SendEmailError::BadRequestException(_) | SendEmailError::MessageRejected(_) => {
                    refused(true, "message_rejected")
                }
                SendEmailError::TooManyRequestsException(_) | SendEmailError::LimitExceededException(_) => {
                    refused(false, "provider_rate")
                }
                SendEmailError::AccountSuspendedException(_) | SendEmailError::SendingPausedException(_) => {
                    refused(false, "sending_paused")
                }
                SendEmailError::MailFromDomainNotVerifiedException(_) => {
                    refused(false, "sender_not_verified")
                }
                SendEmailError::NotFoundException(_) => refused(false, "configuration_set_missing"),
                // What is known of these by their code only: the request was refused before anything was taken.
                _ if matches!(
                    code.as_str(),
                    "AccessDeniedException" | "ThrottlingException" | "ExpiredToken"
                ) =>
                {
                    refused(false, "access_denied_or_throttled")
                }
                _ => unknown("provider_error"),
            }
        }
        Err(_) => unknown("answer_unreadable"),
    }
}

/// Whether the connection was refused, so that nothing of the request was written.
fn is_refused(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
        {
            return true;
        }
        cause = error.source();
    }
    false
}
