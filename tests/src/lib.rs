//! What the tests share.

pub mod program;
pub mod scenario;
pub mod sim;
pub mod world;
