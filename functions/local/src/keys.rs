//! `flusso key`: API keys, made for a program and what it has to do.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::client::Client;
use crate::output::say;

/// What is done with keys.
#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Make a key and print it; it is shown only now
    Create(Create),
    /// List the keys, since when each is good, and for what
    List(List),
    /// End a key
    Revoke(Revoke),
}

/// A key to be made.
#[derive(Args)]
pub(crate) struct Create {
    /// What it is called: what is posted with it says so
    name: String,
    /// What may be done with it, such as contacts:read events:write; everything, if not given
    #[arg(long, value_name = "SCOPE", num_args = 1.., value_delimiter = ',')]
    scopes: Vec<String>,
    #[command(flatten)]
    client: Client,
}

/// Which installation's.
#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    client: Client,
}

/// A key to be ended.
#[derive(Args)]
pub(crate) struct Revoke {
    /// What it is called
    name: String,
    #[command(flatten)]
    client: Client,
}

impl Keys {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Create(Create { name, scopes, client }) => {
                let mut wanted = json!({ "name": name });
                if !scopes.is_empty() {
                    wanted["scopes"] = scopes.into();
                }
                let made = client.post("/v1/keys", &wanted)?;
                say(made["key"].as_str().unwrap_or_default())?;
            }
            Self::List(List { client }) => {
                for key in client.get("/v1/keys")?["items"].as_array().into_iter().flatten() {
                    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                    let scopes: Vec<String> =
                        key["scopes"].as_array().into_iter().flatten().map(text).collect();
                    let (name, since) = (text(&key["name"]), text(&key["created_at"]["local"]));
                    say(&format!("{name}  since {since}  {}", scopes.join(" ")))?;
                }
            }
            Self::Revoke(Revoke { name, client }) => {
                client.delete(&format!("/v1/keys/{name}"))?;
                say(&format!("The key {name} is good no more."))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
