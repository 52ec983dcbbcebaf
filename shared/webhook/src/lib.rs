//! The channel of webhooks, the same on every platform. Authors of workflows say where a call goes: it goes to the
//! public web and nowhere else, follows no redirect, and takes a bounded time and a bounded answer.

pub mod guard;

use std::io::Read as _;
use std::time::Duration;

use async_trait::async_trait;
use flusso_app::engine::limits;
use flusso_app::ports::channel::{Channel, Detail, HandedOver, Handover, Permit, Settled};
use guard::{Forbidden, Guarded};
use ureq::http;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Error};

pub use guard::Reach;

/// All that a call may take: ten of them, a batch, stay below the minute of the function that makes them, which is below
/// the lease of a claim (90 s).
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of an answer's headers.
const HEADERS: usize = 32 * 1024;

/// Calls addresses.
#[derive(Clone, Debug)]
pub struct Webhook {
    agent: Agent,
}

impl Webhook {
    /// A channel that reaches so far.
    pub fn new(reach: Reach) -> Self {
        Self::with_patience(reach, PATIENCE)
    }

    /// The same with another time that a call may take.
    pub fn with_patience(reach: Reach, patience: Duration) -> Self {
        let config = Agent::config_builder()
            .https_only(reach == Reach::Public)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // Where a proxy stands, the guard would see its address and not the one that is called.
            .proxy(None)
            .max_idle_connections(0)
            .max_response_header_size(HEADERS)
            .timeout_global(Some(patience))
            .user_agent("Flusso")
            .build();
        let agent = Agent::with_parts(config, DefaultConnector::default(), Guarded::new(reach));
        Self { agent }
    }

    /// Calls, on a thread that may wait.
    fn call(&self, message: &Handover) -> HandedOver {
        let Detail::Request { method, .. } = &message.detail else { return refused(true, "no_request") };
        let mut request = http::Request::builder().method(method.as_str()).uri(&message.to);
        for (name, value) in &message.headers {
            request = request.header(name, value);
        }
        let answer = if matches!(method.as_str(), "GET" | "DELETE") {
            request.body(()).map(|request| self.agent.run(request))
        } else {
            request.body(message.text.as_bytes()).map(|request| self.agent.run(request))
        };
        let mut answer = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return outcome(&error),
            Err(_) => return refused(true, "bad_address"),
        };
        let mut body = Vec::new();
        // It has answered; of a body that breaks off there is as much as came.
        let most = u64::try_from(limits::ANSWER_BYTES).unwrap_or(u64::MAX);
        let _ = answer.body_mut().as_reader().take(most).read_to_end(&mut body);
        HandedOver::Answered { status: answer.status().as_u16(), body }
    }
}

#[async_trait]
impl Channel for Webhook {
    async fn permit(&self) -> Permit {
        Permit::Granted
    }

    async fn hand_over(&self, message: &Handover) -> HandedOver {
        let (own, message) = (self.clone(), message.clone());
        let called = tokio::task::spawn_blocking(move || own.call(&message)).await;
        called.unwrap_or_else(|_| HandedOver::Unknown { reason: "call_broke_off".to_owned() })
    }

    /// Nobody can be asked; but whoever is called twice with the same key acts once.
    async fn settle(&self, _: &str, _: u32) -> Settled {
        Settled::NotAccepted
    }
}

fn refused(permanent: bool, reason: &str) -> HandedOver {
    HandedOver::Refused { permanent, reason: reason.to_owned() }
}

/// What an error proves.
fn outcome(error: &Error) -> HandedOver {
    match error {
        Error::Other(error) if error.is::<Forbidden>() => refused(true, "address_not_allowed"),
        Error::RequireHttpsOnly(_) => refused(true, "https_needed"),
        Error::BadUri(_) | Error::Http(_) => refused(true, "bad_address"),
        Error::HostNotFound => refused(false, "host_not_found"),
        Error::ConnectionFailed => refused(false, "no_connection"),
        Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            refused(false, "no_connection")
        }
        Error::Tls(_) | Error::Rustls(_) => refused(false, "tls"),
        Error::Timeout(_) => HandedOver::Unknown { reason: "timeout".to_owned() },
        _ => HandedOver::Unknown { reason: "no_answer".to_owned() },
    }
}
