//! Workflows: from a document to a checked, flat program.

pub mod check;
pub mod compile;
mod exits;
mod lint;
pub mod naming;
pub mod problem;
pub mod program;
pub mod properties;
pub mod reader;
mod reentry;
pub mod schema;
pub mod settings;
pub mod shape;
mod values;

pub use compile::{Compiled, compile, compile_next, compile_with};
pub use naming::Naming;
pub use problem::{Problem, Problems, Severity};
pub use program::Program;
