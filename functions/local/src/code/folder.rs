//! A folder of code: `workflows/`, `drafts/` and `segments/` hold documents, `forms/`, `templates/`, `teams/`, `users/`,
//! `fields/`, `folders/` and `pipelines/` YAML or JSON. The name of a file is the name of the thing; a workflow's is its id.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use flusso_entrypoints::app::engine::yaml::{self, Limits};
use serde_json::{Map, Value};

/// The folders whose files are documents.
pub(super) const DOCUMENTS: &[&str] = &["workflows", "drafts", "segments"];
/// The folders whose files are values.
pub(super) const VALUES: &[&str] =
    &["forms", "templates", "teams", "users", "fields", "folders", "pipelines"];

/// Everything in a folder, as the API takes it.
pub(super) fn read(folder: &Path) -> anyhow::Result<Value> {
    let mut code = Map::new();
    for within in DOCUMENTS {
        let mut documents = Map::new();
        for file in files(&folder.join(within))? {
            documents.insert(stem(&file), text(&file)?.into());
        }
        code.insert((*within).to_owned(), documents.into());
    }
    for within in VALUES {
        let mut values = Map::new();
        for file in files(&folder.join(within))? {
            values.insert(stem(&file), value(within, &file)?);
        }
        code.insert((*within).to_owned(), values.into());
    }
    if code.values().all(|things| things.as_object().is_none_or(Map::is_empty)) {
        let known: Vec<&str> = DOCUMENTS.iter().chain(VALUES).copied().collect();
        bail!("{} holds nothing: it should have a folder {}", folder.display(), known.join(", or "));
    }
    Ok(code.into())
}

/// The files of a folder, in the order of their names; none if there is no such folder.
pub(super) fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("can't read {}", folder.display()))? {
        let path = entry?.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if ["yaml", "yml", "json"].contains(&ending) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

pub(super) fn text(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))
}

fn stem(file: &Path) -> String {
    file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned()
}

fn value(within: &str, file: &Path) -> anyhow::Result<Value> {
    let source = text(file)?;
    let nodes = match yaml::parse(&source, &Limits::default()) {
        Ok(nodes) => nodes,
        Err(error) => bail!("{}:{error}", file.display()),
    };
    let value = nodes.first().map_or(Value::Null, yaml::to_json);
    // A team is its addresses, bare or behind a key.
    let members = ["emails", "members"].iter().find_map(|key| value.get(*key));
    Ok(match (within, members) {
        ("teams", Some(members)) => members.clone(),
        _ => value,
    })
}
