//! `flusso contact`: what an operator does with one person: everything that is known, one person instead of two, nothing
//! any more.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::client::Client;
use crate::output::say;

/// What is to be done.
#[derive(Subcommand)]
pub(crate) enum Contact {
    /// Print everything that is known of a person, as JSON
    Export(Whom),
    /// Merge a contact into another one, which stays; it can be undone for 30 days
    Merge(Merge),
    /// Undo a merge
    Unmerge(Two),
    /// Erase a person, for ever
    Erase(Erase),
}

/// Whom, and where.
#[derive(Args)]
pub(crate) struct Whom {
    /// The contact: its id, its e-mail address, or its phone number in international form
    contact: String,
    #[command(flatten)]
    client: Client,
}

/// Two contacts, and where.
#[derive(Args)]
pub(crate) struct Two {
    /// The contact that stays: its id, its e-mail address, or its phone number in international form
    stays: String,
    /// The id of the other one
    other: String,
    #[command(flatten)]
    client: Client,
}

/// Two contacts, and what is wanted of the one that goes.
#[derive(Args)]
pub(crate) struct Merge {
    #[command(flatten)]
    two: Two,
    /// A field of the other one that is wanted although the one that stays has its own; can be given several times
    #[arg(long = "take", value_name = "FIELD")]
    fields: Vec<String>,
}

/// Whom to erase.
#[derive(Args)]
pub(crate) struct Erase {
    #[command(flatten)]
    whom: Whom,
    /// Do it; without this, it is only told what would go
    #[arg(long)]
    yes: bool,
}

impl Contact {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Export(whom) => whom.export()?,
            Self::Merge(Merge { two, fields }) => {
                let id = find(&two.client, &two.stays)?;
                let other = find(&two.client, &two.other)?;
                let body = json!({ "contact": other, "fields": fields });
                let merged = two.client.post(&format!("/v1/contacts/{id}/merge"), &body)?;
                say(&format!("{other} is part of {id} ({}).", merged["name"].as_str().unwrap_or_default()))?;
            }
            Self::Unmerge(two) => {
                let id = find(&two.client, &two.stays)?;
                two.client.delete(&format!("/v1/contacts/{id}/merge/{}", two.other))?;
                say(&format!("{} is a contact of its own again.", two.other))?;
            }
            Self::Erase(Erase { whom, yes }) => {
                let id = find(&whom.client, &whom.contact)?;
                if !yes {
                    let known = whom.client.get(&format!("/v1/contacts/{id}"))?;
                    let name = known["name"].as_str().unwrap_or_default();
                    say(&format!("{id} ({name}) would be erased for ever. Say --yes to do it."))?;
                    return Ok(ExitCode::from(2));
                }
                let begun = whom.client.post(&format!("/v1/contacts/{id}/erase"), &json!({}))?;
                let job = begun["job"].as_str().unwrap_or_default();
                say(&format!(
                    "{id} is being erased by {job}. In 15 minutes its report is at /v1/jobs/{job}/report."
                ))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Whom {
    fn export(&self) -> anyhow::Result<()> {
        let id = find(&self.client, &self.contact)?;
        let path = format!("/v1/contacts/{id}/export");
        let first = self.client.get(&format!("{path}?limit=100"))?;
        let known = first["contact"].clone();
        let records = self.client.pages(&path, "records", first)?;
        say(&serde_json::to_string_pretty(&json!({ "contact": known, "records": records }))?)?;
        Ok(())
    }
}

/// The id of a contact by its id, its address, or its number.
pub(crate) fn find(client: &Client, contact: &str) -> anyhow::Result<String> {
    let by = match contact {
        phone if phone.starts_with('+') => format!("phone=%2B{}", &phone[1..]),
        email if email.contains('@') => format!("email={}", email.replace('+', "%2B")),
        id => return Ok(id.to_owned()),
    };
    let found = client.get(&format!("/v1/contacts?{by}"))?;
    match found["items"][0]["id"].as_str() {
        Some(id) => Ok(id.to_owned()),
        None => bail!("nobody has {contact}"),
    }
}

/// All that is on a page and on those that follow it.
impl Client {
    pub(crate) fn pages(&self, path: &str, items: &str, first: Value) -> anyhow::Result<Vec<Value>> {
        let (mut all, mut page) = (Vec::new(), first);
        loop {
            all.extend(page[items].as_array().cloned().unwrap_or_default());
            match page["cursor"].as_str() {
                Some(next) => page = self.get(&format!("{path}?limit=100&cursor={next}"))?,
                None => return Ok(all),
            }
        }
    }
}
