//! The `flusso` command: the whole program on one machine, and what an author of workflows needs at hand.

mod audit;
mod backup;
mod check;
mod client;
mod code;
mod commands;
mod contact;
mod cost;
mod doctor;
mod glue;
mod jobs;
mod key;
mod keys;
mod output;
mod ready;
mod recount;
mod replay;
mod restore;
mod schema;
mod serve;
mod sign_in;
mod simulate;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    commands::Flusso::parse().run().unwrap_or_else(output::failed)
}
