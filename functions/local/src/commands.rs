//! What `flusso` can be told to do; one file a command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{
    audit, backup, check, code, contact, cost, doctor, jobs, keys, ready, recount, replay, restore, schema,
    serve, sign_in, simulate,
};

/// Marketing automation that runs where its owner wants it.
#[derive(Parser)]
#[command(version)]
pub(crate) enum Flusso {
    /// Run the whole program on this machine
    Serve(serve::Serve),
    /// Work with workflow documents
    #[command(subcommand)]
    Workflow(Workflow),
    /// Check a folder of workflows, segments, forms, templates, teams and users, without an account
    Check(code::Check),
    /// Tell what applying a folder would do, with its effect on those inside; exits with 2 if there is something to do
    Plan(code::Plan),
    /// Apply a folder: all of it at once, or nothing
    Apply(code::Apply),
    /// Write everything that an account has defined into a folder
    Export(code::Export),
    /// List workflows that are ready to be used, or print one, filled with answers
    Ready(ready::Ready),
    /// Print the JSON Schema of workflow documents: editors complete and check from it
    Schema(schema::Schema),
    /// Tell what is missing before an installation can do its work; fails if there is a problem
    Doctor(doctor::Doctor),
    /// Make, list and end API keys
    #[command(subcommand)]
    Key(keys::Keys),
    /// Print a link that signs in as the owner, where the program runs on one machine; it works once, for 15 minutes
    SignIn(sign_in::SignIn),
    /// List what is done to many contacts, and how far it has come
    Jobs(jobs::Jobs),
    /// Copy everything that is kept on this machine, while the program runs
    Backup(backup::Backup),
    /// Take an installation that runs on a restored copy out of its hold
    Restore(restore::Restore),
    /// Show everything that happened to a contact and why, and make it once more from that; fails if it comes out otherwise
    Replay(replay::Replay),
    /// Count once more, from everything that happened to everybody; fails if the statistics say otherwise
    Recount(recount::Recount),
    /// Look at, merge or erase one person
    #[command(subcommand)]
    Contact(contact::Contact),
    /// Who changed what: whether that was tampered with
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Show what a workflow would do to one contact, without doing anything
    Simulate(simulate::Simulate),
    /// Tell what people through a workflow cost on AWS, by service
    Cost(cost::Cost),
}

#[derive(Subcommand)]
pub(crate) enum Workflow {
    /// Check documents without an account; fails if there is an error
    Check(check::Check),
}

impl Flusso {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Serve(serve) => serve.run(),
            Self::Workflow(Workflow::Check(check)) => check.run(),
            Self::Check(check) => check.run(),
            Self::Plan(plan) => plan.run(),
            Self::Apply(apply) => apply.run(),
            Self::Export(export) => export.run(),
            Self::Ready(ready) => ready.run(),
            Self::Schema(schema) => schema.run(),
            Self::Doctor(doctor) => doctor.run(),
            Self::Key(keys) => keys.run(),
            Self::SignIn(sign_in) => sign_in.run(),
            Self::Jobs(jobs) => jobs.run(),
            Self::Backup(backup) => backup.run(),
            Self::Restore(restore) => restore.run(),
            Self::Replay(replay) => replay.run(),
            Self::Recount(recount) => recount.run(),
            Self::Contact(contact) => contact.run(),
            Self::Audit(audit) => audit.run(),
            Self::Simulate(simulate) => simulate.run(),
            Self::Cost(cost) => cost.run(),
        }
    }
}
