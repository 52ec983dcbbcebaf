//! The account as code: a folder that is checked, planned, applied, and exported. One file a command.

mod apply;
mod check;
mod export;
mod folder;
mod plan;

pub(crate) use apply::Apply;
pub(crate) use check::Check;
pub(crate) use export::Export;
pub(crate) use plan::Plan;
