//! The ports to the outside: what a platform must provide besides the table.

pub mod blobs;
pub mod channel;
pub mod checkup;
pub mod queue;
pub mod secrets;
pub mod timer;
pub mod tokens;
pub mod traces;

pub use flusso_store::clock::Clock;

/// A port did not do what was asked; the same call may succeed later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{port}: {reason}")]
pub struct PortError {
    /// Which port.
    pub port: &'static str,
    /// What the platform said.
    pub reason: String,
}
