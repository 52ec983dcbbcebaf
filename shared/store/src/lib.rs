//! Rows: the storage port, the catalogue of keys, and the one repository above them.

pub mod billed;
pub mod clock;
pub mod codec;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod counted;
pub mod keys;
pub mod limits;
pub mod model;
pub mod packed;
pub mod repository;
pub mod table;
pub mod words;

/// Instants and lengths of time, for platforms: they know this crate but not the engine.
pub use flusso_engine::time;
