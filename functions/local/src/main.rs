//! The `flusso` command: the whole program on one machine, and what an author of workflows needs at hand.

mod check;
mod glue;
mod key;
mod output;
mod serve;
mod simulate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Marketing automation that runs where its owner wants it.
#[derive(Parser)]
#[command(version)]
enum Flusso {
    /// Run the whole program on this machine
    Serve(serve::Serve),
    /// Work with workflow documents
    #[command(subcommand)]
    Workflow(Workflow),
    /// Show what a workflow would do to one contact, without doing anything
    Simulate(simulate::Simulate),
}

#[derive(Subcommand)]
enum Workflow {
    /// Check documents without an account; fails if there is an error
    Check(check::Check),
}

fn main() -> ExitCode {
    let done = match Flusso::parse() {
        Flusso::Serve(serve) => serve.run(),
        Flusso::Workflow(Workflow::Check(check)) => check.run(),
        Flusso::Simulate(simulate) => simulate.run(),
    };
    done.unwrap_or_else(output::failed)
}
