//! Fields and their folders as code: one text each, put together to one catalogue.

use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::contact::catalogue::{Catalogue, Folder, Section};
use flusso_engine::definitions::Definitions;
use flusso_store::keys::head::Head;
use serde::{Deserialize, Serialize};

use super::plan::{Read, Wrong, hashed};
use super::{ABSENT, Code};
use crate::AppError;
use crate::fields::{check_catalogue, check_field, check_folders, same_kind};

/// A folder of fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeFolder {
    /// Its name for people.
    pub label: Arc<str>,
    /// The section of a contact's card that it belongs to.
    pub section: Section,
    /// The how manieth folder it is; where none is said, it stays where it is, and a new one is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// The keys of its fields, in order. What is in it already and not named stays, behind them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Arc<str>>,
}

/// The folders of a catalogue, as code says them.
pub(super) fn folders(catalogue: &Catalogue) -> BTreeMap<String, CodeFolder> {
    let folders = catalogue.folders.iter().enumerate().map(|(at, folder)| {
        let (label, section) = (folder.label.clone(), folder.section);
        let position = Some(at + 1);
        (folder.id.to_string(), CodeFolder { label, section, position, fields: folder.fields.clone() })
    });
    folders.collect()
}

/// Reads fields and folders into the definitions.
pub(super) fn read(code: &Code, definitions: &mut Definitions, wrong: &mut Wrong) -> Result<(), AppError> {
    if code.fields.is_empty() && code.folders.is_empty() {
        return Ok(());
    }
    let mut next = (*definitions.catalogue).clone();
    for (key, field) in &code.fields {
        let item = format!("fields/{key}");
        let kept = same_kind(key, field, &next);
        wrong.note(item.clone(), check_field(key, field))?;
        wrong.note(item, kept)?;
        next.fields.insert(key.as_str().into(), field.clone());
    }
    let next = next.settled();
    let folders = arranged(&next, &code.folders);
    for (id, folder) in &code.folders {
        // Each for itself, so that what is wrong is told where it is.
        let (id, fields) = (Arc::from(id.as_str()), folder.fields.clone());
        let own = Folder { id, label: folder.label.clone(), section: folder.section, fields };
        wrong.note(format!("folders/{}", own.id), check_folders(&[own], &next))?;
    }
    let first = code.folders.keys().next().map(|id| format!("folders/{id}"));
    let first = first.or_else(|| code.fields.keys().next().map(|key| format!("fields/{key}")));
    let next = next.arranged(folders.clone());
    let all = check_folders(&folders, &next).and_then(|()| check_catalogue(&next));
    if wrong.is_empty() {
        // Each is right by itself; now all of them together.
        wrong.note(first.unwrap_or_default(), all)?;
    }
    definitions.catalogue = Arc::new(next);
    Ok(())
}

/// All folders in their order: those of the code, and the others where they are.
fn arranged(known: &Catalogue, code: &BTreeMap<String, CodeFolder>) -> Vec<Folder> {
    let named = |key: &Arc<str>| code.values().any(|folder| folder.fields.contains(key));
    let others = known.folders.iter().filter(|folder| !code.contains_key(&*folder.id));
    let mut placed: Vec<Folder> = others.cloned().collect();
    placed.iter_mut().for_each(|folder| folder.fields.retain(|key| !named(key)));
    let mut own: Vec<(usize, Folder)> = Vec::new();
    for (id, folder) in code {
        let now = known.folders.iter().position(|known| *known.id == **id);
        let position = folder.position.or(now.map(|at| at + 1)).unwrap_or(usize::MAX);
        let CodeFolder { label, section, fields, .. } = folder.clone();
        own.push((position, Folder { id: id.as_str().into(), label, section, fields }));
    }
    // One after the other to its place, from the front.
    own.sort_by_key(|(position, _)| *position);
    for (position, folder) in own {
        placed.insert(position.saturating_sub(1).min(placed.len()), folder);
    }
    placed
}

/// How the fields and folders of the code stand in a catalogue.
pub(super) fn stand<'c>(
    code: &'c Code,
    catalogue: &'c Catalogue,
) -> impl Iterator<Item = (String, String)> + 'c {
    let fields = code.fields.keys().map(|key| format!("fields/{key}"));
    let folders = code.folders.keys().map(|id| format!("folders/{id}"));
    fields.chain(folders).map(|item| {
        let stands = in_catalogue(&item, catalogue).unwrap_or_else(|| ABSENT.to_owned());
        (item, stands)
    })
}

fn in_catalogue(item: &str, catalogue: &Catalogue) -> Option<String> {
    match item.split_once('/')? {
        ("fields", key) => catalogue.fields.get(key).map(hashed),
        (_, id) => folders(catalogue).get(id).map(hashed),
    }
}

/// How a field or a folder stands by a head: the one that was read, or the one that this code made of it.
pub(super) fn standing(item: &str, head: &Head, read: &Read) -> Option<String> {
    if head.catalogue == read.head.catalogue {
        return in_catalogue(item, &read.catalogue);
    }
    let made = &*read.definitions.catalogue;
    if head.catalogue.as_ref() == Some(&hashed(made)) {
        return in_catalogue(item, made);
    }
    // Somebody else has changed it meanwhile; how, it does not matter.
    Some("changed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(position: Option<usize>, fields: &[&str]) -> CodeFolder {
        let fields = fields.iter().map(|key| Arc::from(*key)).collect();
        CodeFolder { label: "F".into(), section: Section::Additional, position, fields }
    }

    /// KC-09: folders stand where code says, the others around them, and a second time there is nothing to move.
    #[test]
    fn folders_stand_at_their_positions() {
        let ids = |catalogue: &Catalogue| -> Vec<String> {
            catalogue.folders.iter().map(|folder| folder.id.to_string()).collect()
        };
        let apply = |catalogue: &Catalogue, code: &[(&str, CodeFolder)]| {
            let code = code.iter().map(|(id, folder)| ((*id).to_owned(), folder.clone())).collect();
            catalogue.arranged(arranged(catalogue, &code))
        };
        let first = [("sales", folder(Some(1), &["status"])), ("visits", folder(None, &["source"]))];
        let made = apply(&Catalogue::default(), &first);
        assert_eq!(ids(&made), ["sales", "general", "visits"]);
        assert_eq!(apply(&made, &first), made);
        let moved = apply(&made, &[("sales", folder(Some(2), &["source"]))]);
        assert_eq!(ids(&moved), ["general", "sales", "visits"]);
        let fields: Vec<&str> = moved.folders[1].fields.iter().map(|key| &**key).collect();
        assert_eq!(fields, ["source", "status"], "what is not named stays behind");
        let exported = folders(&moved);
        assert_eq!(moved.arranged(arranged(&moved, &exported)), moved);
    }
}
