//! What the tests share.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::format_collect,
    clippy::collapsible_match,
    reason = "what goes wrong in a test ends it"
)]

pub mod crowd;
pub mod documents;
pub mod drawn;
pub mod metered;
pub mod mutate;
pub mod program;
pub mod real;
pub mod scenario;
pub mod sim;
pub mod told;
pub mod world;
