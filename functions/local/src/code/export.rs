//! `flusso export`: what an account has, as a folder; a plan of it is empty.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use super::folder;
use crate::client::Client;
use crate::output::say;

/// Where to, and from which installation.
#[derive(Args)]
pub(crate) struct Export {
    /// The folder; it is made, and files of the same names are written anew
    folder: PathBuf,
    #[command(flatten)]
    client: Client,
}

impl Export {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let code = self.client.get("/v1/code")?;
        let mut written = 0;
        for within in folder::DOCUMENTS.iter().chain(folder::VALUES) {
            let Some(things) = code[*within].as_object().filter(|things| !things.is_empty()) else {
                continue;
            };
            let folder = self.folder.join(within);
            fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
            for (name, value) in things {
                if name.contains(['/', '\\']) || name.starts_with('.') {
                    bail!("`{within}/{name}` can't be the name of a file");
                }
                let (ending, text) = match value.as_str() {
                    Some(text) => ("yaml", text.to_owned()),
                    None => ("json", format!("{}\n", serde_json::to_string_pretty(value)?)),
                };
                let file = folder.join(format!("{name}.{ending}"));
                fs::write(&file, text).with_context(|| format!("can't write {}", file.display()))?;
                written += 1;
            }
        }
        say(&format!("{written} files in {}", self.folder.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}
