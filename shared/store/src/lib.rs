//! Rows: the storage port, the catalogue of keys, and the one repository above them.

pub mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod counted;
pub mod limits;
pub mod model;
pub mod table;

/// Instants and lengths of time, for platforms: they know this crate but not the engine.
pub use flusso_engine::time;
