//! The fields that an account defines for its contacts, in folders, and the folders of the standard ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::fields::{self, Kind, STANDARD};

/// The folder that is always there: it has the standard fields, unless they were moved, and whatever has no other one.
pub const GENERAL: &str = "general";

/// What an account defines of its contacts' fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// Folders, in their order. Each field, standard or custom, stands in exactly one of them.
    pub folders: Vec<Folder>,
    /// The fields that the account invented, by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<Arc<str>, CustomField>,
}

/// A folder of fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// Its id.
    pub id: Arc<str>,
    /// Its name for people.
    pub label: Arc<str>,
    /// The section of a contact's card that it belongs to.
    pub section: Section,
    /// The keys of its fields, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Arc<str>>,
}

/// A section of a contact's card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// General information.
    General,
    /// Privacy and consents.
    Privacy,
    /// Additional information.
    Additional,
    /// Analytics data.
    Analytics,
}

impl Section {
    /// All of them, in the order of the card.
    pub const ALL: [Self; 4] = [Self::General, Self::Privacy, Self::Additional, Self::Analytics];
}

/// A field that the account invented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomField {
    /// Its name for people.
    pub label: Arc<str>,
    /// What stands in it: one of [`Kind::CUSTOM`].
    pub kind: Kind,
    /// Of money: its currency (ISO 4217); the account's, if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Arc<str>>,
    /// Of a choice: what can be chosen, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choice>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Arc<str>>,
}

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What is kept, and what workflows compare with.
    pub value: Arc<str>,
    /// Its name for people.
    pub label: Arc<str>,
}

impl Default for Catalogue {
    fn default() -> Self {
        Self { folders: Vec::new(), fields: BTreeMap::new() }.settled()
    }
}

impl Catalogue {
    /// What stands in a field; in one that nobody defined, anything.
    pub fn kind(&self, key: &str) -> Kind {
        self.fields.get(key).map_or_else(|| fields::kind(key), |field| field.kind)
    }

    /// The folder in which a field stands.
    pub fn folder_of(&self, key: &str) -> Option<&Folder> {
        self.folders.iter().find(|folder| folder.fields.iter().any(|field| &**field == key))
    }

    /// The same with these folders. A field that none of them names stays in its folder, if that is among them; else it
    /// goes to the general one.
    #[must_use]
    pub fn arranged(&self, folders: Vec<Folder>) -> Self {
        let mut next = Self { folders, fields: self.fields.clone() };
        for folder in &self.folders {
            for key in &folder.fields {
                if next.folder_of(key).is_some() {
                    continue;
                }
                if let Some(own) = next.folders.iter_mut().find(|own| own.id == folder.id) {
                    own.fields.push(key.clone());
                }
            }
        }
        next.settled()
    }

    /// The same with every field in exactly one folder: what there is not is dropped, the first place counts, and what has
    /// none goes to the general folder, which is there in any case.
    #[must_use]
    pub fn settled(mut self) -> Self {
        let standard: Vec<Arc<str>> = STANDARD.iter().map(|(name, _)| Arc::from(*name)).collect();
        let all: BTreeSet<Arc<str>> = standard.iter().chain(self.fields.keys()).cloned().collect();
        let mut placed: BTreeSet<Arc<str>> = BTreeSet::new();
        for folder in &mut self.folders {
            folder.fields.retain(|key| all.contains(key) && placed.insert(key.clone()));
        }
        let left: Vec<Arc<str>> = standard
            .iter()
            .chain(self.fields.keys())
            .filter(|key| placed.insert((*key).clone()))
            .cloned()
            .collect();
        let general = self.folders.iter().position(|folder| &*folder.id == GENERAL).unwrap_or_else(|| {
            let general = Folder {
                id: GENERAL.into(),
                label: "General".into(),
                section: Section::General,
                fields: Vec::new(),
            };
            self.folders.insert(0, general);
            0
        });
        self.folders[general].fields.extend(left);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(id: &str, fields: &[&str]) -> Folder {
        let fields = fields.iter().map(|key| Arc::from(*key)).collect();
        Folder { id: id.into(), label: id.into(), section: Section::Additional, fields }
    }

    fn with(keys: &[&str]) -> Catalogue {
        let field = |label: &str| CustomField {
            label: label.into(),
            kind: Kind::Text,
            currency: None,
            options: Vec::new(),
            description: None,
        };
        let fields = keys.iter().map(|key| (Arc::from(*key), field(key))).collect();
        Catalogue { folders: Vec::new(), fields }.settled()
    }

    fn keys<'c>(catalogue: &'c Catalogue, id: &str) -> Vec<&'c str> {
        let folder = catalogue.folders.iter().find(|folder| &*folder.id == id).unwrap();
        folder.fields.iter().map(|key| &**key).collect()
    }

    /// KC-06 KC-07: the general folder is there, with the standard fields, whatever the account says.
    #[test]
    fn the_general_folder_has_what_has_no_other() {
        let catalogue = Catalogue::default();
        assert_eq!(catalogue.folders.len(), 1);
        assert_eq!(keys(&catalogue, GENERAL).len(), STANDARD.len());
        let moved = with(&["city", "budget"]).arranged(vec![folder("sales", &["budget", "phone", "gone"])]);
        assert_eq!(keys(&moved, "sales"), ["budget", "phone"]);
        assert_eq!(keys(&moved, GENERAL).last(), Some(&"city"));
        assert_eq!(keys(&moved, GENERAL).len(), STANDARD.len());
    }

    /// KC-09: a field is in exactly one folder, and folders keep their order.
    #[test]
    fn a_field_stands_once() {
        let catalogue = with(&["a", "b", "c"]);
        let first = catalogue.arranged(vec![folder("x", &["b", "a", "b"]), folder("y", &["a", "c"])]);
        assert_eq!((keys(&first, "x"), keys(&first, "y")), (vec!["b", "a"], vec!["c"]));
        // What a folder does not name any more stays there as long as there is the folder.
        let then = first.arranged(vec![folder("y", &["a"]), folder("x", &[])]);
        assert_eq!((keys(&then, "y"), keys(&then, "x")), (vec!["a", "c"], vec!["b"]));
        let gone = then.arranged(vec![folder("x", &[])]);
        assert_eq!(keys(&gone, "x"), ["b"]);
        assert!(keys(&gone, GENERAL).ends_with(&["a", "c"]));
        let ids: Vec<&str> = then.folders.iter().map(|folder| &*folder.id).collect();
        assert_eq!(ids, [GENERAL, "y", "x"]);
    }
}
