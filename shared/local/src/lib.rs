//! The platform of one machine: everything durable lies in one SQLite file, time passes by a local clock, and
//! mail goes to a mailbox in the same file or to an SMTP server.
//!
//! Nothing outside this crate names SQLite.

pub mod backup;
pub mod blobs;
pub mod changes;
pub mod checkup;
pub mod clock;
mod line;
pub mod mailbox;
pub mod queue;
pub mod runtime;
pub mod secrets;
pub mod smtp;
pub mod sqlite;
pub mod table;
pub mod timer;
pub mod traces;
mod writer;

pub use flusso_webhook as webhook;
