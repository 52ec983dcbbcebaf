//! The use cases: load, decide, commit, act.

pub mod ports;
